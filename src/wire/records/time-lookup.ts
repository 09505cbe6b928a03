/**
 * Looks inside one batch (magic 2) for ListOffsets: the first record at or after a time, and the record with the
 * largest timestamp (KIP-734, timestamp -3). With log append time all records of a batch have one timestamp, so its first
 * record answers both. Source: apache/kafka `FileRecords.java`, `RecordBatch.java` (offsetOfMaxTimestamp).
 */
import {
  hasLogAppendTime,
  NO_TIMESTAMP,
  readAttributes,
  readBaseOffset,
  readBaseTimestamp,
  readMaxTimestamp,
  readRecordCount,
} from './batch-header.ts'
import { recordBytes, recordTimestamp } from './record-iteration.ts'
import { RecordWalker } from './record-walker.ts'

export interface OffsetAndTimestamp {
  readonly offset: number
  readonly timestamp: bigint
}

/**
 * The first record with an offset of at least `startOffset` and a timestamp of at least `target`; `undefined` when there
 * is none. Throws like `recordsOf`.
 */
export function firstAtOrAfter(
  batch: Buffer,
  at: number,
  target: bigint,
  startOffset = 0,
): OffsetAndTimestamp | undefined {
  if (readMaxTimestamp(batch, at) < target) return undefined
  return findRecord(batch, at, (offset, timestamp) => offset >= startOffset && timestamp >= target)
}

/** The first record with the batch's largest timestamp; `undefined` when no record has a timestamp. */
export function maxTimestampRecord(batch: Buffer, at: number): OffsetAndTimestamp | undefined {
  const maxTimestamp = readMaxTimestamp(batch, at)
  if (maxTimestamp === NO_TIMESTAMP) return undefined
  return findRecord(batch, at, (_offset, timestamp) => timestamp === maxTimestamp)
}

function findRecord(
  batch: Buffer,
  at: number,
  matches: (offset: number, timestamp: bigint) => boolean,
): OffsetAndTimestamp | undefined {
  const walker = new RecordWalker(recordBytes(batch, at), 0)
  const baseOffset = readBaseOffset(batch, at)
  const baseTimestamp = readBaseTimestamp(batch, at)
  const appendTime = hasLogAppendTime(readAttributes(batch, at)) ? readMaxTimestamp(batch, at) : undefined
  for (let remaining = readRecordCount(batch, at); remaining > 0; remaining--) {
    walker.next()
    const offset = baseOffset + walker.offsetDelta
    const timestamp = appendTime ?? recordTimestamp(walker, baseTimestamp)
    if (matches(offset, timestamp)) return { offset, timestamp }
  }
  return undefined
}
