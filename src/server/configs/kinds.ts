/**
 * What a config's text may be and what it means: Kafka's nine types with their ranges. A kind reads Kafka's
 * spelling (`ConfigDef.parseType`: surrounding blanks don't count) and refuses, with INVALID_CONFIG and the value
 * and the reason in words, what Kafka refuses.
 */
import { KafkaError } from '../../wire/errors.ts'

export type ConfigType =
  | 'UNKNOWN'
  | 'BOOLEAN'
  | 'STRING'
  | 'INT'
  | 'SHORT'
  | 'LONG'
  | 'DOUBLE'
  | 'LIST'
  | 'CLASS'
  | 'PASSWORD'

/** Values of one type and range. Methods throw INVALID_CONFIG; `name` is the config that the message speaks of. */
export interface ConfigKind<Value> {
  readonly type: ConfigType
  parse(name: string, text: string): Value
  /** The same value in Kafka's own spelling, exact also where `parse` must round. */
  canonical(name: string, text: string): string
}

export interface Range {
  readonly min?: number
  readonly max?: number
}

/** Refuses one value in the words of Kafka's ConfigException. */
export function invalidValue(name: string, value: string, reason: string): KafkaError {
  return new KafkaError('INVALID_CONFIG', `Invalid value ${value} for configuration ${name}: ${reason}`)
}

export function bool(): ConfigKind<boolean> {
  const parse = (name: string, text: string) => {
    const word = text.trim().toLowerCase()
    if (word !== 'true' && word !== 'false')
      throw invalidValue(name, text, 'Expected value to be either true or false')
    return word === 'true'
  }
  return { type: 'BOOLEAN', parse, canonical: (name, text) => String(parse(name, text)) }
}

export function short(range: Range = {}): ConfigKind<number> {
  return integer('SHORT', 16, range)
}

export function int(range: Range = {}): ConfigKind<number> {
  return integer('INT', 32, range)
}

/**
 * A 64-bit integer, read as a number: what lies beyond ±(2^53 - 1) becomes that bound, so that Kafka's "for ever"
 * (9223372036854775807) is `Number.MAX_SAFE_INTEGER`.
 */
export function long(range: Range = {}): ConfigKind<number> {
  return integer('LONG', 64, range)
}

/** gzip's levels: 1 to 9, or -1 for the codec's own choice (`GzipCompression`). */
export function gzipLevel(): ConfigKind<number> {
  const kind = int()
  const parse = (name: string, text: string) => {
    const level = kind.parse(name, text)
    if (level !== -1 && (level < 1 || level > 9))
      throw invalidValue(name, String(level), 'Value must be between 1 and 9 or equal to -1')
    return level
  }
  return { type: 'INT', parse, canonical: (name, text) => String(parse(name, text)) }
}

export function double(range: Range = {}): ConfigKind<number> {
  const parse = (name: string, text: string) => {
    const trimmed = text.trim()
    if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[df]?$/i.test(trimmed))
      throw invalidValue(name, text, 'Not a number of type DOUBLE')
    const value = Number.parseFloat(trimmed)
    refuseOutside(name, javaDouble(value), range, (bound) => Math.sign(value - bound))
    return value
  }
  return { type: 'DOUBLE', parse, canonical: (name, text) => javaDouble(parse(name, text)) }
}

export function text(): ConfigKind<string> {
  return checked('STRING', () => undefined)
}

export function nonEmptyText(): ConfigKind<string> {
  return checked('STRING', (value) => (value === '' ? 'String must be non-empty' : undefined))
}

export function oneOf<const Word extends string>(...words: readonly Word[]): ConfigKind<Word> {
  const parse = (name: string, value: string) => {
    const found = words.find((word) => word === value.trim())
    if (found === undefined) throw invalidValue(name, value, `String must be one of: ${words.join(', ')}`)
    return found
  }
  return { type: 'STRING', parse, canonical: parse }
}

export function oneOfIgnoringCase(...words: readonly string[]): ConfigKind<string> {
  return checked('STRING', (value) =>
    words.includes(value.toUpperCase())
      ? undefined
      : `String must be one of (case insensitive): ${words.join(', ')}`,
  )
}

/** The name of a Java class. Odradek loads none, so any name will do. */
export function className(): ConfigKind<string> {
  return checked('CLASS', () => undefined)
}

/** A secret: never shown. */
export function password(): ConfigKind<string> {
  return checked('PASSWORD', () => undefined)
}

/** Names separated by commas, none empty, none twice; the list itself may be empty. */
export function list(): ConfigKind<readonly string[]> {
  return listOf((name, items) => refuseEmptyOrTwice(name, items))
}

export function nonEmptyList(): ConfigKind<readonly string[]> {
  return listOf((name, items) => {
    if (items.length === 0)
      throw new KafkaError('INVALID_CONFIG', `Configuration '${name}' must not be empty`)
    refuseEmptyOrTwice(name, items)
  })
}

