/**
 * Turns a declaration into the source text of an encoder for one version, and that into a function, in the way of
 * `compile-decoder.ts`. Values come from the broker itself, so one that doesn't fit the declaration is a bug of ours:
 * an `EncodeError` with the field's path, never a message that a client can't read.
 */

import { inspect } from 'node:util'
import { compileFunction } from 'node:vm'
import { EncodeError } from '../encode-error.ts'
import { type FieldSpec, type FieldType, type NamedSpec, plainSpec, ZERO_UUID } from './field.ts'
import {
  absentValue,
  constantSizeBytes,
  fixedSizeBytes,
  isCompact,
  isNullable,
  isTagged,
  type Layout,
  plainFields,
  taggedFields,
} from './layout.ts'
import type { Writer } from './writer.ts'

/** Writes the value from position `at` of the writer on and gives the position behind it. */
export type Encoder = (writer: Writer, value: unknown, at: number) => number

export function compileEncoder(name: string, fields: readonly NamedSpec[], layout: Layout): Encoder {
  const source = encoderSource(`${name} v${layout.version}`, fields, layout)
  const make = compileFunction(source, ['runtime'], {
    filename: `odradek:encode/${name}-v${layout.version}.js`,
  })
  return make(runtime)
}

const runtime = {
  none: Buffer.alloc(0),
  refuse(path: string, value: unknown): never {
    const limits = {
      depth: 1,
      maxArrayLength: 3,
      maxStringLength: 100,
      breakLength: Number.POSITIVE_INFINITY,
    }
    throw new EncodeError(`${path} can't be ${inspect(value, limits)}`)
  },
}

/** The text of a function body that returns the encoder. */
export function encoderSource(title: string, fields: readonly NamedSpec[], layout: Layout): string {
  const functions: string[] = []
  const main = new EncoderText(layout, functions)
  main.struct(fields, 'o', title)
  return `${functions.join('\n')}
return function encode(w, o, p) {
const b = w.bytes, d = w.view, limit = b.length
${main.lines.join('\n')}
return p
}`
}

class EncoderText {
  readonly lines: string[] = []
  readonly #layout: Layout
  /** Functions that write the content of tagged fields, outside the main one. */
  readonly #functions: string[]
  #names = 0

  constructor(layout: Layout, functions: string[]) {
    this.#layout = layout
    this.#functions = functions
  }

  struct(fields: readonly NamedSpec[], object: string, path: string): void {
    let run: NamedSpec[] = []
    for (const spec of plainFields(fields, this.#layout)) {
      if (fixedSizeBytes(spec.type) !== undefined) {
        run.push(spec)
        continue
      }
      this.#fixedRun(run, object, path)
      run = []
      this.#value(this.#load(spec, object), spec, `${path}.${spec.name}`)
    }
    this.#fixedRun(run, object, path)
    if (this.#layout.flexible) this.#tagBuffer(taggedFields(fields, this.#layout), object, path)
  }

  /** Puts a field into a variable, its default when the value leaves it out. */
  #load(spec: NamedSpec, object: string): string {
    const variable = this.#name()
    const fallback = fallbackText(spec)
    this.lines.push(`let ${variable} = ${object}.${spec.name}`)
    if (fallback !== undefined) this.lines.push(`if (${variable} === undefined) ${variable} = ${fallback}`)
    return variable
  }

  #fixedRun(run: readonly NamedSpec[], object: string, path: string): void {
    const total = run.reduce((sum, spec) => sum + (fixedSizeBytes(spec.type) ?? 0), 0)
    if (total === 0) return
    this.lines.push(`if (p + ${total} > limit) p = w.cut(p)`)
    let offset = 0
    for (const spec of run) {
      this.#store(this.#load(spec, object), spec.type, offset, `${path}.${spec.name}`)
      offset += fixedSizeBytes(spec.type) ?? 0
    }
    this.lines.push(`p += ${total}`)
  }

