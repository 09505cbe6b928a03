/**
 * Which part of a log may be compacted, and whether it is worth it.
 *
 * Source: apache/kafka `LogCleanerManager.java` (cleanableOffsets, calculateCleanableBytes, maxCompactionDelay),
 * `LogToClean.java`.
 */
import type { LogConfig } from '../log-config.ts'
import type { Segment } from '../segment.ts'

/** The part of a log that this looks at. */
export interface CleanableLog {
  readonly config: LogConfig
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly highWatermark: number
  readonly segments: readonly Segment[]
  lastStableOffset(highWatermark: number): number
}

export interface CleanableRange {
  /** Everything before it was compacted before. */
  readonly firstDirtyOffset: number
  /** Where a segment begins: from here on nothing is touched. */
  readonly firstUncleanableOffset: number
  readonly cleanableBytes: number
  /** Share of the bytes before `firstUncleanableOffset` that were not compacted yet. */
  readonly cleanableRatio: number
  /** `max.compaction.lag.ms` has passed for some of it. */
  readonly isOverdue: boolean
}

/** `cleanedOffset` is how far the log was compacted before, by its checkpoint; `undefined` if it never was. */
export function cleanableRange(
  log: CleanableLog,
  cleanedOffset: number | undefined,
  nowMs: number,
): CleanableRange {
  const firstDirtyOffset = firstDirty(log, cleanedOffset)
  const firstUncleanableOffset = firstUncleanable(log, firstDirtyOffset, nowMs)
  let cleanBytes = 0
  let cleanableBytes = 0
  for (const [index, segment] of log.segments.entries()) {
    if (segment.baseOffset >= firstUncleanableOffset) break
    if (segment.baseOffset < firstDirtyOffset) cleanBytes += segment.sizeBytes
    if ((log.segments[index + 1]?.baseOffset ?? Number.POSITIVE_INFINITY) > firstDirtyOffset)
      cleanableBytes += segment.sizeBytes
  }
  return {
    firstDirtyOffset,
    firstUncleanableOffset,
    cleanableBytes,
    cleanableRatio: cleanableBytes === 0 ? 0 : cleanableBytes / (cleanBytes + cleanableBytes),
    isOverdue: overdueAtMs(log, firstDirtyOffset) < nowMs,
  }
}

export function isWorthCleaning(range: CleanableRange, config: LogConfig): boolean {
  if (range.cleanableBytes === 0) return false
  return range.isOverdue || range.cleanableRatio > config.minCleanableRatio
}

/** When, by its lags alone, more of the log may or must be compacted; infinite if time changes nothing. */
export function nextChangeMs(log: CleanableLog, range: CleanableRange, nowMs: number): number {
  const { minCompactionLagMs } = log.config
  let nextMs = overdueAtMs(log, range.firstDirtyOffset)
  if (nextMs < nowMs) nextMs = Number.POSITIVE_INFINITY
  const held = log.segments.find((segment) => segment.baseOffset >= range.firstUncleanableOffset)
  if (minCompactionLagMs > 0 && held !== undefined && held !== log.segments.at(-1)) {
    const freeMs = Number(held.maxTimestamp?.timestamp ?? 0n) + minCompactionLagMs
    if (freeMs >= nowMs) nextMs = Math.min(nextMs, freeMs)
  }
  return nextMs + 1
}

// A checkpoint outside the log is of no use: what it tells of was deleted, or lost.
function firstDirty(log: CleanableLog, cleanedOffset: number | undefined): number {
  const { logStartOffset, logEndOffset } = log
  if (cleanedOffset === undefined || cleanedOffset < logStartOffset || cleanedOffset > logEndOffset)
    return logStartOffset
  return cleanedOffset
}

/** The active segment, undecided transactions and what is younger than `min.compaction.lag.ms` are left alone. */
function firstUncleanable(log: CleanableLog, firstDirtyOffset: number, nowMs: number): number {
  const { segments, config } = log
  const active = segments.at(-1)
  let offset = Math.min(log.lastStableOffset(log.highWatermark), active?.baseOffset ?? 0)
  if (config.minCompactionLagMs > 0) {
    const young = dirtySegments(log, firstDirtyOffset).find((segment) => {
      return Number(segment.maxTimestamp?.timestamp ?? -1n) > nowMs - config.minCompactionLagMs
    })
    if (young !== undefined) offset = Math.min(offset, young.baseOffset)
  }
  // Only whole segments.
  const holder = segments.findLast((segment) => segment.baseOffset <= Math.max(offset, firstDirtyOffset))
  return holder?.baseOffset ?? firstDirtyOffset
}

function overdueAtMs(log: CleanableLog, firstDirtyOffset: number): number {
  const { maxCompactionLagMs } = log.config
  if (maxCompactionLagMs >= Number.MAX_SAFE_INTEGER) return Number.POSITIVE_INFINITY
  let earliest = Number.POSITIVE_INFINITY
  for (const segment of dirtySegments(log, firstDirtyOffset)) {
    const timestamp = Number(segment.firstTimestamp)
    if (timestamp > 0 && timestamp < earliest) earliest = timestamp
  }
  return earliest + maxCompactionLagMs
}

/** Those from the one that holds the first dirty offset on, without the active one. */
function dirtySegments(log: CleanableLog, firstDirtyOffset: number): readonly Segment[] {
  const first = log.segments.findLastIndex((segment) => segment.baseOffset <= firstDirtyOffset)
  return log.segments.slice(Math.max(first, 0), -1)
}
