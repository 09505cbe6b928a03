/**
 * The header of a record batch (magic 2), read and stamped in place. A batch is 61 bytes of header and then its
 * records, maybe compressed:
 *
 *     0 baseOffset int64 · 8 batchLength int32 · 12 partitionLeaderEpoch int32 · 16 magic int8 · 17 crc uint32
 *     21 attributes int16 · 23 lastOffsetDelta int32 · 27 baseTimestamp int64 · 35 maxTimestamp int64
 *     43 producerId int64 · 51 producerEpoch int16 · 53 baseSequence int32 · 57 recordCount int32 · 61 records
 *
 * `batchLength` counts what follows it. The CRC (CRC-32C) covers everything from the attributes on, so a broker can
 * stamp base offset and leader epoch without touching it. Every function takes the buffer and the position at
 * which the batch starts; nothing is copied.
 *
 * Source: Kafka's documentation, "Record Batch"; apache/kafka `DefaultRecordBatch.java`.
 */

import { readInt64, writeInt64 } from './int64.ts'

/** Bytes before the records of a batch. */
export const BATCH_HEADER_BYTES = 61
/** Bytes of base offset and batch length, which every magic has in front. */
export const BATCH_PREFIX_BYTES = 12
/** Where the CRC's coverage starts. */
export const CRC_START = 21

export const CODEC_MASK = 0x07
export const LOG_APPEND_TIME_FLAG = 0x08
export const TRANSACTIONAL_FLAG = 0x10
export const CONTROL_FLAG = 0x20
export const DELETE_HORIZON_FLAG = 0x40

/** Kafka's "no timestamp". */
export const NO_TIMESTAMP = -1n

export function readBaseOffset(bytes: Buffer, at: number): number {
  return readInt64(bytes, at)
}

/** Bytes of the whole batch, prefix included. */
export function readBatchSizeBytes(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + 8) + BATCH_PREFIX_BYTES
}

export function readPartitionLeaderEpoch(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + 12)
}

/** The magic byte stands at the same place in every format. */
export function readMagic(bytes: Buffer, at: number): number {
  return bytes.readInt8(at + 16)
}

export function readCrc(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at + 17)
}

export function readAttributes(bytes: Buffer, at: number): number {
  return bytes.readInt16BE(at + 21)
}

export function readLastOffsetDelta(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + 23)
}

export function readLastOffset(bytes: Buffer, at: number): number {
  return readBaseOffset(bytes, at) + readLastOffsetDelta(bytes, at)
}

/** Milliseconds since 1970, -1 for none. A client may send any int64, so no number type is wide enough. */
export function readBaseTimestamp(bytes: Buffer, at: number): bigint {
  return bytes.readBigInt64BE(at + 27)
}

export function readMaxTimestamp(bytes: Buffer, at: number): bigint {
  return bytes.readBigInt64BE(at + 35)
}

/** -1 for a producer without idempotence. */
export function readProducerId(bytes: Buffer, at: number): number {
  return readInt64(bytes, at + 43)
}

export function readProducerEpoch(bytes: Buffer, at: number): number {
  return bytes.readInt16BE(at + 51)
}

export function readBaseSequence(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + 53)
}

export function readRecordCount(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + 57)
}

/** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; other numbers are invalid. */
export function codecOf(attributes: number): number {
  return attributes & CODEC_MASK
}

export function hasLogAppendTime(attributes: number): boolean {
  return (attributes & LOG_APPEND_TIME_FLAG) !== 0
}

export function isTransactional(attributes: number): boolean {
  return (attributes & TRANSACTIONAL_FLAG) !== 0
}

export function isControl(attributes: number): boolean {
  return (attributes & CONTROL_FLAG) !== 0
}

/** Whether `baseTimestamp` holds the time at which compaction may drop the batch's tombstones (KIP-534). */
export function hasDeleteHorizon(attributes: number): boolean {
  return (attributes & DELETE_HORIZON_FLAG) !== 0
}

/** Sets where the batch stands in the log. The client's own values are never looked at. */
export function stampBatch(bytes: Buffer, at: number, baseOffset: number, leaderEpoch: number): void {
  writeInt64(bytes, at, baseOffset)
  bytes.writeInt32BE(leaderEpoch, at + 12)
}
