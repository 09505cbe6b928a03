import { buildBatch, type NewBatch, type NewRecord } from '../../wire/records/batch-builder.ts'
import { readBatchSizeBytes } from '../../wire/records/batch-header.ts'
import { recordsOf } from '../../wire/records/record-iteration.ts'
import { directoryWithLog, type TestRuntime } from '../log.fixture.ts'
import type { Log } from '../log.ts'
import type { LogConfig } from '../log-config.ts'
import type { LogDirectory } from '../log-directory.ts'
import { type CleanerConfig, defaultCleanerConfig } from './cleaner-config.ts'

export interface Compacted {
  readonly runtime: TestRuntime
  readonly directory: LogDirectory
  readonly log: Log
}

/** A directory whose only log is compacted, by `compact` alone. */
export function compactedLog(
  config: Partial<LogConfig> = {},
  cleaner: Partial<CleanerConfig> = {},
  runtime?: TestRuntime,
): Promise<Compacted> {
  const policy = { compacts: true, deletes: false, minCleanableRatio: 0.01, ...config }
  return directoryWithLog(policy, runtime, {
    cleaner: () => ({ ...defaultCleanerConfig, eager: false, backoffMs: 1e9, ...cleaner }),
  })
}

/** `a=1` is a record, `a` a tombstone. */
export function recordOf(text: string, timestamp: bigint): NewRecord {
  const [key = '', value] = text.split('=')
  return { key: Buffer.from(key), value: value === undefined ? null : Buffer.from(value), timestamp }
}

/** Appends one batch of such records, with the clock's time. */
export function put(compacted: Compacted, texts: readonly string[], more: Partial<NewBatch> = {}): void {
  const timestamp = BigInt(compacted.runtime.clock.nowMs())
  const batch = buildBatch({ records: texts.map((text) => recordOf(text, timestamp)), ...more })
  compacted.log.append(batch, { leaderEpoch: 0, ...(more.control ? { origin: 'coordinator' as const } : {}) })
}

/** Lets what was appended be written and committed, and compacts all but the active segment, which is a new one. */
export async function compact(compacted: Compacted): Promise<void> {
  await commit(compacted)
  await compacted.directory.compact()
}

export async function commit({ runtime, log }: Compacted): Promise<void> {
  log.roll()
  runtime.clock.runDeferred()
  await log.store.writer.whenIdle()
  log.highWatermark = log.writtenOffset
}

/** Every batch of a log, as `offset:key=value`, or `offset:empty` for one without records. */
export async function batchesOf(log: Log, from = log.logStartOffset): Promise<string[][]> {
  const found: string[][] = []
  for (let next = from; next < log.logEndOffset; ) {
    const slice = await log.read(next, { maxBytes: 100_000, maxOffset: log.logEndOffset, minOneBatch: true })
    if (slice.sizeBytes === 0) break
    for (const chunk of slice.chunks)
      for (let at = 0; at < chunk.length; at += readBatchSizeBytes(chunk, at)) found.push(textsOf(chunk, at))
    next = slice.endOffset
    slice.release()
  }
  return found
}

export async function recordsOfLog(log: Log, from = log.logStartOffset): Promise<string[]> {
  return (await batchesOf(log, from)).flat()
}

function textsOf(chunk: Buffer, at: number): string[] {
  return [...recordsOf(chunk, at)].map(
    ({ offset, key, value }) => `${offset}:${key}${value === null ? '' : `=${value}`}`,
  )
}
