import type { FieldSpec, FieldType, NamedSpec } from '../../src/wire/schema/field.ts'
import { isNullable, isPresent, type Layout } from '../../src/wire/schema/layout.ts'

/** The rule by which the golden bytes were filled, as `GoldenBytes.java` has it. */
export function goldenStruct(
  fields: readonly NamedSpec[],
  layout: Layout,
  path: string,
): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const field of fields) {
    if (isPresent(field, layout)) value[field.name] = goldenField(field, layout, `${path}/${field.name}`)
  }
  return value
}

function goldenField(spec: FieldSpec, layout: Layout, path: string): unknown {
  const { kind } = spec.type
  const nullModulus = kind === 'array' ? 5 : kind === 'struct' ? 3 : 4
  if (isNullable(spec, layout) && hash(path) % nullModulus === 0) return null
  return goldenValue(spec.type, layout, path)
}

function goldenValue(type: FieldType, layout: Layout, path: string): unknown {
  const number = hash(path)
  switch (type.kind) {
    case 'array': {
      const length = (number >>> 8) % 3
      return Array.from({ length }, (_, index) => goldenValue(type.element, layout, `${path}/${index}`))
    }
    case 'struct':
      return goldenStruct(type.fields, layout, path)
    case 'string':
      return goldenText(number)
    case 'bytes':
    case 'records':
    case 'recordChunks':
      return goldenBlob(number)
    case 'uuid':
      return goldenUuid(path)
    default:
      return goldenNumber(type, number, path)
  }
}

function goldenNumber(type: FieldType, number: number, path: string): unknown {
  switch (type.kind) {
    case 'bool':
      return (number & 1) === 1
    case 'int8':
      return (number << 24) >> 24
    case 'int16':
      return (number << 16) >> 16
    case 'uint16':
      return number & 0xffff
    case 'uint32':
      return number
    case 'int64':
      return (hash(`${path}#2`) >> 11) * 0x1_0000_0000 + number
    case 'bigint64':
      return BigInt((hash(`${path}#2`) >> 11) * 0x1_0000_0000 + number)
    case 'float64':
      return (number | 0) / 1024
    default:
      return number | 0
  }
}

const letters = 'abcdefghijklmnopqrstuvwxyz\u00e4\u00df\u65e5'

function goldenText(number: number): string {
  const length = (number >>> 16) % 8 === 0 ? 150 : (number >>> 8) % 12
  return Array.from({ length }, (_, index) => letters.charAt((number >>> (index % 16)) % 29)).join('')
}

function goldenBlob(number: number): Buffer {
  const length = (number >>> 16) % 16 === 0 ? 200 : (number >>> 8) % 20
  return Buffer.from(Array.from({ length }, (_, index) => (number >>> (index % 24)) & 0xff))
}

function goldenUuid(path: string): string {
  const bytes = Buffer.alloc(16)
  for (let word = 0; word < 4; word++) bytes.writeUInt32BE(hash(`${path}#${word}`), word * 4)
  return bytes.toString('base64url')
}

/** FNV-1a, unsigned. */
function hash(path: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < path.length; index++)
    value = Math.imul(value ^ path.charCodeAt(index), 0x01000193)
  return value >>> 0
}
