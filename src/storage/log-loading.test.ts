import { expect, test } from 'vitest'
import type { LogFields, Logger } from '../runtime/log.ts'
import type { MemoryDisk } from '../runtime/memory-disk.ts'
import {
  batchOf,
  directoryWithLog,
  errorOf,
  eventsOf,
  markerOf,
  nextLife,
  openDirectory,
  recordsFrom,
  type TestRuntime,
} from './log.fixture.ts'
import type { Log } from './log.ts'
import type { LogConfig } from './log-config.ts'
import type { LogDirectory, LogDirectoryOptions } from './log-directory.ts'

const FIRST_SEGMENT = 'events-0/00000000000000000000.log'

interface Opened {
  directory: LogDirectory
  log: Log
  lines: { message: string; fields: LogFields }[]
}

/** Opens the directory again, keeping what it logs. */
async function reopen(
  runtime: TestRuntime,
  disk: MemoryDisk,
  config: Partial<LogConfig> = {},
  options: Partial<LogDirectoryOptions> = {},
): Promise<Opened> {
  const lines: Opened['lines'] = []
  const keep = (fields: LogFields, message: string): void => void lines.push({ message, fields })
  const logger: Logger = { enabled: () => true, debug: keep, info: keep, warn: keep, error: keep }
  const directory = await openDirectory({ ...nextLife(runtime, disk), logger }, config, options)
  return { directory, log: eventsOf(directory), lines }
}

/** A log of `count` batches of one record each, written and not synced. */
async function logOf(
  count: number,
  config: Partial<LogConfig> = {},
): Promise<{ runtime: TestRuntime; log: Log; directory: LogDirectory }> {
  const opened = await directoryWithLog(config)
  for (let index = 0; index < count; index++)
    opened.log.append(batchOf([`value ${index}`], { producerId: 5, producerEpoch: 0, baseSequence: index }), {
      leaderEpoch: 1,
    })
  opened.runtime.clock.runDeferred()
  return opened
}

test('a last batch cut short at any byte is cut off, and its producer may send it again', async () => {
  const sizeBytes = batchOf(['value 0']).length
  for (let left = 0; left < sizeBytes; left++) {
    const { runtime } = await logOf(3)
    const disk = runtime.disk.killProcess()
    disk.openOrCreate(FIRST_SEGMENT).truncate(2 * sizeBytes + left)
    const { log, lines } = await reopen(runtime, disk)
    expect(log.logEndOffset).toBe(2)
    expect(disk.sizeOf(FIRST_SEGMENT)).toBe(2 * sizeBytes)
    const cut = lines.filter(({ message }) => message.startsWith('Cut off'))
    expect(cut.map(({ fields }) => fields.lostBytes)).toEqual(left === 0 ? [] : [left])
    const again = batchOf(['value 2'], { producerId: 5, producerEpoch: 0, baseSequence: 2 })
    expect(log.append(again, { leaderEpoch: 1 })).toMatchObject({ baseOffset: 2, duplicate: false })
    expect(await recordsFrom(log)).toEqual(['0=value 0', '1=value 1', '2=value 2'])
  }
})

test('zeros behind the last batch, as some file systems leave them, are cut off', async () => {
  const { runtime } = await logOf(3)
  const disk = runtime.disk.killProcess()
  const sizeBytes = disk.sizeOf(FIRST_SEGMENT) ?? 0
  disk.openOrCreate(FIRST_SEGMENT).writeSync([Buffer.alloc(300_000)], sizeBytes)
  const { log } = await reopen(runtime, disk)
  expect([log.state, log.logEndOffset, disk.sizeOf(FIRST_SEGMENT)]).toEqual(['open', 3, sizeBytes])
})

test('a flipped bit with valid batches behind it is damage: the log serves nothing, and nothing is cut', async () => {
  const { runtime } = await logOf(5)
  const disk = runtime.disk.killProcess()
  const sizeBytes = disk.sizeOf(FIRST_SEGMENT)
  disk.flipBit(FIRST_SEGMENT, batchOf(['value 0']).length + 65, 3)
  const { log, lines } = await reopen(runtime, disk)
  expect(log.state).toBe('quarantined')
  expect(log.damage).toMatch(/damaged at position \d+ \(offset 1\), with valid batches from position \d+ on/)
  expect(lines.map(({ message }) => message)).toContain('The log is damaged and not served.')
  expect(disk.sizeOf(FIRST_SEGMENT)).toBe(sizeBytes)
  expect(await errorOf(() => log.append(batchOf(['x']), { leaderEpoch: 1 }))).toBe('KAFKA_STORAGE_ERROR')
  expect(await errorOf(() => recordsFrom(log, 0))).toBe('KAFKA_STORAGE_ERROR')
})

