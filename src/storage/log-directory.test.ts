import { expect, test } from 'vitest'
import {
  batchOf,
  directoryWithLog,
  errorOf,
  eventsOf,
  fill,
  nextLife,
  openDirectory,
  recordsFrom,
  TOPIC_ID,
  testRuntime,
} from './log.fixture.ts'
import { defaultLogConfig } from './log-config.ts'

test('a directory is one process\u2019s at a time', async () => {
  const runtime = testRuntime()
  const directory = await openDirectory(runtime)
  await expect(openDirectory(runtime)).rejects.toMatchObject({ code: 'LOCKED' })
  await directory.close()
  await (await openDirectory(runtime)).close()
})

test('a directory that can\u2019t be opened is not left locked', async () => {
  const { runtime, directory } = await directoryWithLog()
  await directory.close()
  await expect(openDirectory(runtime, {}, { nodeId: 2 })).rejects.toThrow(/belongs to node 1/)
  expect((await openDirectory(runtime)).properties).toEqual(directory.properties)
})

test('ten thousand empty logs are made and closed without touching the disk', async () => {
  const runtime = testRuntime()
  const directory = await openDirectory(runtime)
  const touched: string[] = []
  runtime.disk.beforeOperation = (_operation, path) => void (path.startsWith('many') && touched.push(path))
  for (let partition = 0; partition < 10_000; partition++)
    directory.createLog('many', partition, TOPIC_ID, defaultLogConfig)
  await directory.close()
  expect(touched).toEqual([])
  expect(runtime.disk.list('').filter(({ isFolder }) => isFolder)).toEqual([])
})

test('a new log that is deleted leaves nothing, and its name is free', async () => {
  const { runtime, directory, log } = await directoryWithLog()
  directory.deleteLog(log)
  const next = directory.createLog('events', 0, 'AnotherTopicIdOf22Char', defaultLogConfig)
  fill(next, 0, 1)
  runtime.clock.runDeferred()
  await directory.close()
  expect(eventsOf(await openDirectory(nextLife(runtime))).topicId).toBe('AnotherTopicIdOf22Char')
})

test('logs that were closed in order are opened without opening a single file of theirs', async () => {
  const runtime = testRuntime()
  const directory = await openDirectory(runtime)
  for (let partition = 0; partition < 1_000; partition++)
    fill(directory.createLog('many', partition, TOPIC_ID, defaultLogConfig), 0, 1)
  runtime.clock.runDeferred()
  await directory.close()
  const again = nextLife(runtime)
  const touched: string[] = []
  again.disk.beforeOperation = (_operation, path) => void (path.startsWith('many') && touched.push(path))
  const reopened = await openDirectory(again)
  expect([...reopened.logs]).toHaveLength(1_000)
  expect(reopened.log('many', 999)?.topicId).toBe(TOPIC_ID)
  expect(reopened.log('many', 999)?.logEndOffset).toBe(1)
  expect(touched).toEqual([])
})

test('a deleted log is gone at once, its name is free, and its files follow', async () => {
  const { runtime, directory, log } = await directoryWithLog()
  fill(log, 0, 3)
  directory.deleteLog(log)
  expect(directory.log('events', 0)).toBe(undefined)
  expect(await errorOf(() => fill(log, 3, 4))).toBe('KAFKA_STORAGE_ERROR')
  const next = directory.createLog('events', 0, 'AnotherTopicIdOf22Char', defaultLogConfig)
  expect([next.logEndOffset, next.topicId]).toEqual([0, 'AnotherTopicIdOf22Char'])
  fill(next, 0, 1)
  runtime.clock.runDeferred()
  await directory.close()
  expect(runtime.disk.list('').filter(({ isFolder }) => isFolder)).toEqual([
    { name: 'events-0', isFolder: true },
  ])
  expect(eventsOf(await openDirectory(nextLife(runtime))).topicId).toBe('AnotherTopicIdOf22Char')
})

