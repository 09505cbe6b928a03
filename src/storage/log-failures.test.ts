import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { DiskError } from '../runtime/disk.ts'
import type { KafkaError } from '../wire/errors.ts'
import {
  batchOf,
  directoryWithLog,
  errorOf,
  fill,
  openDirectory,
  recordsFrom,
  testRuntime,
} from './log.fixture.ts'
import { defaultLogConfig } from './log-config.ts'

const unlimited = { maxBytes: 10_000_000, maxOffset: Number.MAX_SAFE_INTEGER, minOneBatch: true }
const batchBytes = batchOf(['0']).length

test('a full disk gives back what was accepted and not written, and takes appends again when there is room', async () => {
  const { log, runtime, directory } = await directoryWithLog()
  fill(log, 0, 3)
  runtime.clock.runDeferred()
  const usedBytes = 3 * batchBytes
  runtime.disk.capacityBytes = 0
  const lost: [error: KafkaError, end: number][] = []
  log.onLost = (error, end) => lost.push([error, end])
  log.append(batchOf(['x'], { producerId: 4, producerEpoch: 0, baseSequence: 0 }), { leaderEpoch: 0 })
  runtime.clock.runDeferred()
  expect(lost.map(([error, end]) => [error.error, end])).toEqual([['KAFKA_STORAGE_ERROR', 3]])
  expect([log.state, log.logEndOffset, log.sizeBytes]).toEqual(['open', 3, usedBytes])
  expect(await errorOf(() => fill(log, 3, 4))).toBe('KAFKA_STORAGE_ERROR')
  expect(await recordsFrom(log)).toHaveLength(3)
  runtime.disk.capacityBytes = 1e9
  await directory.runChores()
  const again = batchOf(['x'], { producerId: 4, producerEpoch: 0, baseSequence: 0 })
  expect(log.append(again, { leaderEpoch: 0 })).toMatchObject({ baseOffset: 3, duplicate: false })
})

test('appends are refused before the disk is quite full, reading and retention go on', async () => {
  const { log, runtime, directory } = await directoryWithLog({ retentionBytes: 0 })
  fill(log, 0, 3)
  runtime.clock.runDeferred()
  runtime.disk.capacityBytes = 1100
  await directory.runChores()
  expect(directory.isFull).toBe(false)
  runtime.disk.writeWhole('else', Buffer.alloc((runtime.disk.space()?.freeBytes ?? 0) - 109))
  await directory.runChores()
  expect([directory.isFull, await errorOf(() => fill(log, 3, 4))]).toEqual([true, 'KAFKA_STORAGE_ERROR'])
  expect(await recordsFrom(log)).toHaveLength(3)
  log.highWatermark = 3
  expect(log.applyRetention(0)).toBe(1)
})

test('a log whose sync fails is out of service, and tells those who wait', async () => {
  const { log, runtime } = await directoryWithLog({ flushMessages: 1 })
  const lost: string[] = []
  log.onLost = (error) => lost.push(error.error)
  runtime.disk.beforeOperation = (operation) => {
    if (operation === 'sync') throw new Error('the medium is gone')
  }
  fill(log, 0, 1)
  runtime.clock.runDeferred()
  expect(await errorOf(() => log.flush())).toBe('KAFKA_STORAGE_ERROR')
  expect([log.state, lost, log.writtenOffset]).toEqual(['failed', ['KAFKA_STORAGE_ERROR'], 0])
  expect(await errorOf(() => log.read(0, unlimited))).toBe('KAFKA_STORAGE_ERROR')
})

test('an append that can not look into the segment it goes to is refused, and the log is out of service', async () => {
  const { log, runtime, directory } = await directoryWithLog()
  fill(log, 0, 3)
  await directory.close()
  const reopened = (await openDirectory(runtime)).log(log.topic, log.partition)
  if (reopened === undefined) throw new Error('the log is gone')
  runtime.disk.beforeOperation = (operation, path) => {
    if (operation === 'read') throw new DiskError('IO', path, 'the medium is gone')
  }
  expect(await errorOf(() => fill(reopened, 3, 4))).toBe('KAFKA_STORAGE_ERROR')
  expect([reopened.state, reopened.logEndOffset]).toEqual(['failed', 3])
})

test('with flush.ms a record is on the medium after that time, without it after the next round', async () => {
  for (const [flushMs, kept] of [
    [50, 3],
    [defaultLogConfig.flushMs, 0],
  ] as const) {
    const { log, runtime } = await directoryWithLog({ flushMs })
    fill(log, 0, 3)
    runtime.clock.advance(49)
    expect(log.recoveryPoint).toBe(0)
    runtime.clock.advance(1)
    await nextTurn()
    expect(log.recoveryPoint).toBe(kept)
  }
})

test('a floor that is given counts instead of what suits the size of the disk', async () => {
  const { directory, runtime } = await directoryWithLog({}, testRuntime(), { freeFloorBytes: 5_000 })
  runtime.disk.capacityBytes = 1e12
  await directory.runChores()
  expect(directory.isFull).toBe(false)
  const { freeBytes = 0, totalBytes = 0 } = runtime.disk.space() ?? {}
  runtime.disk.capacityBytes = totalBytes - freeBytes + 4_999
  await directory.runChores()
  expect(directory.isFull).toBe(true)
})