/** A list of these words only. */
export function listOfWords(words: readonly string[], mayBeEmpty: boolean): ConfigKind<readonly string[]> {
  return listOf((name, items) => {
    if (items.length === 0 && !mayBeEmpty)
      throw new KafkaError('INVALID_CONFIG', `Configuration '${name}' must not be empty`)
    refuseEmptyOrTwice(name, items)
    const stranger = items.find((item) => !words.includes(item))
    if (stranger !== undefined)
      throw invalidValue(name, stranger, `String must be one of: ${words.join(', ')}`)
  })
}

/** A list in which each item has a given form. */
export function listMatching(item: RegExp, form: string): ConfigKind<readonly string[]> {
  return listOf((name, items) => {
    for (const each of items) {
      if (!item.test(each)) throw invalidValue(name, each, `Each entry must have the form ${form}`)
    }
  })
}

/** `*` for every replica, or partition:broker pairs (`ThrottledReplicaListValidator`). */
export function throttledReplicas(): ConfigKind<readonly string[]> {
  return listOf((name, items) => {
    if (items.length === 1 && items[0] === '*') return
    if (items.some((item) => !/^\d+:\d+$/.test(item)))
      throw invalidValue(name, `[${items.join(', ')}]`, "Expected '*' or a list of partition:broker pairs")
  })
}

/** Where a share group begins: `earliest`, `latest` or `by_duration:` with an ISO 8601 duration (KIP-1106). */
export function shareOffsetReset(): ConfigKind<string> {
  const duration = /^by_duration:P(?=.)(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d{1,9})?S)?)?$/i
  return checked('STRING', (value) =>
    value === 'earliest' || value === 'latest' || duration.test(value)
      ? undefined
      : "Expected 'earliest', 'latest' or 'by_duration:' followed by a duration such as PT1H",
  )
}

function integer(type: 'SHORT' | 'INT' | 'LONG', bits: number, range: Range): ConfigKind<number> {
  const exact = (name: string, value: string) => {
    const trimmed = value.trim()
    if (!/^[+-]?\d{1,30}$/.test(trimmed)) throw invalidValue(name, value, `Not a number of type ${type}`)
    const number = BigInt(trimmed.replace('+', ''))
    if (BigInt.asIntN(bits, number) !== number)
      throw invalidValue(name, value, `Not a number of type ${type}`)
    refuseOutside(name, String(number), range, (bound) =>
      number < BigInt(bound) ? -1 : number > BigInt(bound) ? 1 : 0,
    )
    return number
  }
  const bound = BigInt(Number.MAX_SAFE_INTEGER)
  return {
    type,
    parse(name, value) {
      const number = exact(name, value)
      return Number(number > bound ? bound : number < -bound ? -bound : number)
    },
    canonical: (name, value) => String(exact(name, value)),
  }
}

function refuseOutside(name: string, shown: string, range: Range, compare: (bound: number) => number): void {
  if (range.min !== undefined && compare(range.min) < 0)
    throw invalidValue(name, shown, `Value must be at least ${range.min}`)
  if (range.max !== undefined && compare(range.max) > 0)
    throw invalidValue(name, shown, `Value must be no more than ${range.max}`)
}

function checked(
  type: 'STRING' | 'CLASS' | 'PASSWORD',
  problemOf: (value: string) => string | undefined,
): ConfigKind<string> {
  const parse = (name: string, value: string) => {
    const trimmed = value.trim()
    const problem = problemOf(trimmed)
    if (problem !== undefined) throw invalidValue(name, value, problem)
    return trimmed
  }
  return { type, parse, canonical: parse }
}

function listOf(refuseBad: (name: string, items: readonly string[]) => void): ConfigKind<readonly string[]> {
  const parse = (name: string, value: string) => {
    const items = splitList(value)
    refuseBad(name, items)
    return items
  }
  return { type: 'LIST', parse, canonical: (name, value) => parse(name, value).join(',') }
}

/** A list's text cut at its commas, blanks taken off; empty text is the empty list. */
export function splitList(value: string): string[] {
  const trimmed = value.trim()
  return trimmed === '' ? [] : trimmed.split(',').map((item) => item.trim())
}

function refuseEmptyOrTwice(name: string, items: readonly string[]): void {
  if (items.includes(''))
    throw new KafkaError('INVALID_CONFIG', `Configuration '${name}' values must not be empty.`)
  if (new Set(items).size !== items.length)
    throw new KafkaError('INVALID_CONFIG', `Configuration '${name}' values must not be duplicated.`)
}

/** A double as Java prints it, since that is what DescribeConfigs of a real broker shows: `0.5`, `1.0`, `1.0E-4`. */
function javaDouble(value: number): string {
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-3 && size < 1e7))
    return Number.isInteger(value) ? `${value}.0` : String(value)
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent.replace('+', '')}`
}
