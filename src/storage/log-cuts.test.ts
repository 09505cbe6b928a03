import { expect, test } from 'vitest'
import {
  batchOf,
  directoryWithLog,
  eventsOf,
  fill,
  nextLife,
  openDirectory,
  recordsFrom,
} from './log.fixture.ts'

const batchBytes = batchOf(['0']).length

test('segments are closed by size, by the age of their records, and when asked', async () => {
  const { log } = await directoryWithLog({ segmentBytes: 2 * batchBytes, segmentMs: 1000 })
  fill(log, 0, 3)
  expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 2])
  log.updateConfig({ ...log.config, segmentBytes: 1_000_000 })
  fill(log, 3, 6, (index) => BigInt(5000 + index * 500))
  log.roll()
  log.roll()
  fill(log, 6, 9, (index) => BigInt(5000 + index * 600))
  expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 2, 6, 8])
})

test('a segment without timestamps is closed when it is old enough itself', async () => {
  const { log, runtime } = await directoryWithLog({ segmentMs: 1000 })
  fill(log, 0, 2)
  runtime.clock.advance(1001)
  fill(log, 2, 3)
  expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 2])
})

test('deleting records moves the start, and removes the segments that lie before it', async () => {
  const { log } = await directoryWithLog({ segmentBytes: 5 * batchBytes })
  fill(log, 0, 20)
  log.deleteRecordsBefore(12)
  expect([log.logStartOffset, log.segments[0]?.baseOffset]).toEqual([12, 10])
  log.deleteRecordsBefore(3)
  expect(log.logStartOffset).toBe(12)
  log.deleteRecordsBefore(20)
  expect([log.logStartOffset, log.logEndOffset, log.sizeBytes]).toEqual([20, 20, 0])
  fill(log, 20, 22)
  expect(await recordsFrom(log)).toEqual(['20=20', '21=21'])
})

test('retention by size keeps at least what it says', async () => {
  const { log, runtime } = await directoryWithLog({
    segmentBytes: 5 * batchBytes,
    retentionBytes: 11 * batchBytes,
  })
  fill(log, 0, 20)
  log.highWatermark = 20
  expect(log.applyRetention(runtime.clock.nowMs())).toBe(1)
  expect([log.logStartOffset, log.segments.length]).toEqual([5, 4])
})

test('retention by time goes by the youngest record of a segment, the active one included', async () => {
  const { log } = await directoryWithLog({ segmentBytes: 5 * batchBytes, retentionMs: 1000 })
  fill(log, 0, 12, (index) => BigInt(10_000 + index * 100))
  log.highWatermark = 12
  expect(log.applyRetention(11_400)).toBe(0)
  expect(log.applyRetention(11_401)).toBe(1)
  expect(log.logStartOffset).toBe(5)
  expect(log.applyRetention(20_000)).toBe(2)
  expect([log.logStartOffset, log.logEndOffset, log.segments.length]).toEqual([12, 12, 1])
})

test('retention takes nothing that is not below the high watermark', async () => {
  const { log } = await directoryWithLog({ segmentBytes: 5 * batchBytes, retentionBytes: 0 })
  fill(log, 0, 12)
  log.highWatermark = 9
  log.applyRetention(0)
  expect(log.logStartOffset).toBe(5)
})

test('a compacted topic without delete loses only what lies before its start', async () => {
  const { log } = await directoryWithLog({
    segmentBytes: 5 * batchBytes,
    retentionBytes: 0,
    deletes: false,
    compacts: true,
  })
  fill(log, 0, 12)
  log.highWatermark = 12
  expect(log.applyRetention(Number.MAX_SAFE_INTEGER)).toBe(0)
})

test('cutting the end lets other records take the offsets', async () => {
  const { log } = await directoryWithLog({ segmentBytes: 5 * batchBytes })
  fill(log, 0, 12)
  log.truncateTo(8)
  expect(log.logEndOffset).toBe(8)
  fill(log, 50, 52)
  expect((await recordsFrom(log)).slice(-3)).toEqual(['7=7', '8=50', '9=51'])
  log.truncateTo(100)
  expect(log.logEndOffset).toBe(10)
})

test('cutting within a batch cuts the whole batch', async () => {
  const { log } = await directoryWithLog()
  log.append(batchOf(['a', 'b']), { leaderEpoch: 0 })
  log.append(batchOf(['c', 'd', 'e']), { leaderEpoch: 0 })
  log.truncateTo(4)
  expect(log.logEndOffset).toBe(2)
})

test('a producer whose last batch was cut sends it again', async () => {
  const { log, runtime } = await directoryWithLog()
  const produce = (baseSequence: number): unknown =>
    log.append(batchOf(['x'], { producerId: 4, producerEpoch: 0, baseSequence }), { leaderEpoch: 0 })
  for (let sequence = 0; sequence < 5; sequence++) produce(sequence)
  runtime.clock.runDeferred()
  log.truncateTo(3)
  expect(produce(3)).toMatchObject({ baseOffset: 3, duplicate: false })
  expect(produce(1)).toMatchObject({ baseOffset: 1, duplicate: true })
})

test('after cutting everything the log begins anew where it is told', async () => {
  const { log } = await directoryWithLog()
  fill(log, 0, 5)
  log.truncateFully(1000)
  expect([log.logStartOffset, log.logEndOffset, log.latestEpoch]).toEqual([1000, 1000, undefined])
  fill(log, 7, 8)
  expect(await recordsFrom(log)).toEqual(['1000=7'])
})

test('a log that has lost all its records to retention goes on at its end, even after a kill', async () => {
  const { log, runtime } = await directoryWithLog({ retentionBytes: 0 })
  fill(log, 0, 5)
  runtime.clock.runDeferred()
  log.highWatermark = 5
  log.applyRetention(0)
  const reopened = eventsOf(await openDirectory(nextLife(runtime, runtime.disk.killProcess())))
  expect([reopened.logStartOffset, reopened.logEndOffset]).toEqual([5, 5])
})