  #store(variable: string, type: FieldType, offset: number, path: string): void {
    const [check, store] = fixedText(variable, type, offset === 0 ? 'p' : `p + ${offset}`)
    this.lines.push(`if (${check}) runtime.refuse(${JSON.stringify(path)}, ${variable})`, store)
  }

  #fixed(variable: string, type: FieldType, path: string): void {
    const size = fixedSizeBytes(type)
    this.lines.push(`if (p + ${size} > limit) p = w.cut(p)`)
    this.#store(variable, type, 0, path)
    this.lines.push(`p += ${size}`)
  }

  #value(variable: string, spec: FieldSpec, path: string): void {
    const { type } = spec
    if (fixedSizeBytes(type) !== undefined) {
      this.#fixed(variable, type, path)
      return
    }
    const compact = isCompact(spec, this.#layout)
    this.lines.push(`if (${variable} === null) {`)
    if (isNullable(spec, this.#layout)) this.#null(spec, compact)
    else this.lines.push(`runtime.refuse(${JSON.stringify(path)}, null)`)
    this.lines.push('} else {')
    if (type.kind === 'struct') {
      if (isNullable(spec, this.#layout)) this.#byte(1)
      this.struct(type.fields, variable, path)
    } else if (type.kind === 'array') {
      this.#array(variable, type.element, compact, path)
    } else {
      this.#refuseUnless(isWritable(variable, type), variable, path)
      this.lines.push(`p = w.${writerMethod(type, compact)}(p, ${variable})`)
    }
    this.lines.push('}')
  }

  #refuseUnless(condition: string, variable: string, path: string): void {
    this.lines.push(`if (!(${condition})) runtime.refuse(${JSON.stringify(path)}, ${variable})`)
  }

  #null(spec: FieldSpec, compact: boolean): void {
    const { type } = spec
    if (type.kind === 'struct') this.#byte(isTagged(spec, this.#layout) ? 0 : 255)
    else if (compact) this.#byte(0)
    else if (type.kind === 'string') this.#store16(-1)
    else this.#store32('-1')
  }

  #byte(value: number): void {
    this.lines.push('if (p >= limit) p = w.cut(p)', `b[p++] = ${value}`)
  }

  #store16(value: number): void {
    this.lines.push('if (p + 2 > limit) p = w.cut(p)', `d.setInt16(p, ${value})`, 'p += 2')
  }

  #store32(value: string): void {
    this.lines.push('if (p + 4 > limit) p = w.cut(p)', `d.setInt32(p, ${value})`, 'p += 4')
  }

  #varint(value: string): void {
    this.lines.push('if (p + 5 > limit) p = w.cut(p)')
    this.lines.push(`if (${value} < 128) b[p++] = ${value}; else p = w.varint(p, ${value})`)
  }

  #array(variable: string, element: FieldType, compact: boolean, path: string): void {
    const [count, index, item] = [this.#name(), this.#name(), this.#name()]
    this.#refuseUnless(`Array.isArray(${variable})`, variable, path)
    this.lines.push(`const ${count} = ${variable}.length`)
    if (compact) this.#varint(`(${count} + 1)`)
    else this.#store32(count)
    this.lines.push(`for (let ${index} = 0; ${index} < ${count}; ${index}++) {`)
    this.lines.push(`const ${item} = ${variable}[${index}]`)
    if (element.kind === 'struct') this.struct(element.fields, item, `${path}[]`)
    else this.#value(item, plainSpec(element), `${path}[]`)
    this.lines.push('}')
  }

  #tagBuffer(fields: readonly NamedSpec[], object: string, path: string): void {
    if (fields.length === 0) {
      this.#byte(0)
      return
    }
    const count = this.#name()
    this.lines.push(`let ${count} = 0`)
    const loaded = fields.map((spec) => {
      const variable = this.#name()
      const differs = this.#name()
      this.lines.push(`const ${variable} = ${object}.${spec.name}`)
      this.lines.push(`const ${differs} = ${variable} !== undefined && !(${isDefaultText(variable, spec)})`)
      this.lines.push(`if (${differs}) ${count}++`)
      return { spec, variable, differs }
    })
    this.#varint(count)
    for (const { spec, variable, differs } of loaded) {
      this.lines.push(`if (${differs}) {`)
      this.#tagged(variable, spec, `${path}.${spec.name}`)
      this.lines.push('}')
    }
  }

  #tagged(variable: string, spec: NamedSpec, path: string): void {
    this.#varint(String(spec.tag))
    const size = isNullable(spec, this.#layout) ? undefined : constantSizeBytes(spec.type, this.#layout)
    if (size !== undefined) {
      this.#varint(String(size))
      this.#value(variable, spec, path)
      return
    }
    const body = new EncoderText(this.#layout, this.#functions)
    body.#value('o', spec, path)
    const name = `tagged${this.#functions.length}`
    this.#functions.push(`function ${name}(w, o) {
const b = w.bytes, d = w.view, limit = b.length
let p = 0
${body.lines.join('\n')}
return p
}`)
    const child = this.#name()
    this.lines.push(`const ${child} = w.child()`, `p = w.adopt(p, ${child}, ${name}(${child}, ${variable}))`)
  }

  #name(): string {
    this.#names += 1
    return `v${this.#names}`
  }
}

