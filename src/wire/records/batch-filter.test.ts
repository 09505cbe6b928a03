import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codecNames } from '../compression/codec.ts'
import { crc32c } from '../crc32c.ts'
import { buildBatch } from './batch-builder.ts'
import { emptiedBatch, retainRecords } from './batch-filter.ts'
import {
  CRC_START,
  codecOf,
  hasDeleteHorizon,
  readAttributes,
  readBaseSequence,
  readBaseTimestamp,
  readCrc,
  readLastOffset,
  readMaxTimestamp,
  readProducerId,
} from './batch-header.ts'
import { recordsOf } from './record-iteration.ts'

const records = [50n, 90n, 70n, 60n].map((timestamp, index) => ({
  timestamp,
  key: Buffer.from(`key-${index}`),
  value: Buffer.from('v'.repeat(index)),
  headers: [{ key: 'h', value: Buffer.from([index]) }],
}))
const fields = { records, baseOffset: 100, producerId: 9, producerEpoch: 1, baseSequence: 33, leaderEpoch: 4 }

test.each(codecNames)('what is kept keeps its offset, time, key, value and headers: %s', (codec) => {
  const batch = buildBatch({ ...fields, codec })
  const kept = retainRecords(batch, 0, (_walker, offset) => offset !== 101 && offset !== 103)
  if (kept === undefined) throw new Error('nothing kept')
  expect([...recordsOf(kept)]).toEqual([...recordsOf(batch)].filter(({ offset }) => offset % 2 === 0))
  expect(readLastOffset(kept, 0)).toBe(103)
  expect(readMaxTimestamp(kept, 0)).toBe(70n)
  expect([readProducerId(kept, 0), readBaseSequence(kept, 0)]).toEqual([9, 33])
  expect(codecNames[codecOf(readAttributes(kept, 0))]).toBe(codec)
  expect(readCrc(kept, 0)).toBe(crc32c(kept, CRC_START))
})

test('a batch of which everything is kept is not written anew', () => {
  const batch = buildBatch(fields)
  const both = Buffer.concat([buildBatch({ records: [{}] }), batch])
  const kept = retainRecords(both, both.length - batch.length, () => true)
  expect(kept?.buffer).toBe(both.buffer)
  expect(kept).toEqual(batch)
})

test('records are chosen by their keys', () => {
  const kept = retainRecords(buildBatch(fields), 0, ({ bytes, keyAt, keyLength }) =>
    Buffer.from(bytes.subarray(keyAt, keyAt + keyLength)).equals(Buffer.from('key-2')),
  )
  if (kept === undefined) throw new Error('nothing kept')
  expect([...recordsOf(kept)].map(({ offset }) => offset)).toEqual([102])
})

test('with log append time the time of the append stays', () => {
  const batch = buildBatch({ ...fields, timestampType: 'LogAppendTime', maxTimestamp: 500n })
  const kept = retainRecords(batch, 0, (_walker, offset) => offset === 100)
  if (kept === undefined) throw new Error('nothing kept')
  expect([...recordsOf(kept)].map(({ timestamp }) => timestamp)).toEqual([500n])
})

test('a delete horizon takes the base timestamp’s place and leaves the records’ times alone', () => {
  const horizon = fc.bigInt({ min: 0n, max: 2n ** 50n })
  fc.assert(
    fc.property(horizon, fc.constantFrom(...codecNames), (deleteHorizonMs, codec) => {
      const batch = buildBatch({ ...fields, codec })
      const kept = retainRecords(batch, 0, () => true, deleteHorizonMs)
      if (kept === undefined) throw new Error('nothing kept')
      expect(hasDeleteHorizon(readAttributes(kept, 0))).toBe(true)
      expect(readBaseTimestamp(kept, 0)).toBe(deleteHorizonMs)
      expect([...recordsOf(kept)]).toEqual([...recordsOf(batch)])
      const again = retainRecords(kept, 0, (_walker, offset) => offset > 100)
      if (again === undefined) throw new Error('nothing kept')
      expect(readBaseTimestamp(again, 0)).toBe(deleteHorizonMs)
      expect([...recordsOf(again)]).toEqual([...recordsOf(batch)].slice(1))
    }),
    { numRuns: 30 },
  )
})

test('a batch left without records can stay as a header that tells its producer and last offset', () => {
  const batch = buildBatch({ ...fields, codec: 'gzip' })
  expect(retainRecords(batch, 0, () => false)).toBeUndefined()
  const empty = emptiedBatch(batch, 0)
  expect(empty).toHaveLength(61)
  expect([...recordsOf(empty)]).toEqual([])
  expect(readLastOffset(empty, 0)).toBe(103)
  expect(readMaxTimestamp(empty, 0)).toBe(90n)
  expect(readBaseTimestamp(empty, 0)).toBe(-1n)
  expect([readProducerId(empty, 0), readBaseSequence(empty, 0)]).toEqual([9, 33])
  expect(codecOf(readAttributes(empty, 0))).toBe(0)
  expect(readCrc(empty, 0)).toBe(crc32c(empty, CRC_START))
})
