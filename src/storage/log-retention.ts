import { NO_TIMESTAMP } from '../wire/records/batch-header.ts'
import type { LogConfig } from './log-config.ts'
import type { Segment } from './segment.ts'

/** Where a log stands when its retention is looked at. */
export interface RetentionState {
  readonly nowMs: number
  readonly logStartOffset: number
  /** Nothing from here on is deleted: not all replicas may have it yet. */
  readonly highWatermark: number
}

/**
 * How many segments at the beginning of a log are to be deleted: those wholly before the log start offset, those older
 * than `retention.ms`, and those without which the log still has `retention.bytes`. May be all of them; the caller
 * then begins a new one first.
 *
 * Source: apache/kafka `UnifiedLog.java` (deleteOldSegments).
 */
export function deletableSegments(
  segments: readonly Segment[],
  config: LogConfig,
  state: RetentionState,
): number {
  const byStart = countWhile(segments, (segment) => {
    return segment.sizeBytes > 0 && segment.endOffset <= state.logStartOffset
  })
  if (!config.deletes) return byStart
  const mayGo = (segment: Segment): boolean =>
    segment.sizeBytes > 0 && segment.endOffset <= state.highWatermark
  const byTime = countWhile(segments, (segment) => {
    return (
      config.retentionMs >= 0 && mayGo(segment) && state.nowMs - lastRecordMs(segment) > config.retentionMs
    )
  })
  let excessBytes = segments.reduce((total, { sizeBytes }) => total + sizeBytes, 0) - config.retentionBytes
  const bySize = countWhile(segments, (segment) => {
    excessBytes -= segment.sizeBytes
    return config.retentionBytes >= 0 && mayGo(segment) && excessBytes >= 0
  })
  return Math.max(byStart, byTime, bySize)
}

function countWhile(segments: readonly Segment[], holds: (segment: Segment) => boolean): number {
  const first = segments.findIndex((segment) => !holds(segment))
  return first === -1 ? segments.length : first
}

/** When the segment's data was made: the largest timestamp, or, where there are none, its opening. */
function lastRecordMs({ maxTimestamp, createdMs }: Segment): number {
  const timestamp = maxTimestamp?.timestamp ?? NO_TIMESTAMP
  return timestamp < 0n ? createdMs : Number(timestamp)
}
