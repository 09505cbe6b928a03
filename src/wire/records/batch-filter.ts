/**
 * Takes records out of a batch (magic 2), as compaction does. What stays is copied as it lies, with its offset; base
 * offset, last offset, producer fields and codec stay those of the batch, so that sequences can be replayed from it.
 *
 * A delete horizon (KIP-534) is the time from which compaction may drop the tombstones of a batch. It takes the place of
 * the base timestamp, so the records' timestamp deltas are written anew.
 *
 * Source: apache/kafka `MemoryRecords.java` (filterTo), `DefaultRecordBatch.java` (writeEmptyHeader).
 */
import { codecName } from '../compression/codec.ts'
import { sealed } from './batch-builder.ts'
import {
  BATCH_HEADER_BYTES,
  CODEC_MASK,
  codecOf,
  DELETE_HORIZON_FLAG,
  hasLogAppendTime,
  NO_TIMESTAMP,
  readAttributes,
  readBaseOffset,
  readBaseTimestamp,
  readBatchSizeBytes,
  readMaxTimestamp,
  readRecordCount,
} from './batch-header.ts'
import { recordBytes, recordTimestamp } from './record-iteration.ts'
import { RecordWalker } from './record-walker.ts'
import { varintSizeBytes, varlongSizeBytes, writeVarint, writeVarlong } from './varint.ts'

/** Decides about the walker's current record; `walker.bytes` are the decompressed records of the batch. */
export type KeepRecord = (walker: RecordWalker, offset: number) => boolean

/**
 * The batch at `at` with those records for which `keep` says yes: a slice of `batch` when nothing changes, a new batch
 * otherwise, `undefined` when no record is left (see `emptiedBatch`). `deleteHorizonMs` sets the batch's horizon, in
 * milliseconds since 1970; without it a batch keeps the one it has. Throws like `recordsOf`.
 */
export function retainRecords(
  batch: Buffer,
  at: number,
  keep: KeepRecord,
  deleteHorizonMs?: bigint,
): Buffer | undefined {
  const oldBase = readBaseTimestamp(batch, at)
  const newBase = deleteHorizonMs ?? oldBase
  const baseOffset = readBaseOffset(batch, at)
  const walker = new RecordWalker(recordBytes(batch, at), 0)
  const count = readRecordCount(batch, at)
  const kept: Uint8Array[] = []
  let maxTimestamp = NO_TIMESTAMP
  for (let remaining = count; remaining > 0; remaining--) {
    walker.next()
    if (!keep(walker, baseOffset + walker.offsetDelta)) continue
    const timestamp = recordTimestamp(walker, oldBase)
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    kept.push(newBase === oldBase ? currentRecord(walker) : rebased(walker, timestamp - newBase))
  }
  if (kept.length === 0) return undefined
  if (kept.length === count && deleteHorizonMs === undefined) {
    return batch.subarray(at, at + readBatchSizeBytes(batch, at))
  }
  const attributes = readAttributes(batch, at)
  const shrunk = Buffer.concat([batch.subarray(at, at + BATCH_HEADER_BYTES), ...kept])
  if (deleteHorizonMs !== undefined) shrunk.writeInt16BE(attributes | DELETE_HORIZON_FLAG, 21)
  shrunk.writeBigInt64BE(newBase, 27)
  if (!hasLogAppendTime(attributes)) shrunk.writeBigInt64BE(maxTimestamp, 35)
  shrunk.writeInt32BE(kept.length, 57)
  return sealed(shrunk, codecName(codecOf(attributes)) ?? 'none')
}

/**
 * The batch at `at` without any record, which keeps a producer's last sequence in the log, and the log's last offset.
 * It has no base timestamp and keeps its largest.
 */
export function emptiedBatch(batch: Buffer, at: number): Buffer {
  const header = Buffer.from(batch.subarray(at, at + BATCH_HEADER_BYTES))
  header.writeInt16BE(readAttributes(batch, at) & ~(CODEC_MASK | DELETE_HORIZON_FLAG), 21)
  header.writeBigInt64BE(NO_TIMESTAMP, 27)
  header.writeBigInt64BE(readMaxTimestamp(batch, at), 35)
  header.writeInt32BE(0, 57)
  return sealed(header, 'none')
}

function currentRecord(walker: RecordWalker): Uint8Array {
  return walker.bytes.subarray(walker.recordAt, walker.position)
}

/** The current record with another timestamp delta; its attributes, offset and what follows stay as they are. */
function rebased(walker: RecordWalker, timestampDelta: bigint): Uint8Array {
  const rest = walker.bytes.subarray(walker.offsetDeltaAt, walker.position)
  const bodyBytes = 1 + varlongSizeBytes(timestampDelta) + rest.length
  const record = Buffer.alloc(varintSizeBytes(bodyBytes) + bodyBytes)
  const at = writeVarlong(record, writeVarint(record, 0, bodyBytes) + 1, timestampDelta)
  record.set(rest, at)
  return record
}