test('a log is deleted while a large write to it is under way', async () => {
  const { runtime, directory, log } = await directoryWithLog()
  let letGo = (): void => undefined
  runtime.disk.delay = (operation) => {
    if (operation !== 'write') return undefined
    return new Promise((resolve) => {
      letGo = resolve
    })
  }
  log.append(batchOf(['x'.repeat(100_000)]), { leaderEpoch: 0 })
  runtime.clock.runDeferred()
  directory.deleteLog(log)
  letGo()
  await directory.close()
  expect(runtime.disk.list('').filter(({ isFolder }) => isFolder)).toEqual([])
})

test('two logs of one name are not made', async () => {
  const { directory } = await directoryWithLog()
  expect(await errorOf(() => directory.createLog('events', 0, TOPIC_ID, defaultLogConfig))).toBe(
    'KAFKA_STORAGE_ERROR',
  )
})

test('what was written is synced within a second, and the recovery point is kept each minute', async () => {
  const { runtime, directory, log } = await directoryWithLog()
  fill(log, 0, 3)
  runtime.clock.advance(1000)
  await directory.runChores()
  expect(log.recoveryPoint).toBe(3)
  runtime.clock.advance(60_000)
  await directory.runChores()
  expect(runtime.disk.readWhole('recovery-point-offset-checkpoint')?.toString()).toBe('0\n1\nevents 0 3\n')
})

test('deleted records stay deleted after a kill, a second later', async () => {
  const { runtime, directory, log } = await directoryWithLog()
  fill(log, 0, 10)
  runtime.clock.runDeferred()
  log.deleteRecordsBefore(4)
  await directory.runChores()
  const reopened = eventsOf(await openDirectory(nextLife(runtime, runtime.disk.killProcess())))
  expect([reopened.logStartOffset, reopened.logEndOffset]).toEqual([4, 10])
})

test('segments that retention has deleted are unlinked after file.delete.delay.ms', async () => {
  const { runtime, directory, log } = await directoryWithLog({ retentionBytes: 0, fileDeleteDelayMs: 5000 })
  const deleted = (): number =>
    runtime.disk.list('events-0').filter(({ name }) => name.endsWith('.deleted')).length
  fill(log, 0, 3)
  runtime.clock.runDeferred()
  log.highWatermark = 3
  directory.applyRetention()
  expect(deleted()).toBeGreaterThan(0)
  runtime.clock.advance(4000)
  await directory.runChores()
  expect(deleted()).toBeGreaterThan(0)
  runtime.clock.advance(2000)
  await directory.runChores()
  await directory.close()
  expect(deleted()).toBe(0)
})

test('with few open files allowed every log is still served', async () => {
  const runtime = testRuntime()
  const directory = await openDirectory(runtime, {}, { maxOpenFiles: 3, tailCacheBytes: 0 })
  const logs = Array.from({ length: 20 }, (_, partition) =>
    directory.createLog('few', partition, TOPIC_ID, defaultLogConfig),
  )
  for (let round = 0; round < 3; round++) {
    for (const log of logs) fill(log, round, round + 1)
    runtime.clock.runDeferred()
  }
  for (const log of logs) expect(await recordsFrom(log)).toEqual(['0=0', '1=1', '2=2'])
  await directory.close()
})

test('the producers\u2019 window is kept over a clean stop', async () => {
  const { runtime, directory, log } = await directoryWithLog()
  const produce = (target: typeof log, baseSequence: number): unknown =>
    target.append(batchOf(['x'], { producerId: 4, producerEpoch: 0, baseSequence }), { leaderEpoch: 0 })
  for (let sequence = 0; sequence < 3; sequence++) produce(log, sequence)
  await directory.close()
  const reopened = eventsOf(await openDirectory(nextLife(runtime)))
  expect(produce(reopened, 2)).toMatchObject({ baseOffset: 2, duplicate: true })
  expect(produce(reopened, 3)).toMatchObject({ baseOffset: 3, duplicate: false })
})
