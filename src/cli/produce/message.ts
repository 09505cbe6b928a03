import type { IHeaders, Message } from 'kafkajs'
import { usage } from '../failure.ts'

/** How a line becomes a record. */
export interface LineFormat {
  /** Lines are JSON objects: `{key, value, headers, partition, timestamp}`. */
  readonly json: boolean
  /** What stands between key and value; without it (or in a line without it) there is no key. */
  readonly keySeparator: string | undefined
  /** An empty value is a tombstone (null), not an empty record. */
  readonly emptyIsNull: boolean
  /** Given to every record; a JSON line's own win. */
  readonly headers: IHeaders
  readonly partition: number | undefined
}

/** Makes the function that reads one line. `lineNumber` is for messages. */
export function lineReader(format: LineFormat): (line: Buffer, lineNumber: number) => Message {
  if (format.json) return (line, lineNumber) => jsonMessage(line, lineNumber, format)
  const separator = format.keySeparator === undefined ? undefined : Buffer.from(format.keySeparator)
  const shared = sharedParts(format)
  return (line) => {
    const at = separator === undefined ? -1 : line.indexOf(separator)
    const key = at === -1 ? null : line.subarray(0, at)
    const value = at === -1 ? line : line.subarray(at + (separator?.length ?? 0))
    return { key, value: format.emptyIsNull && value.length === 0 ? null : value, ...shared }
  }
}

function sharedParts({ headers, partition }: LineFormat): Pick<Message, 'headers' | 'partition'> {
  return {
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(partition === undefined ? {} : { partition }),
  }
}

const known = new Set([
  'key',
  'value',
  'keyBase64',
  'valueBase64',
  'headers',
  'headersBase64',
  'partition',
  'timestamp',
  // What `consume --json` says besides; a topic can be copied by piping one into the other.
  'topic',
  'offset',
])

function jsonMessage(line: Buffer, lineNumber: number, format: LineFormat): Message {
  const wrong = (what: string) => usage(`line ${lineNumber}: ${what}`)
  const object = parseObject(line)
  if (object === undefined) throw wrong('not a JSON object')
  const stranger = Object.keys(object).find((name) => !known.has(name))
  if (stranger !== undefined) throw wrong(`unknown field "${stranger}"`)
  const value = bytesOf(object, 'value')
  const timestamp = timestampOf(object.timestamp)
  if (timestamp === null) throw wrong('timestamp must be milliseconds since 1970 or a date')
  const partition = object.partition ?? format.partition
  if (partition !== undefined && !isPartition(partition)) throw wrong('partition must be a number from 0')
  const headers = {
    ...format.headers,
    ...headersOf(object.headers),
    ...headersOf(object.headersBase64, 'base64'),
  }
  return {
    key: bytesOf(object, 'key'),
    value: format.emptyIsNull && value?.length === 0 ? null : value,
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(partition === undefined ? {} : { partition }),
    ...(timestamp === undefined ? {} : { timestamp }),
  }
}

type JsonObject = Readonly<Record<string, unknown>>

function parseObject(line: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line.toString())
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A string is its UTF-8, null or nothing is null, and anything else is its own JSON. */
function bytesOf(object: JsonObject, name: 'key' | 'value'): Buffer | null {
  const base64 = object[`${name}Base64`]
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64')
  const value = object[name]
  if (value === undefined || value === null) return null
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}

function headersOf(value: unknown, encoding: BufferEncoding = 'utf8'): IHeaders {
  const headers: IHeaders = {}
  if (!isObject(value)) return headers
  for (const [name, header] of Object.entries(value)) {
    headers[name] = Array.isArray(header)
      ? header.map((one) => headerBytes(one, encoding) ?? nothing)
      : headerBytes(header, encoding)
  }
  return headers
}

/** kafkajs sends null for `undefined`, but not inside a list. */
function headerBytes(value: unknown, encoding: BufferEncoding): Buffer | undefined {
  if (value === null) return undefined
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value), encoding)
}

const nothing = Buffer.alloc(0)

function isPartition(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}

/** kafkajs wants milliseconds as text. `null` for what isn't a time. */
function timestampOf(value: unknown): string | undefined | null {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isInteger(value)) return String(value)
  if (typeof value !== 'string') return null
  if (/^-?\d+$/.test(value)) return value
  const timestampMs = Date.parse(value)
  return Number.isNaN(timestampMs) ? null : String(timestampMs)
}

/** Reads `--header name=value`, repeated; a name given twice has both values. */
export function headersFromFlags(pairs: readonly string[]): IHeaders {
  const headers: Record<string, string | string[]> = {}
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at <= 0) throw usage(`--header must be name=value, not "${pair}"`)
    const name = pair.slice(0, at)
    const earlier = headers[name]
    const value = pair.slice(at + 1)
    headers[name] = earlier === undefined ? value : [...(Array.isArray(earlier) ? earlier : [earlier]), value]
  }
  return headers
}
