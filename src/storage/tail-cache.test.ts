import { expect, test } from 'vitest'
import { collectGarbage } from '../runtime/collect-garbage.fixture.ts'
import { buildBatch } from '../wire/records/batch-builder.ts'
import { LogTail, TailCache } from './tail-cache.ts'

/** Batches large enough to have memory of their own, which the cache then keeps as it is. */
const value = Buffer.alloc(5_000)
const batchAt = (baseOffset: number) => buildBatch({ records: [{ value }], baseOffset })

/** Adds a batch, and returns only a reference that doesn't keep it. */
function add(tail: LogTail, offset: number): WeakRef<Buffer> {
  const bytes = batchAt(offset)
  tail.add(bytes, offset, offset + 1)
  tail.writtenOffset = offset + 1
  return new WeakRef(bytes)
}

test('the memory of batches that have left the cache is free', async () => {
  const tail = new LogTail(new TailCache(25_000), 0)
  const added = Array.from({ length: 20 }, (_, offset) => add(tail, offset))
  await collectGarbage()
  const kept = added.filter((reference) => reference.deref() !== undefined)
  expect(kept.length).toBeLessThanOrEqual(4)
  expect(tail.at(tail.find(19))?.bytes).toEqual(batchAt(19))
})

test('the memory of a log that was closed is free, whatever else is cached', async () => {
  const cache = new TailCache(1_000_000)
  const closed = new LogTail(cache, 0)
  const open = new LogTail(cache, 0)
  add(open, 0)
  const added = Array.from({ length: 5 }, (_, offset) => add(closed, offset))
  closed.clear()
  await collectGarbage()
  expect(added.filter((reference) => reference.deref() !== undefined)).toEqual([])
  expect(open.startOffset).toBe(0)
})

test('a batch that is cut in the middle of an entry leaves the ones before it', () => {
  const tail = new LogTail(new TailCache(1_000_000), 0)
  tail.add(Buffer.concat([batchAt(0), batchAt(1)]), 0, 2)
  tail.truncate(1)
  expect(tail.at(tail.find(0))).toMatchObject({ bytes: batchAt(0), baseOffset: 0, endOffset: 1 })
})

test('logs that come and go leave nothing behind in a cache that is never full', () => {
  const cache = new TailCache(100_000_000)
  const open = new LogTail(cache, 0)
  add(open, 0)
  for (let log = 0; log < 10_000; log++) {
    const closed = new LogTail(cache, 0)
    add(closed, 0)
    closed.clear()
  }
  expect(cache.listLength).toBeLessThan(3_000)
  add(open, 1)
  expect(open.startOffset).toBe(0)
  expect(open.at(open.find(1))?.bytes).toEqual(batchAt(1))
})

test('a small batch is kept without the large buffer that it came in', async () => {
  const tail = new LogTail(new TailCache(100_000_000), 0)
  const batch = buildBatch({ records: [{ value: Buffer.from('v') }] })
  const receive = (offset: number) => {
    const received = Buffer.alloc(64 * 1024)
    batch.copy(received, 100)
    tail.add(received.subarray(100, 100 + batch.length), offset, offset + 1)
    return new WeakRef(received.buffer)
  }
  const received = Array.from({ length: 2_000 }, (_, offset) => receive(offset))
  await collectGarbage()
  expect(received.filter((reference) => reference.deref() !== undefined)).toEqual([])
  for (const offset of [0, 1_234, 1_999]) expect(tail.at(tail.find(offset))?.bytes).toEqual(batch)
})
