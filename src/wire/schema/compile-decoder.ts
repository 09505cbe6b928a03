/**
 * Turns a declaration into the source text of a decoder for one version, and that into a function. Everything is
 * inlined into one function over local variables: that is what makes it several times faster than a tree of
 * closures. Where bytes don't fit the declaration the decoder only answers `undefined`; the explaining decoder
 * (`explain.ts`) then says what is wrong and where.
 *
 * Source text is compiled through `vm.compileFunction` and not `Function`, so it also works in processes that
 * forbid code generation from strings, and stack traces show a file name.
 */
import { compileFunction } from 'node:vm'
import { type FieldSpec, type FieldType, type NamedSpec, plainSpec, ZERO_UUID } from './field.ts'
import {
  absentValue,
  fixedSizeBytes,
  isCompact,
  isNullable,
  isTagged,
  type Layout,
  leastSizeBytes,
  MAX_ARRAY_ELEMENTS,
  MAX_STRING_BYTES,
  plainFields,
  taggedFields,
} from './layout.ts'

/** Reads the value that starts at `at`; undefined when the bytes don't hold one. */
export type Decoder<D> = (bytes: Buffer, at: number) => D | undefined

export function compileDecoder<D>(name: string, fields: readonly NamedSpec[], layout: Layout): Decoder<D> {
  const source = decoderSource(fields, layout)
  const make = compileFunction(source, ['runtime'], {
    filename: `odradek:decode/${name}-v${layout.version}.js`,
  })
  return make(runtime)
}

/** What compiled decoders share. `varint` leaves the position behind the number in `at`. */
const runtime = {
  at: 0,
  none: Buffer.alloc(0),
  /** An unsigned varint of more than one byte; NaN when it is cut off or longer than 32 bits. */
  varint(bytes: Buffer, start: number): number {
    let value = 0
    let at = start
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined) return Number.NaN
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) {
        this.at = at
        return value <= 0xffff_ffff ? value : Number.NaN
      }
    }
    return Number.NaN
  },
}

/** The text of a function body that returns the decoder. */
export function decoderSource(fields: readonly NamedSpec[], layout: Layout): string {
  const writer = new DecoderText(layout)
  const value = writer.struct(fields)
  return `return function decode(b, p) {
const end = b.length
let budget = ${MAX_ARRAY_ELEMENTS}
let n = 0
if (p > end) return
${writer.lines.join('\n')}
return ${value}
}`
}

class DecoderText {
  readonly lines: string[] = []
  readonly #layout: Layout
  #names = 0

  constructor(layout: Layout) {
    this.#layout = layout
  }

  /** Emits the reading of a struct and gives the expression of its value. */
  struct(fields: readonly NamedSpec[]): string {
    const names = new Map<string, string>()
    let run: { variable: string; spec: NamedSpec }[] = []
    for (const spec of plainFields(fields, this.#layout)) {
      const variable = this.#name()
      names.set(spec.name, variable)
      if (fixedSizeBytes(spec.type) !== undefined) {
        run.push({ variable, spec })
        continue
      }
      this.#fixedRun(run)
      run = []
      this.lines.push(`let ${variable}`)
      this.#variable(variable, spec)
    }
    this.#fixedRun(run)
    if (this.#layout.flexible) this.#tagBuffer(taggedFields(fields, this.#layout), names)
    const entries = fields.map(
      (field) => `${field.name}: ${names.get(field.name) ?? literal(absentValue(field), field.type)}`,
    )
    return `{ ${entries.join(', ')} }`
  }

  /** Neighbours of known size share one look at how much is left. */
  #fixedRun(run: readonly { variable: string; spec: NamedSpec }[]): void {
    const total = run.reduce((sum, { spec }) => sum + (fixedSizeBytes(spec.type) ?? 0), 0)
    if (total === 0) return
    this.lines.push(`if (p + ${total} > end) return`)
    let offset = 0
    for (const { variable, spec } of run) {
      this.lines.push(`const ${variable} = ${fixedExpression(spec.type, offset)}`)
      this.#checkRange(variable, spec.type)
      offset += fixedSizeBytes(spec.type) ?? 0
    }
    this.lines.push(`p += ${total}`)
  }

  #fixed(variable: string, type: FieldType): void {
    const size = fixedSizeBytes(type)
    this.lines.push(`if (p + ${size} > end) return`)
    this.lines.push(`${variable} = ${fixedExpression(type, 0)}`)
    this.#checkRange(variable, type)
    this.lines.push(`p += ${size}`)
  }

