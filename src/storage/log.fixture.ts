import { silentLogger } from '../runtime/log.ts'
import { MemoryDisk } from '../runtime/memory-disk.ts'
import { MemoryNetwork } from '../runtime/memory-network.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { SeededRandom } from '../runtime/seeded-random.ts'
import { VirtualClock } from '../runtime/virtual-clock.ts'
import { KafkaError } from '../wire/errors.ts'
import { buildBatch, type NewBatch } from '../wire/records/batch-builder.ts'
import { readBatchSizeBytes } from '../wire/records/batch-header.ts'
import { recordsOf } from '../wire/records/record-iteration.ts'
import type { Log } from './log.ts'
import { defaultLogConfig, type LogConfig } from './log-config.ts'
import { LogDirectory, type LogDirectoryOptions } from './log-directory.ts'
import type { LogSlice } from './log-slice.ts'

export const TOPIC_ID = 'dG9waWMgaWQgb2YgdGVzdA'

export interface TestRuntime extends Runtime {
  readonly clock: VirtualClock
  readonly disk: MemoryDisk
}

/** A runtime in memory whose time stands still. */
export function testRuntime(
  disk = new MemoryDisk({ crashable: true }),
  clock = new VirtualClock(),
): TestRuntime {
  return { clock, disk, network: new MemoryNetwork(), random: new SeededRandom(1), logger: silentLogger }
}

/** The runtime of a broker that is started again: on the same disk, or on what a crash has left of it. */
export function nextLife(runtime: TestRuntime, disk = runtime.disk): TestRuntime {
  return testRuntime(disk, runtime.clock)
}

export function openDirectory(
  runtime: Runtime,
  config: Partial<LogConfig> = {},
  options: Partial<LogDirectoryOptions> = {},
): Promise<LogDirectory> {
  const configFor = (): LogConfig => ({ ...defaultLogConfig, ...config })
  return LogDirectory.open(runtime, { nodeId: 1, configFor, ...options })
}

/** An open directory with one empty log, `events-0`. */
export async function directoryWithLog(
  config: Partial<LogConfig> = {},
  runtime = testRuntime(),
  options: Partial<LogDirectoryOptions> = {},
): Promise<{ runtime: TestRuntime; directory: LogDirectory; log: Log }> {
  const directory = await openDirectory(runtime, config, options)
  const log = directory.createLog('events', 0, TOPIC_ID, { ...defaultLogConfig, ...config })
  return { runtime, directory, log }
}

/** The log `events-0`, which must be there. */
export function eventsOf(directory: LogDirectory): Log {
  const log = directory.log('events', 0)
  if (log === undefined) throw new Error('events-0 is not there')
  return log
}

/** A batch of records with the given values. */
export function batchOf(values: readonly string[], more: Partial<NewBatch> = {}): Buffer {
  return buildBatch({ records: values.map((value) => ({ key: null, value: Buffer.from(value) })), ...more })
}

/** The control batch that ends a producer's transaction. */
export function markerOf(
  committed: boolean,
  producerId: number,
  producerEpoch: number,
  coordinatorEpoch: number,
): Buffer {
  const value = Buffer.alloc(6)
  value.writeInt32BE(coordinatorEpoch, 2)
  const record = { key: Buffer.from([0, 0, 0, committed ? 1 : 0]), value, timestamp: 5n }
  return buildBatch({ records: [record], producerId, producerEpoch, transactional: true, control: true })
}

/** Offsets and values of the records in a slice, as `offset=value`. */
export function recordsIn(slice: LogSlice): string[] {
  const found: string[] = []
  for (const chunk of slice.chunks) {
    for (let at = 0; at < chunk.length; at += readBatchSizeBytes(chunk, at))
      for (const { offset, value } of recordsOf(chunk, at)) found.push(`${offset}=${value?.toString()}`)
  }
  return found
}

/** Everything that a log holds from `offset` on, the batch around it whole. */
export async function recordsFrom(log: Log, offset = log.logStartOffset): Promise<string[]> {
  const found: string[] = []
  for (let next = offset; next < log.logEndOffset; ) {
    const limits = { maxBytes: 100_000, maxOffset: Number.MAX_SAFE_INTEGER, minOneBatch: true }
    const slice = await log.read(next, limits)
    if (slice.sizeBytes === 0) throw new Error(`nothing at ${next}`)
    found.push(...recordsIn(slice))
    next = slice.endOffset
    slice.release()
  }
  return found
}

/** The error that an action is refused with; `NONE` if it isn't. */
export async function errorOf(action: () => unknown): Promise<string> {
  try {
    await action()
  } catch (error) {
    if (error instanceof KafkaError) return error.error
    throw error
  }
  return 'NONE'
}

/** Appends batches of one record each, `from` to `to` - 1, with the number as value. */
export function fill(log: Log, from: number, to: number, timestamp?: (index: number) => bigint): void {
  for (let index = from; index < to; index++) {
    const records = [{ value: Buffer.from(`${index}`), timestamp: timestamp?.(index) ?? -1n }]
    log.append(batchOf([], { records }), { leaderEpoch: 0 })
  }
}
