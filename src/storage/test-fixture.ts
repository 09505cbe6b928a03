import { silentLogger } from '../runtime/log.ts'
import { MemoryDisk } from '../runtime/memory-disk.ts'
import { MemoryNetwork } from '../runtime/memory-network.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { SeededRandom } from '../runtime/seeded-random.ts'
import { VirtualClock } from '../runtime/virtual-clock.ts'
import { buildBatch, type NewBatch } from '../wire/records/batch-builder.ts'
import type { Log } from './log.ts'
import { defaultLogConfig, type LogConfig } from './log-config.ts'
import { LogDirectory, type LogDirectoryOptions } from './log-directory.ts'

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
