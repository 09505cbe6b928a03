import { isUtf8 } from 'node:buffer'
import type { RecordHeader } from '../../wire/records/record-iteration.ts'
import { usage } from '../failure.ts'
import type { ShownRecord } from './record.ts'

/** Appends a record's bytes to `out`. Values are never decoded on the way: what was written comes out. */
export type RecordFormat = (record: ShownRecord, out: Buffer[]) => void

export const DEFAULT_FORMAT = '%v\\n'

const placeholders: Readonly<Record<string, (record: ShownRecord) => Buffer>> = {
  k: ({ key }) => key ?? nothing,
  K: ({ key }) => Buffer.from(String(key?.length ?? -1)),
  v: ({ value }) => value ?? nothing,
  s: ({ value }) => value ?? nothing,
  S: ({ value }) => Buffer.from(String(value?.length ?? -1)),
  t: ({ topic }) => Buffer.from(topic),
  p: ({ partition }) => Buffer.from(String(partition)),
  o: ({ offset }) => Buffer.from(String(offset)),
  T: ({ timestamp }) => Buffer.from(String(timestamp)),
  h: ({ headers }) => Buffer.from(headerText(headers)),
  '%': () => percent,
}

const nothing = Buffer.alloc(0)
const percent = Buffer.from('%')

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', 0: '\0', '\\': '\\' }

/** Reads a format like kcat's: `%t %p %o %k %v %h %T`, sizes `%K %S`, escapes `\n \t \r \0 \xNN`. */
export function parseFormat(text: string): RecordFormat {
  const parts: ((record: ShownRecord) => Buffer)[] = []
  const pattern = /%(.?)|\\x([0-9a-fA-F]{2})|\\(.)|[^%\\]+|\\$/gs
  for (const [whole, placeholder, hex, letter] of text.matchAll(pattern)) {
    if (placeholder !== undefined) {
      const part = placeholders[placeholder]
      if (part === undefined)
        throw usage(`--format doesn't know %${placeholder}; it knows %t %p %o %k %v %h %T %K %S`)
      parts.push(part)
    } else parts.push(constant(literal(whole, hex, letter)))
  }
  return (record, out) => {
    for (const part of parts) out.push(part(record))
  }
}

function literal(whole: string, hex: string | undefined, letter: string | undefined): Buffer {
  if (hex !== undefined) return Buffer.from(hex, 'hex')
  return Buffer.from(letter === undefined ? whole : (escapes[letter] ?? whole))
}

function constant(bytes: Buffer): () => Buffer {
  return () => bytes
}

function headerText(headers: readonly RecordHeader[]): string {
  return headers.map(({ key, value }) => `${key}=${value?.toString() ?? ''}`).join(',')
}

/**
 * One JSON object per line, which `produce --json` takes back. Bytes that aren't UTF-8 are given in base64 under
 * another name (`valueBase64`), so nothing is lost or made up.
 */
export const jsonFormat: RecordFormat = (record, out) => {
  const { topic, partition, offset, timestamp, headers } = record
  const line = {
    topic,
    partition,
    offset,
    timestamp: exactNumber(timestamp),
    ...textOrBase64('key', record.key),
    ...textOrBase64('value', record.value),
    ...jsonHeaders(headers),
  }
  out.push(Buffer.from(`${JSON.stringify(line)}\n`))
}

/** Clients may send any 64-bit timestamp; what a JSON number can't hold becomes text. */
function exactNumber(value: bigint): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

function textOrBase64(name: 'key' | 'value', bytes: Buffer | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null }
  return isUtf8(bytes) ? { [name]: bytes.toString() } : { [`${name}Base64`]: bytes.toString('base64') }
}

type JsonHeaders = Record<string, (string | null) | (string | null)[]>

/** A name that stands once has its value, one that is repeated a list of them. */
function jsonHeaders(headers: readonly RecordHeader[]) {
  const text: JsonHeaders = {}
  const base64: JsonHeaders = {}
  for (const name of new Set(headers.map(({ key }) => key))) {
    const values = headers.filter(({ key }) => key === name).map(({ value }) => value)
    const isText = values.every((value) => value === null || isUtf8(value))
    const encoded = values.map((value) => value?.toString(isText ? 'utf8' : 'base64') ?? null)
    const target = isText ? text : base64
    target[name] = encoded.length === 1 ? (encoded[0] ?? null) : encoded
  }
  return {
    ...(Object.keys(text).length === 0 ? {} : { headers: text }),
    ...(Object.keys(base64).length === 0 ? {} : { headersBase64: base64 }),
  }
}
