import { describe, expect, test } from 'vitest'
import { codecNames } from '../compression/codec.ts'
import { prepareZstd } from '../compression/zstd.ts'
import { buildBatch } from './batch-builder.ts'
import { firstAtOrAfter, maxTimestampRecord } from './time-lookup.ts'

await prepareZstd()

describe.each(codecNames)('in a batch, %s,', (codec) => {
  const records = [10n, 30n, 20n, 30n, 5n].map((timestamp) => ({ timestamp }))
  const batch = buildBatch({ records, baseOffset: 100, codec })

  test('a time finds the first record that is not older', () => {
    expect(firstAtOrAfter(batch, 0, 0n)).toEqual({ offset: 100, timestamp: 10n })
    expect(firstAtOrAfter(batch, 0, 10n)).toEqual({ offset: 100, timestamp: 10n })
    expect(firstAtOrAfter(batch, 0, 11n)).toEqual({ offset: 101, timestamp: 30n })
    expect(firstAtOrAfter(batch, 0, 30n)).toEqual({ offset: 101, timestamp: 30n })
    expect(firstAtOrAfter(batch, 0, 31n)).toBeUndefined()
  })

  test('records before the start offset do not count', () => {
    expect(firstAtOrAfter(batch, 0, 15n, 102)).toEqual({ offset: 102, timestamp: 20n })
    expect(firstAtOrAfter(batch, 0, 15n, 104)).toBeUndefined()
  })

  test('the first of the latest records is the one with the largest timestamp', () => {
    expect(maxTimestampRecord(batch, 0)).toEqual({ offset: 101, timestamp: 30n })
  })
})

test('with log append time the first record answers for the whole batch', () => {
  const records = [10n, 30n].map((timestamp) => ({ timestamp }))
  const batch = buildBatch({ records, baseOffset: 7, timestampType: 'LogAppendTime', maxTimestamp: 500n })
  expect(firstAtOrAfter(batch, 0, 400n)).toEqual({ offset: 7, timestamp: 500n })
  expect(firstAtOrAfter(batch, 0, 501n)).toBeUndefined()
  expect(maxTimestampRecord(batch, 0)).toEqual({ offset: 7, timestamp: 500n })
})

test('a batch without timestamps has no latest record', () => {
  const batch = buildBatch({ records: [{}, {}], baseOffset: 7 })
  expect(maxTimestampRecord(batch, 0)).toBeUndefined()
  expect(firstAtOrAfter(batch, 0, 0n)).toBeUndefined()
})

test('a batch is searched where it stands in a larger buffer', () => {
  const first = buildBatch({ records: [{ timestamp: 1n }] })
  const second = buildBatch({ records: [{ timestamp: 2n }, { timestamp: 3n }], baseOffset: 1 })
  const both = Buffer.concat([first, second])
  expect(firstAtOrAfter(both, first.length, 3n)).toEqual({ offset: 2, timestamp: 3n })
  expect(maxTimestampRecord(both, first.length)).toEqual({ offset: 2, timestamp: 3n })
})
