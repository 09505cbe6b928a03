import { expect, test } from 'vitest'
import { readBaseOffset, readPartitionLeaderEpoch } from '../wire/records/batch-header.ts'
import { batchOf, directoryWithLog, errorOf, fill, markerOf, recordsFrom, recordsIn } from './log.fixture.ts'

const unlimited = { maxBytes: 10_000_000, maxOffset: Number.MAX_SAFE_INTEGER, minOneBatch: true }
const batchBytes = batchOf(['0']).length

test('an append gets the next offsets and the leader epoch, whatever the producer had put there', async () => {
  const { log } = await directoryWithLog()
  expect(log.append(batchOf(['a', 'b']), { leaderEpoch: 3 })).toEqual({
    baseOffset: 0,
    lastOffset: 1,
    logAppendTimeMs: -1,
    logStartOffset: 0,
    duplicate: false,
  })
  const second = batchOf(['c'], { baseOffset: 77, leaderEpoch: 1 })
  expect(log.append(second, { leaderEpoch: 3 })).toMatchObject({ baseOffset: 2, lastOffset: 2 })
  expect([readBaseOffset(second, 0), readPartitionLeaderEpoch(second, 0)]).toEqual([2, 3])
  expect(await recordsFrom(log)).toEqual(['0=a', '1=b', '2=c'])
})

test('an append with log append time tells the time', async () => {
  const { log } = await directoryWithLog()
  const batch = batchOf(['a'], { timestampType: 'LogAppendTime', maxTimestamp: 1234n })
  expect(log.append(batch, { leaderEpoch: 0 }).logAppendTimeMs).toBe(1234)
})

test('a duplicate is answered with the original offset, and nothing is appended', async () => {
  const { log } = await directoryWithLog()
  fill(log, 0, 4)
  const produce = (): unknown =>
    log.append(batchOf(['a', 'b'], { producerId: 9, producerEpoch: 0, baseSequence: 0 }), { leaderEpoch: 0 })
  expect(produce()).toMatchObject({ baseOffset: 4, lastOffset: 5, duplicate: false })
  fill(log, 6, 8)
  expect(produce()).toMatchObject({ baseOffset: 4, lastOffset: 5, duplicate: true })
  expect(log.logEndOffset).toBe(8)
})