function writerMethod(type: FieldType, compact: boolean): string {
  if (type.kind === 'string') return compact ? 'compactString' : 'string'
  if (type.kind === 'recordChunks') return compact ? 'compactBlobs' : 'blobs'
  return compact ? 'compactBlob' : 'blob'
}

function isWritable(variable: string, type: FieldType): string {
  if (type.kind === 'string') return `typeof ${variable} === 'string'`
  if (type.kind === 'recordChunks') return `Array.isArray(${variable})`
  return `${variable} instanceof Uint8Array`
}

/** The condition under which a value does not fit, and the statement that writes it. */
function fixedText(v: string, type: FieldType, at: string): readonly [check: string, store: string] {
  switch (type.kind) {
    case 'bool':
      return [`typeof ${v} !== 'boolean'`, `b[${at}] = ${v} ? 1 : 0`]
    case 'int8':
      return [`(${v} << 24 >> 24) !== ${v}`, `d.setInt8(${at}, ${v})`]
    case 'int16':
      return [`(${v} << 16 >> 16) !== ${v}`, `d.setInt16(${at}, ${v})`]
    case 'uint16':
      return [`(${v} & 65535) !== ${v}`, `d.setUint16(${at}, ${v})`]
    case 'int32':
      return [`(${v} | 0) !== ${v}`, `d.setInt32(${at}, ${v})`]
    case 'uint32':
      return [`(${v} >>> 0) !== ${v}`, `d.setUint32(${at}, ${v})`]
    case 'int64': {
      const high = `Math.floor(${v} / 4294967296)`
      return [
        `!Number.isSafeInteger(${v})`,
        `d.setInt32(${at}, ${high}); d.setUint32(${at} + 4, ${v} - ${high} * 4294967296)`,
      ]
    }
    case 'bigint64':
      return [`typeof ${v} !== 'bigint' || BigInt.asIntN(64, ${v}) !== ${v}`, `d.setBigInt64(${at}, ${v})`]
    case 'float64':
      return [`typeof ${v} !== 'number'`, `d.setFloat64(${at}, ${v})`]
    default:
      return [`typeof ${v} !== 'string' || ${v}.length !== 22 || ${uuidStore(v, at)} !== 16`, '']
  }
}

function uuidStore(v: string, at: string): string {
  return `(${v} === '${ZERO_UUID}' ? (b.fill(0, ${at}, ${at} + 16), 16) : b.write(${v}, ${at}, 16, 'base64url'))`
}

/** The text of what is written when the value leaves the field out; undefined when it must not. */
function fallbackText(spec: NamedSpec): string | undefined {
  const isAlwaysThere = spec.from === 0 && spec.until === 32767 && spec.tag === undefined
  if (isAlwaysThere && spec.fallback === undefined) return undefined
  return defaultText(absentValue(spec), spec.type)
}

function defaultText(value: unknown, type: FieldType): string {
  if (value === null) return 'null'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') return JSON.stringify(value)
  if (type.kind === 'array') return '[]'
  if (type.kind === 'bytes') return 'runtime.none'
  if (type.kind === 'struct') return '{}'
  return String(value)
}

/** Whether a loaded value equals the field's default, so that a tagged field is not written. */
function isDefaultText(variable: string, spec: NamedSpec): string {
  const { type } = spec
  const value = absentValue(spec)
  if (value === null) return `${variable} === null`
  if (type.kind === 'array' || type.kind === 'bytes')
    return `${variable} !== null && ${variable}.length === 0`
  if (type.kind !== 'struct') return `${variable} === ${defaultText(value, type)}`
  const parts = type.fields.map((field) => {
    const inner = `${variable}.${field.name}`
    return `(${inner} === undefined || ${isDefaultText(inner, field)})`
  })
  return `${variable} !== null && ${parts.join(' && ')}`
}
