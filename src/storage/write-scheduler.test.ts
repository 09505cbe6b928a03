import { expect, test } from 'vitest'
import { injectedFailure, MemoryDisk } from '../runtime/memory-disk.ts'
import { VirtualClock } from '../runtime/virtual-clock.ts'
import {
  batchOf,
  directoryWithLog,
  fill,
  recordsFrom,
  type TestRuntime,
  TOPIC_ID,
  testRuntime,
} from './log.fixture.ts'
import { defaultLogConfig } from './log-config.ts'

/** A runtime whose disk notes writes to logs, and holds those off the main thread until they are let go. */
function watchedRuntime(): { runtime: TestRuntime; writes: string[]; letGo: (place?: number) => boolean } {
  const disk = new MemoryDisk()
  const writes: string[] = []
  const held: (() => void)[] = []
  disk.delay = (operation, path) => {
    if (operation !== 'write') return undefined
    writes.push(`aside ${path}`)
    return new Promise((resolve) => held.push(resolve))
  }
  disk.beforeOperation = (operation, path) => {
    if (operation === 'write' && path.endsWith('.log')) writes.push(`now ${path}`)
  }
  const letGo = (place = 0): boolean => {
    const [go] = held.splice(place, 1)
    go?.()
    return go !== undefined
  }
  return { runtime: testRuntime(disk, new VirtualClock()), writes, letGo }
}

const large = (): Buffer => batchOf(['x'.repeat(70_000)])
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('the appends of a turn are one write, done at once if they are small', async () => {
  const { runtime, writes } = watchedRuntime()
  const { log } = await directoryWithLog({}, runtime)
  fill(log, 0, 50)
  expect(writes).toEqual([])
  runtime.clock.runDeferred()
  expect(writes).toEqual(['now events-0/00000000000000000000.log'])
})

test('large appends go off the main thread, one write at a time, and what comes meanwhile goes together', async () => {
  const { runtime, writes, letGo } = watchedRuntime()
  const { log } = await directoryWithLog({}, runtime)
  const told: number[] = []
  log.onWritten = (offset) => told.push(offset)
  const asides = (): number => writes.filter((write) => write.startsWith('aside')).length
  for (let index = 0; index < 4; index++) {
    log.append(large(), { leaderEpoch: 0 })
    runtime.clock.runDeferred()
  }
  expect([asides(), told]).toEqual([1, []])
  letGo()
  await turn()
  expect([asides(), told]).toEqual([2, [1]])
  letGo()
  await turn()
  expect([asides(), told]).toEqual([2, [1, 4]])
})

test('what is queued behind a slow write is read from memory', async () => {
  const { runtime } = watchedRuntime()
  const { log } = await directoryWithLog({}, runtime, { tailCacheBytes: 0 })
  log.append(large(), { leaderEpoch: 0 })
  runtime.clock.runDeferred()
  fill(log, 1, 3)
  expect((await recordsFrom(log, 1)).slice(-2)).toEqual(['1=1', '2=2'])
})

test('after a slow write everything goes off the main thread for a while', async () => {
  const { runtime, writes, letGo } = watchedRuntime()
  const { log } = await directoryWithLog({}, runtime)
  const note = runtime.disk.beforeOperation
  let tookMs = 21
  runtime.disk.beforeOperation = (operation, path) => {
    note(operation, path)
    runtime.clock.advance(tookMs)
  }
  fill(log, 0, 1)
  runtime.clock.runDeferred()
  tookMs = 0
  const kinds: string[] = []
  for (let index = 1; index < 4; index++) {
    writes.length = 0
    fill(log, index, index + 1)
    runtime.clock.runDeferred()
    kinds.push(writes[0]?.split(' ')[0] ?? 'none')
    letGo()
    await turn()
    if (index === 2) runtime.clock.advance(10_000)
  }
  expect(kinds).toEqual(['aside', 'aside', 'now'])
})