test('a refused append leaves the log as it was', async () => {
  const { log } = await directoryWithLog()
  const produce = (baseSequence: number): unknown =>
    log.append(batchOf(['a'], { producerId: 9, producerEpoch: 0, baseSequence }), { leaderEpoch: 5 })
  produce(0)
  expect(await errorOf(() => produce(3))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect([log.logEndOffset, log.sizeBytes]).toEqual([1, batchBytes])
})

test('a batch larger than a segment is refused', async () => {
  const { log } = await directoryWithLog({ segmentBytes: 100 })
  expect(await errorOf(() => log.append(batchOf(['x'.repeat(100)]), { leaderEpoch: 0 }))).toBe(
    'RECORD_LIST_TOO_LARGE',
  )
})

test('onWritten is called once for all appends of a turn', async () => {
  const { log, runtime } = await directoryWithLog()
  const told: number[] = []
  log.onWritten = (offset) => told.push(offset)
  fill(log, 0, 2)
  expect([told, log.writtenOffset, log.logEndOffset]).toEqual([[], 0, 2])
  runtime.clock.runDeferred()
  expect([told, log.writtenOffset]).toEqual([[2], 2])
})

test('with flush.messages at 1 an append counts as written once it is synced, and syncs are shared', async () => {
  const { log, runtime } = await directoryWithLog({ flushMessages: 1 })
  let syncs = 0
  let letGo = (): void => undefined
  runtime.disk.delay = (operation, path) => {
    if (operation !== 'sync' || !path.endsWith('.log')) return undefined
    syncs++
    return new Promise((resolve) => {
      letGo = resolve
    })
  }
  const told: [offset: number, safe: number][] = []
  const all = new Promise<void>((resolve) => {
    log.onWritten = (offset) => {
      told.push([offset, log.recoveryPoint])
      if (offset === 6) resolve()
    }
  })
  for (let index = 0; index < 6; index++) {
    fill(log, index, index + 1)
    runtime.clock.runDeferred()
  }
  expect([log.writtenOffset, syncs]).toEqual([0, 1])
  letGo()
  runtime.disk.delay = () => undefined
  runtime.disk.beforeOperation = (operation, path) => {
    if (operation === 'sync' && path.endsWith('.log')) syncs++
  }
  await all
  expect(syncs).toBe(3)
  for (const [offset, safe] of told) expect(safe).toBeGreaterThanOrEqual(offset)
})

test('an offset within a batch gives the whole batch', async () => {
  const { log } = await directoryWithLog()
  log.append(batchOf(['a', 'b', 'c']), { leaderEpoch: 0 })
  expect(recordsIn(await log.read(1, unlimited))).toEqual(['0=a', '1=b', '2=c'])
})

test.each(['memory', 'file'])('reading from %s keeps to the limits', async (from) => {
  const { log, runtime } = await directoryWithLog({}, undefined, {
    tailCacheBytes: from === 'memory' ? 1e6 : 0,
  })
  fill(log, 0, 10)
  runtime.clock.runDeferred()
  // The cache lets go of the last ones only when others come.
  if (from === 'file') fill(log, 10, 11)
  runtime.clock.runDeferred()
  const read = async (offset: number, limits: Partial<typeof unlimited>): Promise<string[]> => {
    const slice = await log.read(offset, { ...unlimited, ...limits })
    const records = recordsIn(slice)
    expect(slice.startOffset).toBe(records.length > 0 ? Number(records[0]?.split('=')[0]) : offset)
    expect(slice.endOffset).toBe(slice.startOffset + records.length)
    slice.release()
    return records
  }
  expect(await read(2, { maxBytes: 3 * batchBytes })).toEqual(['2=2', '3=3', '4=4'])
  expect(await read(2, { maxBytes: 4 * batchBytes - 1 })).toEqual(['2=2', '3=3', '4=4'])
  expect(await read(2, { maxBytes: 1 })).toEqual(['2=2'])
  expect(await read(2, { maxBytes: 1, minOneBatch: false })).toEqual([])
  expect(await read(2, { maxBytes: 0 })).toEqual(['2=2'])
  expect(await read(2, { maxOffset: 4 })).toEqual(['2=2', '3=3'])
  expect(await read(4, { maxOffset: 4 })).toEqual([])
  expect(await read(5, { maxOffset: 4 })).toEqual([])
})

test('reading at the end gives nothing, beyond it or before the start is out of range', async () => {
  const { log } = await directoryWithLog()
  expect((await log.read(0, unlimited)).sizeBytes).toBe(0)
  fill(log, 0, 5)
  log.deleteRecordsBefore(2)
  expect((await log.read(5, unlimited)).sizeBytes).toBe(0)
  expect(await errorOf(() => log.read(6, unlimited))).toBe('OFFSET_OUT_OF_RANGE')
  expect(await errorOf(() => log.read(1, unlimited))).toBe('OFFSET_OUT_OF_RANGE')
})

test('a batch much larger than the read is found behind small ones in the file', async () => {
  const { log, runtime } = await directoryWithLog({}, undefined, { tailCacheBytes: 0 })
  fill(log, 0, 3)
  log.append(batchOf(['x'.repeat(300_000)]), { leaderEpoch: 0 })
  fill(log, 4, 6)
  runtime.clock.runDeferred()
  await log.store.writer.whenIdle()
  fill(log, 6, 8)
  runtime.clock.runDeferred()
  const slice = await log.read(3, { ...unlimited, maxBytes: 100 })
  expect([slice.startOffset, slice.endOffset]).toEqual([3, 4])
})

test('many small appends come as one chunk', async () => {
  const { log } = await directoryWithLog()
  fill(log, 0, 1000)
  const slice = await log.read(0, unlimited)
  expect(slice.chunks).toHaveLength(1)
  expect(slice.endOffset).toBe(1000)
})

test('readable bytes are told without reading', async () => {
  const { log, runtime } = await directoryWithLog({ segmentBytes: 20 * batchBytes, indexIntervalBytes: 1 })
  fill(log, 0, 50)
  runtime.clock.runDeferred()
  runtime.disk.beforeOperation = (operation, path) => {
    throw new Error(`${operation} ${path}`)
  }
  expect(log.readableBytes(0, 50)).toBe(log.sizeBytes)
  expect(log.readableBytes(50, 50)).toBe(0)
  const part = log.readableBytes(10, 40)
  expect(Math.abs(part - 30 * batchBytes)).toBeLessThan(4 * batchBytes)
})

test('the first record late enough is found, with the epoch that it was written in', async () => {
  const { log } = await directoryWithLog({ segmentBytes: 5 * batchBytes, indexIntervalBytes: 1 })
  const times = [10n, 30n, 20n, 40n, 40n, 15n, 60n, 50n]
  for (const [index, timestamp] of times.entries())
    log.append(batchOf([], { records: [{ timestamp }, { timestamp: timestamp + 1n }] }), {
      leaderEpoch: index,
    })
  expect(await log.offsetForTimestamp(0n)).toEqual({ offset: 0, timestamp: 10n, leaderEpoch: 0 })
  expect(await log.offsetForTimestamp(31n)).toEqual({ offset: 3, timestamp: 31n, leaderEpoch: 1 })
  expect(await log.offsetForTimestamp(32n)).toEqual({ offset: 6, timestamp: 40n, leaderEpoch: 3 })
  expect(await log.offsetForTimestamp(61n)).toEqual({ offset: 13, timestamp: 61n, leaderEpoch: 6 })
  expect(await log.offsetForTimestamp(62n)).toBe(undefined)
  expect(await log.offsetOfMaxTimestamp()).toEqual({ offset: 13, timestamp: 61n, leaderEpoch: 6 })
  log.deleteRecordsBefore(14)
  expect(await log.offsetForTimestamp(0n)).toEqual({ offset: 14, timestamp: 50n, leaderEpoch: 7 })
  expect(await log.offsetOfMaxTimestamp()).toEqual({ offset: 15, timestamp: 51n, leaderEpoch: 7 })
})

test('an empty log has no record for any time', async () => {
  const { log } = await directoryWithLog()
  expect([await log.offsetForTimestamp(0n), await log.offsetOfMaxTimestamp()]).toEqual([undefined, undefined])
})

test('a follower takes batches as the leader wrote them, gaps included, and no damaged or earlier ones', async () => {
  const { log } = await directoryWithLog()
  log.appendReplicated(
    Buffer.concat([
      batchOf(['a', 'b'], { baseOffset: 0, leaderEpoch: 2 }),
      batchOf(['c'], { baseOffset: 7, leaderEpoch: 4 }),
    ]),
  )
  expect(log.epochs.entries).toEqual([
    { epoch: 2, startOffset: 0 },
    { epoch: 4, startOffset: 7 },
  ])
  expect(await recordsFrom(log)).toEqual(['0=a', '1=b', '7=c'])
  expect(await errorOf(() => log.appendReplicated(batchOf(['d'], { baseOffset: 7 })))).toBe(
    'OFFSET_OUT_OF_RANGE',
  )
  const damaged = batchOf(['d'], { baseOffset: 8 })
  damaged.writeUInt8(damaged.readUInt8(65) ^ 1, 65)
  expect(await errorOf(() => log.appendReplicated(damaged))).toBe('CORRUPT_MESSAGE')
  expect(await errorOf(() => log.appendReplicated(batchOf(['d'], { baseOffset: 8 }).subarray(0, 60)))).toBe(
    'CORRUPT_MESSAGE',
  )
  expect(log.logEndOffset).toBe(8)
})

test('the first replicated batch may lie further ahead than a segment reaches', async () => {
  const { log } = await directoryWithLog()
  log.appendReplicated(batchOf(['far'], { baseOffset: 2 ** 33 }))
  expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([2 ** 33])
  expect(await recordsFrom(log, 2 ** 33)).toEqual([`${2 ** 33}=far`])
})

test('read_committed ends where the oldest open transaction begins, and aborts are listed by their first offset', async () => {
  const { log } = await directoryWithLog({ segmentBytes: 300 })
  const produce = (producerId: number, baseSequence: number): unknown =>
    log.append(batchOf(['x'], { producerId, producerEpoch: 0, baseSequence, transactional: true }), {
      leaderEpoch: 0,
    })
  const end = (producerId: number): unknown =>
    log.append(markerOf(false, producerId, 0, 1), { leaderEpoch: 0, origin: 'coordinator' })
  produce(1, 0)
  produce(2, 0)
  produce(1, 1)
  expect(log.lastStableOffset(2)).toBe(0)
  end(2)
  end(1)
  expect(log.lastStableOffset(log.logEndOffset)).toBe(5)
  const aborted = log.abortedTransactions(0, 5)
  expect(aborted.map(({ producerId, firstOffset }) => [producerId, firstOffset])).toEqual([
    [1, 0],
    [2, 1],
  ])
  expect(log.abortedTransactions(4, 5).map(({ producerId }) => producerId)).toEqual([1])
})
