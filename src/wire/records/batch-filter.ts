/**
 * Takes records out of a batch (magic 2), as compaction does. What stays is copied as it lies, with its offset; base
 * offset, last offset, producer fields and codec stay those of the batch, so that sequences can be replayed from it.
 *
 * A delete horizon (KIP-534) is the time from which compaction may drop the tombstones of a batch. It takes the place of
 * the base timestamp, so the records' timestamp deltas are written anew.
 *
 * Source: apache/kafka `MemoryRecords.java` (filterTo), `DefaultRecordBatch.java` (writeEmptyHeader).
 */
import { type CodecName, codecName } from '../compression/codec.ts'
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
  const left = withRecords(batch, at, recordBytes(batch, at), keep, deleteHorizonMs)
  if (left === undefined || left.isUnchanged) return left?.bytes
  return sealed(left.bytes, left.codec)
}

/** What is left of a batch. */
export interface RetainedRecords {
  /** If unchanged, the batch as it was; else header and records, still to be sealed. */
  readonly bytes: Buffer
  readonly isUnchanged: boolean
  /** To seal it with. */
  readonly codec: CodecName
}

/** As `retainRecords`, for one who has the batch's decompressed `records` and compresses for himself. */
export function withRecords(
  batch: Buffer,
  at: number,
  records: Buffer,
  keep: KeepRecord,
  deleteHorizonMs?: bigint,
): RetainedRecords | undefined {
  const oldBase = readBaseTimestamp(batch, at)
  const newBase = deleteHorizonMs ?? oldBase
  const baseOffset = readBaseOffset(batch, at)
  const attributes = readAttributes(batch, at)
  const codec = codecName(codecOf(attributes)) ?? 'none'
  const walker = new RecordWalker(records, 0)
  const count = readRecordCount(batch, at)
  const kept = new KeptRecords(records)
  let maxTimestamp = NO_TIMESTAMP
  for (let remaining = count; remaining > 0; remaining--) {
    walker.next()
    if (!keep(walker, baseOffset + walker.offsetDelta)) continue
    const timestamp = recordTimestamp(walker, oldBase)
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    if (newBase === oldBase) kept.addAsIs(walker.recordAt, walker.position)
    else kept.add(rebased(walker, BigInt.asIntN(64, timestamp - newBase)))
  }
  if (kept.count === 0) return undefined
  if (kept.count === count && deleteHorizonMs === undefined)
    return { bytes: batch.subarray(at, at + readBatchSizeBytes(batch, at)), isUnchanged: true, codec }
  const shrunk = Buffer.concat([batch.subarray(at, at + BATCH_HEADER_BYTES), ...kept.runs()])
  if (deleteHorizonMs !== undefined) shrunk.writeInt16BE(attributes | DELETE_HORIZON_FLAG, 21)
  shrunk.writeBigInt64BE(newBase, 27)
  if (!hasLogAppendTime(attributes)) shrunk.writeBigInt64BE(maxTimestamp, 35)
  shrunk.writeInt32BE(kept.count, 57)
  return { bytes: shrunk, isUnchanged: false, codec }
}

/** The bytes of kept records; neighbours that stay as they are make one slice. */
class KeptRecords {
  count = 0
  readonly #records: Buffer
  readonly #runs: Uint8Array[] = []
  #runStart = 0
  #runEnd = 0

  constructor(records: Buffer) {
    this.#records = records
  }

  addAsIs(start: number, end: number): void {
    this.count++
    if (start !== this.#runEnd) {
      this.#closeRun()
      this.#runStart = start
    }
    this.#runEnd = end
  }

  add(record: Uint8Array): void {
    this.count++
    this.#runs.push(record)
  }

  runs(): readonly Uint8Array[] {
    this.#closeRun()
    return this.#runs
  }

  #closeRun(): void {
    if (this.#runEnd > this.#runStart) this.#runs.push(this.#records.subarray(this.#runStart, this.#runEnd))
  }
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

/** The current record with another timestamp delta; its attributes, offset and what follows stay as they are. */
function rebased(walker: RecordWalker, timestampDelta: bigint): Uint8Array {
  const rest = walker.bytes.subarray(walker.offsetDeltaAt, walker.position)
  const bodyBytes = 1 + varlongSizeBytes(timestampDelta) + rest.length
  const record = Buffer.alloc(varintSizeBytes(bodyBytes) + bodyBytes)
  const at = writeVarlong(record, writeVarint(record, 0, bodyBytes) + 1, timestampDelta)
  record.set(rest, at)
  return record
}
