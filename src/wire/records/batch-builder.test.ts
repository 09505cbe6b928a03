import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codecNames } from '../compression/codec.ts'
import { crc32c } from '../crc32c.ts'
import { buildBatch, type NewRecord } from './batch-builder.ts'
import {
  CRC_START,
  readBatchSizeBytes,
  readCrc,
  readLastOffset,
  readMaxTimestamp,
  readRecordCount,
} from './batch-header.ts'
import { recordsOf } from './record-iteration.ts'

const field = fc.option(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  { nil: null },
)
const headers = fc.array(fc.record({ key: fc.string({ unit: 'grapheme' }), value: field }), { maxLength: 4 })
const record = fc.record({
  timestamp: fc.oneof(
    fc.bigInt({ min: -1n, max: 4_000_000_000_000n }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  ),
  key: field,
  value: field,
  headers,
})

test('every record comes back as it went in, in each codec', () => {
  const batch = fc.record({
    records: fc.array(record, { minLength: 1, maxLength: 20 }),
    baseOffset: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 100 }),
    codec: fc.constantFrom(...codecNames),
  })
  fc.assert(
    fc.property(batch, ({ records, baseOffset, codec }) => {
      const bytes = buildBatch({ records, baseOffset, codec })
      const expected = records.map((each, index) => ({ ...each, offset: baseOffset + index }))
      expect([...recordsOf(bytes)]).toEqual(expected)
    }),
  )
})

test('the header tells size, count, last offset and largest timestamp, and the CRC is right', () => {
  const records: NewRecord[] = [
    { timestamp: 5n },
    { timestamp: 9n, value: Buffer.from('v') },
    { timestamp: 7n },
  ]
  const bytes = buildBatch({ records, baseOffset: 100 })
  expect(readBatchSizeBytes(bytes, 0)).toBe(bytes.length)
  expect(readRecordCount(bytes, 0)).toBe(3)
  expect(readLastOffset(bytes, 0)).toBe(102)
  expect(readMaxTimestamp(bytes, 0)).toBe(9n)
  expect(readCrc(bytes, 0)).toBe(crc32c(bytes, CRC_START))
})

test('with log append time every record has the time of the append', () => {
  const records = [{ timestamp: 5n }, { timestamp: 6n }]
  const bytes = buildBatch({ records, timestampType: 'LogAppendTime', maxTimestamp: 1000n })
  expect([...recordsOf(bytes)].map(({ timestamp }) => timestamp)).toEqual([1000n, 1000n])
})

test('records left by compaction keep their distance from the base offset', () => {
  const records = [
    { offsetDelta: 2, value: Buffer.from('a') },
    { offsetDelta: 700, value: Buffer.from('b') },
  ]
  const bytes = buildBatch({ records, baseOffset: 1000, lastOffsetDelta: 900 })
  expect([...recordsOf(bytes)].map(({ offset }) => offset)).toEqual([1002, 1700])
  expect(readLastOffset(bytes, 0)).toBe(1900)
})

test('a batch inside a larger buffer is read from where it stands', () => {
  const first = buildBatch({ records: [{ value: Buffer.from('one') }] })
  const second = buildBatch({ records: [{ value: Buffer.from('two') }], baseOffset: 1 })
  const both = Buffer.concat([first, second])
  expect([...recordsOf(both, first.length)].map(({ value }) => value?.toString())).toEqual(['two'])
})
