/** Finding records by time, for ListOffsets. */
import { KafkaError } from '../wire/errors.ts'
import { isUndamaged } from '../wire/records/batch-crc.ts'
import {
  readBatchSizeBytes,
  readLastOffset,
  readMaxTimestamp,
  readPartitionLeaderEpoch,
} from '../wire/records/batch-header.ts'
import { recordsOf } from '../wire/records/record-iteration.ts'
import type { ReadLimits } from './log-reader.ts'
import type { LogSlice } from './log-slice.ts'
import type { Segment } from './segment.ts'

/** A record found by its time. */
export interface TimestampedOffset {
  readonly offset: number
  readonly timestamp: bigint
  /** The leader epoch of the record's batch. */
  readonly leaderEpoch: number
}

/** The part of a log that lookups go through. */
export interface SearchedLog {
  readonly segments: readonly Segment[]
  readonly logStartOffset: number
  readonly logEndOffset: number
  read(offset: number, limits: ReadLimits): LogSlice | Promise<LogSlice>
}

const READ_BYTES = 64 * 1024

/** The first record with a timestamp of at least `timestamp`; `undefined` if there is none. */
export async function findTimestamp(
  log: SearchedLog,
  timestamp: bigint,
): Promise<TimestampedOffset | undefined> {
  for (const segment of [...log.segments]) {
    const max = segment.maxTimestamp
    if (max === undefined || max.timestamp < timestamp || segment.endOffset <= log.logStartOffset) continue
    const found = await searchSegment(log, segment, timestamp)
    if (found !== undefined) return found
  }
  return undefined
}

/** The first record that has the largest timestamp of the log (KIP-734); `undefined` if the log is empty. */
export async function findMaxTimestamp(log: SearchedLog): Promise<TimestampedOffset | undefined> {
  let largest: bigint | undefined
  for (const segment of log.segments) {
    if (segment.endOffset <= log.logStartOffset) continue
    const timestamp = segment.maxTimestamp?.timestamp
    if (timestamp !== undefined && (largest === undefined || timestamp > largest)) largest = timestamp
  }
  if (largest === undefined) return undefined
  // Deleting records may have taken the one with the largest timestamp and left its segment.
  return (await findTimestamp(log, largest)) ?? searchMax(log)
}

async function searchSegment(
  log: SearchedLog,
  segment: Segment,
  timestamp: bigint,
): Promise<TimestampedOffset | undefined> {
  const entryAt = segment.offsetBefore(timestamp)
  if (entryAt >= log.logStartOffset && !(await isEntryRight(log, segment, entryAt, timestamp)))
    segment.distrustIndexes()
  const from = Math.max(segment.offsetBefore(timestamp), log.logStartOffset)
  return searchFrom(log, from, segment.endOffset, timestamp)
}

/** Whether the batch that an entry of the time index leads to is the one that it speaks of. */
async function isEntryRight(
  log: SearchedLog,
  segment: Segment,
  offset: number,
  timestamp: bigint,
): Promise<boolean> {
  const expected = segment.timestampBefore(timestamp)
  if (expected === undefined) return true
  let isRight = false
  await visitBatches(log, offset, offset + 1, (bytes, at) => {
    isRight = readMaxTimestamp(bytes, at) === expected
    return false
  })
  return isRight
}

async function searchFrom(
  log: SearchedLog,
  from: number,
  endOffset: number,
  timestamp: bigint,
): Promise<TimestampedOffset | undefined> {
  let found: TimestampedOffset | undefined
  await visitBatches(log, from, endOffset, (bytes, at) => {
    if (readMaxTimestamp(bytes, at) >= timestamp)
      found = findInBatch(bytes, at, log.logStartOffset, timestamp)
    return found === undefined
  })
  return found
}

async function searchMax(log: SearchedLog): Promise<TimestampedOffset | undefined> {
  let found: TimestampedOffset | undefined
  await visitBatches(log, log.logStartOffset, log.logEndOffset, (bytes, at) => {
    for (const record of recordsOf(bytes, at)) {
      if (record.offset < log.logStartOffset) continue
      if (found !== undefined && record.timestamp <= found.timestamp) continue
      found = { ...placeOf(record), leaderEpoch: readPartitionLeaderEpoch(bytes, at) }
    }
    return true
  })
  return found
}

function findInBatch(
  bytes: Buffer,
  at: number,
  logStartOffset: number,
  timestamp: bigint,
): TimestampedOffset | undefined {
  for (const record of recordsOf(bytes, at)) {
    if (record.timestamp >= timestamp && record.offset >= logStartOffset)
      return { ...placeOf(record), leaderEpoch: readPartitionLeaderEpoch(bytes, at) }
  }
  return undefined
}

function placeOf({ offset, timestamp }: { offset: number; timestamp: bigint }): {
  offset: number
  timestamp: bigint
} {
  return { offset, timestamp }
}

/** Visits whole, undamaged batches from the one that holds `from` on, until `visit` returns `false`. */
async function visitBatches(
  log: SearchedLog,
  from: number,
  endOffset: number,
  visit: (bytes: Buffer, at: number) => boolean,
): Promise<void> {
  let offset = from
  while (offset < endOffset) {
    const slice = await log.read(offset, { maxBytes: READ_BYTES, maxOffset: endOffset, minOneBatch: true })
    try {
      if (slice.sizeBytes === 0) return
      for (const chunk of slice.chunks) if (!visitChunk(chunk, offset, visit)) return
      offset = slice.endOffset
    } finally {
      slice.release()
    }
  }
}

function visitChunk(chunk: Buffer, offset: number, visit: (bytes: Buffer, at: number) => boolean): boolean {
  for (let at = 0; at < chunk.length; at += readBatchSizeBytes(chunk, at)) {
    if (readLastOffset(chunk, at) < offset) continue
    if (!isUndamaged(chunk, at)) throw new KafkaError('CORRUPT_MESSAGE', 'The CRC of a batch is wrong.')
    if (!visit(chunk, at)) return false
  }
  return true
}
