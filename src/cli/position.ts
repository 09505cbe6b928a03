import { usage } from './failure.ts'

/** A place in a partition, as people write it. */
export type Position =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'offset'; readonly offset: number }
  /** The first record with this timestamp or a later one; the end if there is none. */
  | { readonly kind: 'time'; readonly timestampMs: number }
  /** So many records from somewhere: from the end when reading, from the committed offset when resetting. */
  | { readonly kind: 'shift'; readonly by: number }

/**
 * `earliest`, `latest`, `42`, `-10`, `+10`, `2026-01-31`, `2026-01-31T08:00:00Z` or `@1769846400000` (milliseconds
 * since 1970). `option` names what is being read, for the message when it isn't one of these.
 */
export function parsePosition(option: string, text: string): Position {
  if (text === 'earliest' || text === 'beginning') return { kind: 'earliest' }
  if (text === 'latest' || text === 'end') return { kind: 'latest' }
  if (/^\d{1,15}$/.test(text)) return { kind: 'offset', offset: Number(text) }
  if (/^[+-]\d{1,15}$/.test(text)) return { kind: 'shift', by: Number(text) }
  const timestampMs = parseTime(text)
  if (timestampMs === undefined)
    throw usage(`${option} must be earliest, latest, an offset, +N, -N or a time, not "${text}"`)
  return { kind: 'time', timestampMs }
}

function parseTime(text: string): number | undefined {
  if (/^@\d{1,15}$/.test(text)) return Number(text.slice(1))
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined
  const timestampMs = Date.parse(text)
  return Number.isNaN(timestampMs) ? undefined : timestampMs
}