test('a damaged length of a batch does not hide the valid batches behind it', async () => {
  const { runtime } = await logOf(5)
  const disk = runtime.disk.killProcess()
  disk.flipBit(FIRST_SEGMENT, batchOf(['value 0']).length + 10, 0)
  expect((await reopen(runtime, disk)).log.state).toBe('quarantined')
})

test('damage below the recovery point is damage even at the very end', async () => {
  const { runtime, log, directory } = await logOf(3)
  await log.flush()
  runtime.clock.advance(60_000)
  await directory.runChores()
  const disk = runtime.disk.killProcess()
  disk.flipBit(FIRST_SEGMENT, (disk.sizeOf(FIRST_SEGMENT) ?? 0) - 1, 0)
  const reopened = await reopen(runtime, disk)
  expect(reopened.log.damage).toMatch(/\(offset 2\), before the recovery point 3/)
})

test('a file that lost synced batches whole is damaged too', async () => {
  const { runtime, directory } = await logOf(3)
  runtime.clock.advance(60_000)
  await directory.runChores()
  const disk = runtime.disk.killProcess()
  disk.openOrCreate(FIRST_SEGMENT).truncate(batchOf(['value 0']).length)
  const { log } = await reopen(runtime, disk)
  expect(log.damage).toBe('the log ends at offset 1, before the recovery point 3')
})

test('a quarantined log stays so at the next start, and after a clean stop as well', async () => {
  const { runtime } = await logOf(5)
  const disk = runtime.disk.killProcess()
  disk.flipBit(FIRST_SEGMENT, 65, 3)
  const first = await reopen(runtime, disk)
  await first.directory.close()
  const second = await reopen(runtime, disk)
  expect(second.directory.wasClean).toBe(false)
  expect(second.log.state).toBe('quarantined')
})

test('with the loss accepted a damaged log is cut where it is damaged, which is logged', async () => {
  const { runtime } = await logOf(5)
  const disk = runtime.disk.killProcess()
  disk.flipBit(FIRST_SEGMENT, 2 * batchOf(['value 0']).length + 65, 3)
  const { log, lines } = await reopen(runtime, disk, {}, { acceptLoss: true })
  expect(await recordsFrom(log)).toEqual(['0=value 0', '1=value 1'])
  expect(lines.map(({ message }) => message)).toContain(
    'Cut a damaged log as told, with the valid batches behind the damage.',
  )
})

test('a quarantined log can be told to accept the loss while the broker runs', async () => {
  const { runtime } = await logOf(5)
  const disk = runtime.disk.killProcess()
  disk.flipBit(FIRST_SEGMENT, batchOf(['value 0']).length + 65, 3)
  const { log, directory } = await reopen(runtime, disk)
  const served = await directory.acceptLoss(log)
  expect(directory.log('events', 0)).toBe(served)
  expect(await recordsFrom(served)).toEqual(['0=value 0'])
  expect(served.append(batchOf(['after']), { leaderEpoch: 2 }).baseOffset).toBe(1)
})

test('one damaged log does not keep the others from being served', async () => {
  const { runtime, directory } = await logOf(5)
  const other = directory.createLog('other', 3, eventsOf(directory).topicId, eventsOf(directory).config)
  other.append(batchOf(['sound']), { leaderEpoch: 0 })
  runtime.clock.runDeferred()
  const disk = runtime.disk.killProcess()
  disk.flipBit(FIRST_SEGMENT, 65, 3)
  const reopened = await reopen(runtime, disk)
  const sound = reopened.directory.log('other', 3)
  expect(sound?.state).toBe('open')
  expect(reopened.log.state).toBe('quarantined')
})