test('a log that is cut while a write is under way ends with the cut and what came after', async () => {
  const { runtime, letGo } = watchedRuntime()
  const { log } = await directoryWithLog({}, runtime)
  const told: number[] = []
  log.onWritten = (offset) => told.push(offset)
  fill(log, 0, 2)
  runtime.clock.runDeferred()
  for (let index = 0; index < 3; index++) log.append(large(), { leaderEpoch: 0 })
  runtime.clock.runDeferred()
  log.truncateTo(3)
  fill(log, 70, 71)
  runtime.clock.runDeferred()
  expect([log.logEndOffset, told]).toEqual([4, [2]])
  for (let index = 0; index < 3; index++) {
    letGo()
    await turn()
  }
  expect(told).toEqual([2, 3, 4])
  expect(runtime.disk.sizeOf('events-0/00000000000000000000.log')).toBe(log.sizeBytes)
  expect((await recordsFrom(log)).at(-1)).toBe('3=70')
})

test('a small batch that waits behind a slow write keeps nothing of the large buffer it came in', async () => {
  const { runtime, letGo } = watchedRuntime()
  const { log } = await directoryWithLog({}, runtime)
  log.append(large(), { leaderEpoch: 0 })
  runtime.clock.runDeferred()
  const received = Buffer.alloc(64 * 1024)
  const small = batchOf(['small'])
  small.copy(received)
  log.append(received.subarray(0, small.length), { leaderEpoch: 0 })
  received.fill(0)
  letGo()
  await log.store.writer.whenIdle()
  const file = runtime.disk.readWhole('events-0/00000000000000000000.log')
  expect(file?.subarray(-small.length).includes('small')).toBe(true)
})

test('what is queued is told, and what is written or given up is told too', async () => {
  const { runtime, letGo } = watchedRuntime()
  const { log, directory } = await directoryWithLog({}, runtime)
  let queuedBytes = 0
  directory.watchQueuedBytes((sizeBytes) => {
    queuedBytes += sizeBytes
  })
  const sizeBytes = large().length
  for (let index = 0; index < 3; index++) {
    log.append(large(), { leaderEpoch: 0 })
    runtime.clock.runDeferred()
  }
  expect(queuedBytes).toBe(3 * sizeBytes)
  letGo()
  await turn()
  expect(queuedBytes).toBe(2 * sizeBytes)
  const note = runtime.disk.beforeOperation
  runtime.disk.beforeOperation = (operation, path) => {
    note(operation, path)
    if (operation === 'write') throw injectedFailure('IO', path)
  }
  log.append(large(), { leaderEpoch: 0 })
  letGo()
  await turn()
  expect([log.state, queuedBytes]).toEqual(['failed', 0])
})

test('a batch that waits for its write is written as it came, whatever becomes of the request beside it', async () => {
  const { runtime, letGo } = watchedRuntime()
  const { directory, log } = await directoryWithLog({}, runtime, { tailCacheBytes: 1_200_000 })
  const other = directory.createLog('events', 1, TOPIC_ID, defaultLogConfig)
  const [most, rest] = [batchOf(['x'.repeat(130_000)]), batchOf(['y'.repeat(70_000)])]
  const request = directory.buffers.take(most.length + rest.length)
  most.copy(request)
  rest.copy(request, most.length)
  log.append(request.subarray(0, most.length), { leaderEpoch: 0 })
  other.append(request.subarray(most.length, most.length + rest.length), { leaderEpoch: 0 })
  runtime.clock.runDeferred()
  letGo()
  await turn()
  for (let index = 0; index < 20; index++) {
    log.append(large(), { leaderEpoch: 0 })
    runtime.clock.runDeferred()
    letGo(1)
    await turn()
  }
  directory.buffers.take(request.length).fill(0xff)
  letGo()
  await turn()
  expect([log.writtenOffset, other.writtenOffset]).toEqual([21, 1])
  const text = Buffer.from(runtime.disk.readWhole('events-1/00000000000000000000.log') ?? '').toString(
    'latin1',
  )
  expect(text).toContain('y'.repeat(70_000))
})
