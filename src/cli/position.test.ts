import { expect, test } from 'vitest'
import { startOffset } from './consume/start-position.ts'
import { parsePosition } from './position.ts'

test.each([
  ['earliest', { kind: 'earliest' }],
  ['beginning', { kind: 'earliest' }],
  ['latest', { kind: 'latest' }],
  ['end', { kind: 'latest' }],
  ['42', { kind: 'offset', offset: 42 }],
  ['-3', { kind: 'shift', by: -3 }],
  ['+3', { kind: 'shift', by: 3 }],
  ['@1769846400000', { kind: 'time', timestampMs: 1_769_846_400_000 }],
  ['2026-01-31T08:00:00Z', { kind: 'time', timestampMs: 1_769_846_400_000 }],
  ['2026-01-31', { kind: 'time', timestampMs: 1_769_817_600_000 }],
])('%s is a place in a partition', (text, position) => {
  expect(parsePosition('--from', text)).toEqual(position)
})

test.each(['', 'yesterday', '1.5', '@', '2026-13-45', '--3', '12345678901234567890'])(
  '%j is none',
  (text) => {
    expect(() => parsePosition('--from', text)).toThrow(
      `--from must be earliest, latest, an offset, +N, -N or a time, not "${text}"`,
    )
  },
)

test.each([
  [{ kind: 'earliest' }, undefined, 10],
  [{ kind: 'latest' }, undefined, 20],
  [{ kind: 'offset', offset: 15 }, undefined, 15],
  [{ kind: 'offset', offset: 5 }, undefined, 10],
  [{ kind: 'offset', offset: 25 }, undefined, 20],
  [{ kind: 'shift', by: -3 }, undefined, 17],
  [{ kind: 'shift', by: -30 }, undefined, 10],
  [{ kind: 'shift', by: 3 }, undefined, 13],
  [{ kind: 'time', timestampMs: 1 }, 12, 12],
  [{ kind: 'time', timestampMs: 1 }, -1, 20],
] as const)('in a log from 10 to 20, %j (by time %s) starts at %i', (from, byTime, offset) => {
  expect(startOffset(from, { earliest: 10, latest: 20 }, byTime)).toBe(offset)
})