test('missing or damaged index files are made again from the batches', async () => {
  const config = { segmentBytes: 1_500_000 }
  const { runtime, log, directory } = await directoryWithLog(config)
  for (let index = 0; index < 200; index++)
    log.append(batchOf([`${index}`.padEnd(20_000)]), { leaderEpoch: 1 })
  await directory.close()
  const { disk } = runtime
  const indexes = disk.list('events-0').filter(({ name }) => name.endsWith('index'))
  expect(indexes).toHaveLength(6)
  for (const [place, { name }] of indexes.entries()) {
    if (place % 2 === 0) disk.remove(`events-0/${name}`)
    else disk.writeWhole(`events-0/${name}`, 'no index')
  }
  const reopened = await reopen(runtime, disk, config)
  expect((await recordsFrom(reopened.log, 157))[0]?.trim()).toBe('157=157')
  expect(await recordsFrom(reopened.log)).toHaveLength(200)
})

test('an index from before the last appends is not there to be believed', async () => {
  const { runtime, log, directory } = await directoryWithLog()
  const append = (log: Log): unknown => log.append(batchOf(['x'.repeat(600_000)]), { leaderEpoch: 1 })
  append(log)
  append(log)
  await directory.close()
  const again = await reopen(runtime, runtime.disk)
  expect(runtime.disk.list('events-0').map(({ name }) => name)).toContain('00000000000000000000.index')
  append(again.log)
  expect(runtime.disk.list('events-0').map(({ name }) => name)).not.toContain('00000000000000000000.index')
})

test('without the summary of a clean stop the logs are the same, from the files alone', async () => {
  const config = { segmentBytes: 1000 }
  const { runtime, directory, log } = await logOf(50, config)
  await directory.close()
  runtime.disk.remove('.log-summary.json')
  const reopened = await reopen(runtime, runtime.disk, config)
  expect(reopened.log.logEndOffset).toBe(50)
  expect(reopened.log.topicId).toBe(log.topicId)
  expect(reopened.log.epochs.entries).toEqual([{ epoch: 1, startOffset: 0 }])
  expect(reopened.log.producers.get(5)?.lastSequence).toBe(49)
  expect(await recordsFrom(reopened.log)).toHaveLength(50)
})

test('a summary is not believed once another broker has stopped cleanly in the directory', async () => {
  const { runtime, directory } = await logOf(3)
  await directory.close()
  runtime.disk.replaceWhole('.kafka_cleanshutdown', '{"version":0,"brokerEpoch":11}')
  runtime.disk.replaceWhole('log-start-offset-checkpoint', '0\n1\nevents 0 2\n')
  const { log } = await reopen(runtime, runtime.disk)
  expect([log.logStartOffset, log.logEndOffset]).toEqual([2, 3])
})

test('what deletion and compaction have left behind is removed', async () => {
  const { runtime, directory } = await logOf(3)
  await directory.close()
  const { disk } = runtime
  disk.writeWhole('events-0/00000000000000000009.log.deleted', 'x')
  disk.writeWhole('events-0/00000000000000000009.log.cleaned', 'x')
  disk.makeFolder('gone-0.0123456789abcdef-delete')
  disk.remove('.log-summary.json')
  await (await reopen(runtime, disk)).directory.close()
  expect(disk.list('').filter(({ name }) => name.startsWith('gone'))).toEqual([])
  expect(disk.list('events-0').filter(({ name }) => /deleted|cleaned/.test(name))).toEqual([])
})

test('producers and transactions are known again after the process was killed', async () => {
  const { runtime, log } = await directoryWithLog({ segmentBytes: 400 })
  const produce = (producerId: number, baseSequence: number): void => {
    const batch = batchOf(['x'], { producerId, producerEpoch: 0, baseSequence, transactional: true })
    log.append(batch, { leaderEpoch: 0 })
  }
  for (let sequence = 0; sequence < 9; sequence++)
    for (const producerId of [1, 2, 3]) produce(producerId, sequence)
  log.append(markerOf(false, 1, 0, 4), { leaderEpoch: 0, origin: 'coordinator' })
  log.append(markerOf(true, 3, 0, 4), { leaderEpoch: 0, origin: 'coordinator' })
  runtime.clock.runDeferred()
  const { log: again } = await reopen(runtime, runtime.disk.killProcess(), { segmentBytes: 400 })
  expect(again.segments.length).toBeGreaterThan(3)
  expect([1, 2, 3].map((id) => again.producers.get(id)?.lastSequence)).toEqual([8, 8, 8])
  expect(again.lastStableOffset(again.logEndOffset)).toBe(1)
  expect(again.abortedTransactions(0, 100)).toEqual(log.abortedTransactions(0, 100))
  expect(again.abortedTransactions(0, 100)).toHaveLength(1)
})

