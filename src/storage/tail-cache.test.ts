import { expect, test } from 'vitest'
import { BufferPool } from '../runtime/buffer-pool.ts'
import { collectGarbage } from '../runtime/collect-garbage.fixture.ts'
import { buildBatch } from '../wire/records/batch-builder.ts'
import { LogTail, TailCache } from './tail-cache.ts'

const pool = new BufferPool(1_000_000)

/** Batches large enough to have memory of their own, which the cache then keeps as it is. */
const value = Buffer.alloc(5_000)
const batchAt = (baseOffset: number) => buildBatch({ records: [{ value }], baseOffset })

/** Adds a batch, and returns only a reference that doesn't keep it. */
function add(tail: LogTail, offset: number): WeakRef<Buffer> {
  const bytes = batchAt(offset)
  tail.add(tail.own(bytes), offset, offset + 1)
  tail.writtenOffset = offset + 1
  return new WeakRef(bytes)
}

test('the memory of batches that have left the cache is free', async () => {
  const tail = new LogTail(new TailCache(25_000, pool), 0)
  const added = Array.from({ length: 20 }, (_, offset) => add(tail, offset))
  await collectGarbage()
  const kept = added.filter((reference) => reference.deref() !== undefined)
  expect(kept.length).toBeLessThanOrEqual(4)
  expect(tail.at(tail.find(19))?.bytes).toEqual(batchAt(19))
})

test('the memory of a log that was closed is free, whatever else is cached', async () => {
  const cache = new TailCache(1_000_000, pool)
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
  const tail = new LogTail(new TailCache(1_000_000, pool), 0)
  tail.add(tail.own(Buffer.concat([batchAt(0), batchAt(1)])), 0, 2)
  tail.truncate(1)
  expect(tail.at(tail.find(0))).toMatchObject({ bytes: batchAt(0), baseOffset: 0, endOffset: 1 })
})

test('logs that come and go leave nothing behind in a cache that is never full', () => {
  const cache = new TailCache(100_000_000, pool)
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
  const tail = new LogTail(new TailCache(100_000_000, pool), 0)
  const batch = buildBatch({ records: [{ value: Buffer.from('v') }] })
  const receive = (offset: number) => {
    const received = Buffer.alloc(64 * 1024)
    batch.copy(received, 100)
    tail.add(tail.own(received.subarray(100, 100 + batch.length)), offset, offset + 1)
    return new WeakRef(received.buffer)
  }
  const received = Array.from({ length: 2_000 }, (_, offset) => receive(offset))
  await collectGarbage()
  expect(received.filter((reference) => reference.deref() !== undefined)).toEqual([])
  for (const offset of [0, 1_234, 1_999]) expect(tail.at(tail.find(offset))?.bytes).toEqual(batch)
})

/** A batch in memory of the pool, and whether that memory may be used for something else by now. */
function lentBatch(pool: BufferPool, offset: number) {
  const batch = buildBatch({ records: [{ value: Buffer.alloc(60_000, offset) }], baseOffset: offset })
  const bytes = pool.take(batch.length).subarray(0, batch.length)
  batch.copy(bytes)
  return { bytes, isFree: () => !pool.isLent(bytes) }
}

test('the memory of a large batch is used again once it has left the cache', () => {
  const pool = new BufferPool(1_000_000)
  const tail = new LogTail(new TailCache(150_000, pool), 0)
  const batches = [0, 1, 2].map((offset) => lentBatch(pool, offset))
  for (const [offset, { bytes }] of batches.entries()) {
    tail.writtenOffset = offset
    tail.add(tail.own(bytes), offset, offset + 1)
  }
  expect(batches.map(({ isFree }) => isFree())).toEqual([true, false, false])
})

test('the memory of a batch that somebody still reads is not used for something else', () => {
  const pool = new BufferPool(1_000_000)
  const tail = new LogTail(new TailCache(100_000, pool), 0)
  const [first, second] = [lentBatch(pool, 0), lentBatch(pool, 1)]
  tail.add(tail.own(first.bytes), 0, 1)
  tail.writtenOffset = 1
  const lease = tail.at(tail.find(0))?.lease
  lease?.hold()
  tail.add(tail.own(second.bytes), 1, 2)
  expect(first.isFree()).toBe(false)
  lease?.letGo()
  expect(first.isFree()).toBe(true)
})

test('the memory of a batch that is not written yet is not used for something else', () => {
  const pool = new BufferPool(1_000_000)
  const tail = new LogTail(new TailCache(10, pool), 0)
  const { bytes, isFree } = lentBatch(pool, 0)
  tail.add(tail.own(bytes), 0, 1)
  expect(isFree()).toBe(false)
})

test('small batches share blocks, which are used again when the last of theirs has left', () => {
  const pool = new BufferPool(10_000_000)
  const tail = new LogTail(new TailCache(300_000, pool), 0)
  const batch = buildBatch({ records: [{ value: Buffer.alloc(1_000) }] })
  const received = Buffer.alloc(8_192)
  batch.copy(received)
  for (let offset = 0; offset < 1_000; offset++) {
    tail.writtenOffset = offset
    tail.add(tail.own(received.subarray(0, batch.length)), offset, offset + 1)
    expect(tail.at(tail.find(offset))?.bytes.equals(batch)).toBe(true)
  }
  expect(pool.keptBytes).toBeLessThanOrEqual(64 * 1024)
})
