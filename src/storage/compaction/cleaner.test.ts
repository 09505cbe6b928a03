import { expect, test } from 'vitest'
import { silentLogger } from '../../runtime/log.ts'
import { injectedFailure, MemoryDisk } from '../../runtime/memory-disk.ts'
import { nextLife, openDirectory, testRuntime } from '../log.fixture.ts'
import { type Compacted, commit, compactedLog, put, recordsOfLog } from './compaction.fixture.ts'

async function turns(count = 200): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function pass(compacted: Compacted, ms: number): Promise<void> {
  compacted.runtime.clock.advance(ms)
  await turns()
}

async function twoSegments(compacted: Compacted): Promise<void> {
  put(compacted, ['a=1', 'a=2'])
  await commit(compacted)
  put(compacted, ['b=1'])
  compacted.runtime.clock.runDeferred()
  compacted.log.highWatermark = compacted.log.writtenOffset
}

test('a log is compacted a moment after it has turned cleanable', async () => {
  const compacted = await compactedLog({}, { eager: true })
  await twoSegments(compacted)
  await pass(compacted, 50)
  expect(await recordsOfLog(compacted.log)).toEqual(['1:a=2', '2:b=1'])
})

test('as Kafka does it, a log waits for the next round', async () => {
  const compacted = await compactedLog({}, { eager: false, backoffMs: 15_000 })
  await twoSegments(compacted)
  await pass(compacted, 14_000)
  expect(await recordsOfLog(compacted.log)).toHaveLength(3)
  await pass(compacted, 1_000)
  expect(await recordsOfLog(compacted.log)).toHaveLength(2)
})

test('a log that a lag keeps from being compacted is compacted when the lag is over', async () => {
  const compacted = await compactedLog({ minCompactionLagMs: 3_000 }, { eager: true })
  await twoSegments(compacted)
  await pass(compacted, 100)
  expect(await recordsOfLog(compacted.log)).toHaveLength(3)
  await pass(compacted, 3_000)
  expect(await recordsOfLog(compacted.log)).toHaveLength(2)
})

test('a log that its topic has compacted from now on is looked at', async () => {
  const compacted = await compactedLog({ compacts: false }, { eager: true })
  await twoSegments(compacted)
  await pass(compacted, 100)
  expect(await recordsOfLog(compacted.log)).toHaveLength(3)
  compacted.log.updateConfig({ ...compacted.log.config, compacts: true })
  await pass(compacted, 100)
  expect(await recordsOfLog(compacted.log)).toHaveLength(2)
})

test('nothing is compacted while the cleaner is turned off', async () => {
  const compacted = await compactedLog({}, { eager: true, enabled: false })
  await twoSegments(compacted)
  await pass(compacted, 100_000)
  expect(await recordsOfLog(compacted.log)).toHaveLength(3)
})

test('old segments of a log that is compacted and deleted go', async () => {
  const compacted = await compactedLog(
    { deletes: true, retentionMs: 60_000 },
    { eager: false, backoffMs: 15_000 },
  )
  await twoSegments(compacted)
  await pass(compacted, 30_000)
  put(compacted, ['c=1'])
  await commit(compacted)
  put(compacted, ['d=1'])
  await pass(compacted, 45_000)
  expect(compacted.log.logStartOffset).toBe(2)
})

test('no more is read and written than log.cleaner.io.max.bytes.per.second', async () => {
  const compacted = await compactedLog({}, { eager: true, ioMaxBytesPerSecond: 1_000 })
  for (let index = 0; index < 50; index++) put(compacted, [`a=${'x'.repeat(100)}`])
  await commit(compacted)
  await pass(compacted, 50)
  // Some nine kilobytes are read twice.
  for (let second = 0; second < 12; second++) await pass(compacted, 1_000)
  expect(await recordsOfLog(compacted.log)).toHaveLength(50)
  for (let second = 0; second < 12; second++) await pass(compacted, 1_000)
  expect(await recordsOfLog(compacted.log)).toHaveLength(1)
})

test('a cleaning under way is given up when the directory is closed, and leaves nothing', async () => {
  const compacted = await compactedLog({}, { eager: true, ioMaxBytesPerSecond: 100 })
  await twoSegments(compacted)
  await pass(compacted, 50)
  await compacted.directory.close()
  const files = compacted.runtime.disk.list('events-0').map(({ name }) => name)
  expect(files.filter((name) => /cleaned|swap/.test(name))).toEqual([])
  const directory = await openDirectory(nextLife(compacted.runtime))
  expect(directory.log('events', 0)?.logEndOffset).toBe(3)
})

test('without room on the disk a log is left, and compacted when there is room again', async () => {
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (_fields: unknown, message: string) => warnings.push(message) }
  const disk = new MemoryDisk({ crashable: true })
  const compacted = await compactedLog({}, {}, { ...testRuntime(disk), logger })
  await twoSegments(compacted)
  disk.beforeOperation = (operation, path) => {
    if (operation === 'write' && path.endsWith('.cleaned')) throw injectedFailure('NO_SPACE', path)
  }
  await compacted.directory.compact()
  expect(warnings).toContain('There is no room to compact the log; it is tried again.')
  expect(await recordsOfLog(compacted.log)).toHaveLength(3)
  disk.beforeOperation = () => undefined
  await compacted.directory.runChores()
  await compacted.directory.compact()
  expect(await recordsOfLog(compacted.log)).toHaveLength(2)
})

test('a stop in order leaves no deleted files behind', async () => {
  const compacted = await compactedLog({ fileDeleteDelayMs: 60_000 })
  await twoSegments(compacted)
  await compacted.directory.compact()
  const deleted = () =>
    compacted.runtime.disk.list('events-0').filter(({ name }) => name.endsWith('.deleted'))
  expect(deleted()).not.toEqual([])
  await compacted.directory.close()
  expect(deleted()).toEqual([])
})