test('a log start offset beyond what was recovered begins the log anew there', async () => {
  const { runtime, log, directory } = await logOf(5)
  log.deleteRecordsBefore(4)
  await directory.runChores()
  const disk = runtime.disk.killProcess()
  disk.openOrCreate(FIRST_SEGMENT).truncate(0)
  disk.remove('recovery-point-offset-checkpoint')
  const { log: again } = await reopen(runtime, disk)
  expect([again.state, again.logStartOffset, again.logEndOffset]).toEqual(['open', 4, 4])
})

test('retention reads no more of an old segment than its last timestamp', async () => {
  const config = { segmentBytes: 1_500_000, retentionMs: 1000 }
  const { runtime, log, directory } = await directoryWithLog(config)
  const append = (index: number): unknown =>
    log.append(batchOf([], { records: [{ value: Buffer.alloc(50_000), timestamp: BigInt(index) }] }), {
      leaderEpoch: 1,
    })
  for (let index = 0; index < 100; index++) append(index)
  await directory.close()
  const reopened = await reopen(runtime, runtime.disk, config)
  const read: string[] = []
  runtime.disk.beforeOperation = (operation, path) => void (operation === 'read' && read.push(path))
  reopened.log.highWatermark = 100
  expect(reopened.log.applyRetention(1030)).toBe(1)
  expect(read).toEqual(['events-0/00000000000000000000.timeindex', 'events-0/00000000000000000029.timeindex'])
})

test('an index that a flipped bit leads astray is made again, and reads find what they look for', async () => {
  const config = { segmentBytes: 1_500_000 }
  const { runtime, log, directory } = await directoryWithLog(config)
  for (let index = 0; index < 100; index++)
    log.append(batchOf([`${index}`.padEnd(20_000)]), { leaderEpoch: 1 })
  await directory.close()
  const index = 'events-0/00000000000000000000.index'
  const sound = runtime.disk.readWhole(index)
  // An offset, and a position.
  for (const at of [80 + 3, 80 + 7]) {
    runtime.disk.flipBit(index, at, 0)
    const reopened = await reopen(runtime, runtime.disk, config)
    for (const offset of [8, 9, 10, 11, 12, 13])
      expect((await recordsFrom(reopened.log, offset))[0]?.trim()).toBe(`${offset}=${offset}`)
    await reopened.directory.close()
    runtime.disk.writeWhole(index, sound ?? '')
  }
})

test('epochs that cannot be right are read from the batches', async () => {
  const { runtime, directory } = await logOf(3)
  await directory.close()
  runtime.disk.remove('.log-summary.json')
  runtime.disk.writeWhole('events-0/leader-epoch-checkpoint', '0\n2\n1 0\n0 2\n')
  const { log, lines } = await reopen(runtime, runtime.disk)
  expect(log.epochs.entries).toEqual([{ epoch: 1, startOffset: 0 }])
  expect(lines.map(({ message }) => message)).toContain(
    'The epochs are not whole and are read from the batches.',
  )
})

test('a log whose records end before its start offset is damaged, unless a power cut may have taken its end', async () => {
  const { runtime, directory } = await logOf(3)
  await directory.close()
  runtime.disk.remove('.log-summary.json')
  runtime.disk.writeWhole('log-start-offset-checkpoint', '0\n1\nevents 0 9\n')
  const { log } = await reopen(runtime, runtime.disk)
  expect(log.damage).toBe('the log ends at offset 3, before its start offset 9')
})

test('which transactions were aborted is known after a second death, though what tells it is not scanned again', async () => {
  const { runtime, log } = await directoryWithLog()
  log.append(batchOf(['x'], { producerId: 1, producerEpoch: 0, baseSequence: 0, transactional: true }), {
    leaderEpoch: 0,
  })
  log.append(markerOf(false, 1, 0, 4), { leaderEpoch: 0, origin: 'coordinator' })
  log.roll()
  log.append(batchOf(['y']), { leaderEpoch: 0 })
  runtime.clock.runDeferred()
  const disk = runtime.disk.killProcess()
  const once = await reopen(runtime, disk)
  runtime.clock.advance(60_000)
  await once.directory.runChores()
  expect(disk.readWhole('recovery-point-offset-checkpoint')?.toString()).toContain('events 0 3')
  const twice = await reopen(runtime, disk.killProcess())
  expect(twice.log.abortedTransactions(0, 9)).toHaveLength(1)
})
