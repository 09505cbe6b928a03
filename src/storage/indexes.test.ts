import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OffsetIndex } from './offset-index.ts'
import { TimeIndex } from './time-index.ts'
import { decodeTransactionIndex, encodeTransactionIndex } from './transaction-index.ts'

/** Index files of a segment with base offset 500 that Apache Kafka 4.4 wrote. */
const kafkaOffsetIndex =
  '0000006300018ab10000009500031562000000c70004a013000000f900062ac40000012b0007b5750000015d000940260000018f000acad7000001c1000c5588000001f3000de039'

function rising(values: readonly number[]): number[] {
  return [...new Set(values)].sort((one, other) => one - other)
}

test('the offset index finds the last batch that ends at or before an offset, as a linear search does', () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1 })
  fc.assert(
    fc.property(numbers, fc.integer({ min: 0, max: 6000 }), (values, target) => {
      const offsets = rising(values)
      const index = new OffsetIndex(100)
      for (const [place, offset] of offsets.entries()) index.append(100 + offset, place * 10)
      const expected = offsets.findLastIndex((offset) => offset <= target)
      expect(index.lookup(100 + target)).toBe(Math.max(expected, 0) * 10)
    }),
  )
})

test('the offset index tells where the next batch begins, and the last up to a position', () => {
  const index = new OffsetIndex(100)
  expect([index.nextPosition(100), index.beginningUpTo(1000)]).toEqual([undefined, 0])
  index.append(110, 50)
  index.append(120, 90)
  expect([109, 110, 119, 120].map((offset) => index.nextPosition(offset))).toEqual([50, 90, 90, undefined])
  expect([49, 50, 89, 90, 1000].map((position) => index.beginningUpTo(position))).toEqual([0, 50, 50, 90, 90])
})

test('an offset index is the same after writing and reading', () => {
  const bytes = Buffer.from(kafkaOffsetIndex, 'hex')
  const index = OffsetIndex.decode(bytes, 500, 10_000_000)
  expect(index?.count).toBe(9)
  expect(index?.lookup(500 + 0x63)).toBe(0x018ab1)
  expect(index?.lookup(500 + 0x62)).toBe(0)
  expect(index?.encode()).toEqual(bytes)
})

test('an offset index that is out of order, too long for its segment, or cut off is not believed', () => {
  const bytes = Buffer.from(kafkaOffsetIndex, 'hex')
  expect(OffsetIndex.decode(bytes, 500, 0x0de039)).toBe(undefined)
  expect(OffsetIndex.decode(bytes.subarray(0, 13), 500, 10_000_000)).toBe(undefined)
  expect(OffsetIndex.decode(Buffer.concat([bytes, bytes.subarray(0, 8)]), 500, 10_000_000)).toBe(undefined)
  // Kafka makes the file of an active segment 10 MiB long; a crash leaves zeros behind the entries.
  expect(OffsetIndex.decode(Buffer.concat([bytes, Buffer.alloc(16)]), 500, 10_000_000)).toBe(undefined)
})

test('cutting a segment takes the entries of what is cut', () => {
  const index = OffsetIndex.decode(Buffer.from(kafkaOffsetIndex, 'hex'), 500, 10_000_000)
  index?.truncateToPosition(0x04a013)
  expect(index?.lastPosition).toBe(0x031562)
})

test('an index is full when another entry would not fit', () => {
  const offset = new OffsetIndex(0)
  const time = new TimeIndex(0)
  expect([offset.isFull(16), time.isFull(36)]).toEqual([false, false])
  offset.append(0, 0)
  time.append(1n, 0)
  expect([offset.isFull(16), time.isFull(36)]).toEqual([false, false])
  offset.append(1, 100)
  time.append(2n, 1)
  // The time index keeps room for the entry that closes the segment.
  expect([offset.isFull(16), time.isFull(36)]).toEqual([true, true])
})

test('the time index never leads past the first record that is late enough', () => {
  const records = fc.array(fc.bigInt({ min: -5n, max: 1000n }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(records, fc.bigInt({ min: -10n, max: 1100n }), (timestamps, target) => {
      const index = new TimeIndex(1000)
      let max = timestamps[0] ?? 0n
      let maxAt = 0
      for (const [offset, timestamp] of timestamps.entries()) {
        if (timestamp > max) {
          max = timestamp
          maxAt = offset
        }
        if (offset % 3 === 0) index.append(max, 1000 + maxAt)
      }
      const first = timestamps.findIndex((timestamp) => timestamp >= target)
      expect(index.lookup(target)).toBeLessThanOrEqual(1000 + (first === -1 ? timestamps.length : first))
      const again = TimeIndex.decode(index.encode(), 1000, 1000 + timestamps.length)
      expect(again?.encode()).toEqual(index.encode())
      expect(again?.lookup(target)).toBe(index.lookup(target))
    }),
  )
})

test('a time index out of order, or with offsets beyond its segment, is not believed', () => {
  const index = new TimeIndex(10)
  index.append(5n, 12)
  index.append(6n, 13)
  const bytes = index.encode()
  expect(TimeIndex.decode(bytes, 10, 14)?.count).toBe(2)
  expect(TimeIndex.decode(bytes, 10, 13)).toBe(undefined)
  expect(TimeIndex.decode(Buffer.concat([bytes, bytes]), 10, 14)).toBe(undefined)
  expect(TimeIndex.decode(bytes.subarray(1), 10, 14)).toBe(undefined)
})

test('a timestamp no larger than the last is not entered', () => {
  const index = new TimeIndex(0)
  index.append(5n, 1)
  index.append(5n, 2)
  index.append(4n, 3)
  expect(index.last).toEqual({ timestamp: 5n, offset: 1 })
  index.truncateToOffset(1)
  expect(index.last).toBe(undefined)
})

test('a transaction index keeps aborted transactions in the order of their markers', () => {
  const entries = [
    { producerId: 1000, firstOffset: 5, lastOffset: 9, lastStableOffset: 3 },
    { producerId: 2 ** 40, firstOffset: 3, lastOffset: 12, lastStableOffset: 13 },
  ]
  const bytes = encodeTransactionIndex(entries)
  expect(bytes.length).toBe(68)
  expect(decodeTransactionIndex(bytes)).toEqual(entries)
  expect(decodeTransactionIndex(bytes.subarray(1))).toBe(undefined)
})
