/**
 * The decoder that walks a declaration field by field. It is slow and says exactly what is wrong and where:
 * `topics[0].partitions[3].records: length 9999, 12 bytes remain, offset 41`. Compiled decoders are checked against
 * it by the property tests, and lean on it for their errors.
 */
import { WireError } from '../wire-error.ts'
import { type FieldSpec, type FieldType, type NamedSpec, plainSpec } from './field.ts'
import {
  absentValue,
  isCompact,
  isNullable,
  isTagged,
  type Layout,
  leastSizeBytes,
  MAX_ARRAY_ELEMENTS,
  MAX_STRING_BYTES,
  plainFields,
} from './layout.ts'

export interface Explained {
  readonly value: unknown
  /** The position behind the value. */
  readonly end: number
}

/** Decodes with all the reasons at hand; throws WireError where the bytes don't fit the declaration. */
export function explain(fields: readonly NamedSpec[], layout: Layout, bytes: Buffer, at: number): Explained {
  const reader = new Reader(bytes, at, layout)
  const value = reader.struct(fields, '')
  return { value, end: reader.at }
}

class Reader {
  at: number
  readonly #bytes: Buffer
  readonly #layout: Layout
  #elementsLeft = MAX_ARRAY_ELEMENTS

  constructor(bytes: Buffer, at: number, layout: Layout) {
    this.#bytes = bytes
    this.at = at
    this.#layout = layout
    if (at > bytes.length) throw new WireError(`starts at ${at}, behind the last byte`, { offset: at })
  }

  struct(fields: readonly NamedSpec[], path: string): Record<string, unknown> {
    const value: Record<string, unknown> = {}
    for (const field of fields) value[field.name] = absentValue(field)
    for (const field of plainFields(fields, this.#layout))
      value[field.name] = this.#field(field, join(path, field.name))
    if (this.#layout.flexible) this.#tagBuffer(fields, value, path)
    return value
  }

  #field(spec: FieldSpec, path: string): unknown {
    const { type } = spec
    switch (type.kind) {
      case 'string':
      case 'bytes':
      case 'records':
      case 'recordChunks':
      case 'array':
        return this.#sized(spec, path)
      case 'struct':
        if (isNullable(spec, this.#layout) && this.#isNullStruct(spec, path)) return null
        return this.struct(type.fields, path)
      default:
        return this.#fixed(type, path)
    }
  }

  #isNullStruct(spec: FieldSpec, path: string): boolean {
    return isTagged(spec, this.#layout) ? this.#varint(path) === 0 : this.#take(1, path).readInt8(0) < 0
  }

  #fixed(type: FieldType, path: string): unknown {
    switch (type.kind) {
      case 'bool':
        return this.#take(1, path)[0] !== 0
      case 'int8':
        return this.#take(1, path).readInt8(0)
      case 'int16':
        return this.#take(2, path).readInt16BE(0)
      case 'uint16':
        return this.#take(2, path).readUInt16BE(0)
      case 'int32':
        return this.#take(4, path).readInt32BE(0)
      case 'uint32':
        return this.#take(4, path).readUInt32BE(0)
      case 'int64':
        return this.#int64(path)
      case 'bigint64':
        return this.#take(8, path).readBigInt64BE(0)
      case 'float64':
        return this.#take(8, path).readDoubleBE(0)
      default:
        return this.#take(16, path).toString('base64url')
    }
  }

  #int64(path: string): number {
    const value = this.#take(8, path).readBigInt64BE(0)
    const number = Number(value)
    if (!Number.isSafeInteger(number))
      this.#fail(`${value} is beyond the numbers that this field may hold`, path, 8)
    return number
  }

  #sized(spec: FieldSpec, path: string): unknown {
    const { type } = spec
    const start = this.at
    const length = this.#length(spec, path)
    if (length < 0) {
      if (isNullable(spec, this.#layout)) return null
      this.#fail('null where it is not allowed', path, this.at - start)
    }
    if (type.kind === 'array') return this.#elements(type.element, length, path)
    if (type.kind === 'string' && length > MAX_STRING_BYTES && length <= this.#remaining())
      this.#fail(`length ${length}, a string has at most ${MAX_STRING_BYTES} bytes`, path, 0)
    const slice = this.#take(length, path, 'length')
    return type.kind === 'string' ? slice.toString('utf8') : slice
  }

  #length(spec: FieldSpec, path: string): number {
    if (isCompact(spec, this.#layout)) return this.#varint(path) - 1
    if (spec.type.kind === 'string') return this.#take(2, path).readInt16BE(0)
    return this.#take(4, path).readInt32BE(0)
  }

  #elements(element: FieldType, length: number, path: string): unknown[] {
    const least = leastSizeBytes(element, this.#layout)
    if (length * least > this.#remaining())
      this.#fail(`${length} elements of at least ${least} bytes, ${this.#remaining()} bytes remain`, path, 0)
    this.#elementsLeft -= length
    if (this.#elementsLeft < 0)
      this.#fail(`${length} elements, which makes more than ${MAX_ARRAY_ELEMENTS} in one message`, path, 0)
    const list: unknown[] = []
    const spec = plainSpec(element)
    for (let index = 0; index < length; index++) list.push(this.#field(spec, `${path}[${index}]`))
    return list
  }

  #tagBuffer(fields: readonly NamedSpec[], value: Record<string, unknown>, path: string): void {
    const where = join(path, 'tags')
    for (let left = this.#varint(where); left > 0; left--) {
      const tag = this.#varint(where)
      const sizeBytes = this.#varint(where)
      if (sizeBytes > this.#remaining())
        this.#fail(`tag ${tag}: length ${sizeBytes}, ${this.#remaining()} bytes remain`, where, 0)
      const stop = this.at + sizeBytes
      const field = fields.find((candidate) => candidate.tag === tag && isTagged(candidate, this.#layout))
      if (field === undefined) {
        this.at = stop
        continue
      }
      value[field.name] = this.#field(field, join(path, field.name))
      if (this.at !== stop)
        this.#fail(
          `tag ${tag} says ${sizeBytes} bytes, the value has ${this.at - stop + sizeBytes}`,
          where,
          0,
        )
    }
  }

  #varint(path: string): number {
    const start = this.at
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#take(1, path)[0] ?? 0
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break
        return value
      }
    }
    return this.#fail('a varint of more than 32 bits', path, this.at - start)
  }

  #take(length: number, path: string, what = 'needs'): Buffer {
    if (length > this.#remaining()) {
      const need = what === 'length' ? `length ${length}` : `${length} bytes needed`
      this.#fail(`${need}, ${this.#remaining()} bytes remain`, path, 0)
    }
    const slice = this.#bytes.subarray(this.at, this.at + length)
    this.at += length
    return slice
  }

  #remaining(): number {
    return this.#bytes.length - this.at
  }

  #fail(message: string, path: string, backBytes: number): never {
    throw new WireError(message, { path, offset: this.at - backBytes })
  }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