  #checkRange(variable: string, type: FieldType): void {
    if (type.kind === 'int64') this.lines.push(`if (!Number.isSafeInteger(${variable})) return`)
  }

  #variable(variable: string, spec: FieldSpec): void {
    const { type } = spec
    const nullable = isNullable(spec, this.#layout)
    if (type.kind === 'struct') {
      this.#structValue(variable, type.fields, nullable ? this.#isNullStruct(spec) : undefined)
      return
    }
    const isShort = type.kind === 'string'
    this.#length(isCompact(spec, this.#layout), isShort)
    this.lines.push(nullable ? `if (n < 0) ${variable} = null; else {` : 'if (n < 0) return; {')
    if (type.kind === 'array') {
      this.#elements(variable, type.element)
    } else {
      this.lines.push(
        isShort ? `if (n > end - p || n > ${MAX_STRING_BYTES}) return` : 'if (n > end - p) return',
      )
      this.lines.push(
        `${variable} = ${isShort ? "b.toString('utf8', p, p + n)" : 'n === 0 ? runtime.none : b.subarray(p, p + n)'}`,
      )
      this.lines.push('p += n')
    }
    this.lines.push('}')
  }

  /** Reads the byte or varint that says whether there is a struct, and gives the condition under which there is none. */
  #isNullStruct(spec: FieldSpec): string {
    if (isTagged(spec, this.#layout)) {
      this.#varint('n')
      return 'n === 0'
    }
    this.lines.push('if (p >= end) return')
    return 'b[p++] > 127'
  }

  #structValue(variable: string, fields: readonly NamedSpec[], isNull: string | undefined): void {
    this.lines.push(isNull === undefined ? '{' : `if (${isNull}) ${variable} = null; else {`)
    const value = this.struct(fields)
    this.lines.push(`${variable} = ${value}`, '}')
  }

  /** Sets `n` to the length that stands next: negative for null. */
  #length(compact: boolean, isShort: boolean): void {
    if (compact) {
      this.#varint('n')
      this.lines.push('n -= 1')
    } else {
      const type: FieldType = { kind: isShort ? 'int16' : 'int32' }
      this.#fixed('n', type)
    }
  }

  #varint(variable: string): void {
    this.lines.push('if (p >= end) return', `${variable} = b[p++]`)
    this.lines.push(
      `if (${variable} > 127) { ${variable} = runtime.varint(b, p - 1); if (!(${variable} >= 0)) return; p = runtime.at }`,
    )
  }

  #elements(variable: string, element: FieldType): void {
    const least = leastSizeBytes(element, this.#layout)
    const count = this.#name()
    const index = this.#name()
    const list = this.#name()
    this.lines.push(`const ${count} = n`)
    this.lines.push(`if (${count} * ${least} > end - p || (budget -= ${count}) < 0) return`)
    this.lines.push(`const ${list} = new Array(${count})`)
    this.lines.push(`for (let ${index} = 0; ${index} < ${count}; ${index}++) {`)
    if (element.kind === 'struct') {
      this.lines.push(`${list}[${index}] = ${this.struct(element.fields)}`)
    } else {
      const item = this.#name()
      this.lines.push(`let ${item}`)
      this.#unnamed(item, element)
      this.lines.push(`${list}[${index}] = ${item}`)
    }
    this.lines.push('}', `${variable} = ${list}`)
  }

  /** An array's element: never null, never tagged. */
  #unnamed(variable: string, type: FieldType): void {
    if (fixedSizeBytes(type) !== undefined) this.#fixed(variable, type)
    else this.#variable(variable, plainSpec(type))
  }

  #tagBuffer(fields: readonly NamedSpec[], names: Map<string, string>): void {
    for (const field of fields) {
      const variable = this.#name()
      names.set(field.name, variable)
      this.lines.push(`let ${variable} = ${literal(absentValue(field), field.type)}`)
    }
    const [count, tag, size, stop] = [this.#name(), this.#name(), this.#name(), this.#name()]
    this.lines.push(`let ${count}`)
    this.#varint(count)
    this.lines.push(`for (; ${count} > 0; ${count}--) {`, `let ${tag}, ${size}`)
    this.#varint(tag)
    this.#varint(size)
    this.lines.push(`if (${size} > end - p) return`, `const ${stop} = p + ${size}`)
    if (fields.length > 0) {
      this.lines.push(`switch (${tag}) {`)
      for (const field of fields) this.#taggedField(field, names.get(field.name) ?? '', stop)
      this.lines.push(`default: p = ${stop}`, '}')
    } else {
      this.lines.push(`p = ${stop}`)
    }
    this.lines.push('}')
  }

  #taggedField(field: NamedSpec, variable: string, stop: string): void {
    this.lines.push(`case ${field.tag}: {`)
    if (fixedSizeBytes(field.type) !== undefined) this.#fixed(variable, field.type)
    else this.#variable(variable, field)
    this.lines.push(`if (p !== ${stop}) return`, 'break', '}')
  }

  #name(): string {
    this.#names += 1
    return `v${this.#names}`
  }
}

function fixedExpression(type: FieldType, offset: number): string {
  const byte = (index: number) => `b[p + ${offset + index}]`
  const int32 = (index: number) =>
    `(${byte(index)} << 24 | ${byte(index + 1)} << 16 | ${byte(index + 2)} << 8 | ${byte(index + 3)})`
  switch (type.kind) {
    case 'bool':
      return `${byte(0)} !== 0`
    case 'int8':
      return `${byte(0)} << 24 >> 24`
    case 'int16':
      return `(${byte(0)} << 24 | ${byte(1)} << 16) >> 16`
    case 'uint16':
      return `${byte(0)} << 8 | ${byte(1)}`
    case 'int32':
      return int32(0)
    case 'uint32':
      return `${int32(0)} >>> 0`
    case 'int64':
      return `${int32(0)} * 4294967296 + (${int32(4)} >>> 0)`
    case 'bigint64':
      return `b.readBigInt64BE(p + ${offset})`
    case 'float64':
      return `b.readDoubleBE(p + ${offset})`
    default:
      return `b.toString('base64url', p + ${offset}, p + ${offset + 16})`
  }
}

/** The source text of a default. */
function literal(value: unknown, type: FieldType): string {
  if (value === null) return 'null'
  if (typeof value === 'bigint') return `${value}n`
  if (value === ZERO_UUID || typeof value === 'string') return JSON.stringify(value)
  if (type.kind === 'struct') {
    const entries = type.fields.map((field) => `${field.name}: ${literal(absentValue(field), field.type)}`)
    return `{ ${entries.join(', ')} }`
  }
  if (type.kind === 'array') return '[]'
  if (type.kind === 'bytes') return 'runtime.none'
  return String(value)
}
