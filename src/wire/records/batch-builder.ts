/**
 * Makes record batches (magic 2): what coordinators append to their topics, what clients and tests produce, what
 * conversion and recompression write anew. The bytes are laid out in one pass over a buffer of the exact size.
 */
import { type CodecName, codecId, compress } from '../compression/codec.ts'
import { crc32c } from '../crc32c.ts'
import {
  BATCH_HEADER_BYTES,
  BATCH_PREFIX_BYTES,
  CONTROL_FLAG,
  CRC_START,
  LOG_APPEND_TIME_FLAG,
  NO_TIMESTAMP,
  TRANSACTIONAL_FLAG,
} from './batch-header.ts'
import { writeInt64 } from './int64.ts'
import type { RecordHeader } from './record-iteration.ts'
import { varintSizeBytes, varlongSizeBytes, writeVarint, writeVarlong } from './varint.ts'

export interface NewRecord {
  /** Milliseconds since 1970; -1 when left out. */
  readonly timestamp?: bigint
  readonly key?: Buffer | null
  readonly value?: Buffer | null
  readonly headers?: readonly RecordHeader[]
  /** Distance from the batch's base offset; the record's index when left out. Must rise. */
  readonly offsetDelta?: number
}

export interface NewBatch {
  readonly records: readonly NewRecord[]
  readonly baseOffset?: number
  readonly leaderEpoch?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly codec?: CodecName
  readonly transactional?: boolean
  readonly control?: boolean
  /** With `LogAppendTime`, `maxTimestamp` must tell the time; readers then take it for every record's. */
  readonly timestampType?: 'CreateTime' | 'LogAppendTime'
  /** The largest of the records' timestamps when left out. */
  readonly maxTimestamp?: bigint
  /** The last record's offset delta when left out. Compaction keeps that of the batch it shrinks. */
  readonly lastOffsetDelta?: number
}

/** What a record takes in an uncompressed batch, as the one at `index`. */
export function recordSizeBytes(record: NewRecord, index: number, baseTimestamp: bigint): number {
  const sizeBytes = bodySizeBytes(record, index, baseTimestamp)
  return varintSizeBytes(sizeBytes) + sizeBytes
}

export function buildBatch(batch: NewBatch): Buffer {
  const { records } = batch
  const baseTimestamp = records[0]?.timestamp ?? NO_TIMESTAMP
  const sizes = records.map((record, index) => bodySizeBytes(record, index, baseTimestamp))
  let recordsBytes = 0
  for (const size of sizes) recordsBytes += varintSizeBytes(size) + size
  const bytes = Buffer.allocUnsafe(BATCH_HEADER_BYTES + recordsBytes)
  let at = BATCH_HEADER_BYTES
  let index = 0
  for (const record of records) {
    at = writeVarint(bytes, at, sizes[index] ?? 0)
    at = writeRecord(bytes, at, record, index++, baseTimestamp)
  }
  writeHeader(bytes, batch, baseTimestamp)
  return sealed(bytes, batch.codec ?? 'none')
}

/** Compresses what follows the header, if asked to, and fills in the size and the CRC. */
export function sealed(bytes: Buffer, codec: CodecName): Buffer {
  const whole =
    codec === 'none'
      ? bytes
      : Buffer.concat([
          bytes.subarray(0, BATCH_HEADER_BYTES),
          compress(codec, bytes.subarray(BATCH_HEADER_BYTES)),
        ])
  whole.writeInt32BE(whole.length - BATCH_PREFIX_BYTES, 8)
  whole.writeUInt32BE(crc32c(whole, CRC_START), 17)
  return whole
}

function writeHeader(bytes: Buffer, batch: NewBatch, baseTimestamp: bigint): void {
  const last = batch.records.at(-1)
  const lastOffsetDelta = batch.lastOffsetDelta ?? last?.offsetDelta ?? Math.max(0, batch.records.length - 1)
  writeInt64(bytes, 0, batch.baseOffset ?? 0)
  bytes.writeInt32BE(batch.leaderEpoch ?? -1, 12)
  bytes.writeInt8(2, 16)
  bytes.writeInt16BE(attributesOf(batch), 21)
  bytes.writeInt32BE(lastOffsetDelta, 23)
  bytes.writeBigInt64BE(baseTimestamp, 27)
  bytes.writeBigInt64BE(batch.maxTimestamp ?? largestTimestamp(batch.records), 35)
  writeInt64(bytes, 43, batch.producerId ?? -1)
  bytes.writeInt16BE(batch.producerEpoch ?? -1, 51)
  bytes.writeInt32BE(batch.baseSequence ?? -1, 53)
  bytes.writeInt32BE(batch.records.length, 57)
}

function attributesOf(batch: NewBatch): number {
  let attributes = codecId(batch.codec ?? 'none')
  if (batch.timestampType === 'LogAppendTime') attributes |= LOG_APPEND_TIME_FLAG
  if (batch.transactional) attributes |= TRANSACTIONAL_FLAG
  if (batch.control) attributes |= CONTROL_FLAG
  return attributes
}

function largestTimestamp(records: readonly NewRecord[]): bigint {
  let largest = NO_TIMESTAMP
  for (const { timestamp = NO_TIMESTAMP } of records) if (timestamp > largest) largest = timestamp
  return largest
}

function bodySizeBytes(record: NewRecord, index: number, baseTimestamp: bigint): number {
  const { timestamp = NO_TIMESTAMP, key, value, headers } = record
  let sizeBytes =
    1 + varlongSizeBytes(timestamp - baseTimestamp) + varintSizeBytes(record.offsetDelta ?? index)
  sizeBytes += fieldSizeBytes(key) + fieldSizeBytes(value)
  if (headers === undefined || headers.length === 0) return sizeBytes + 1
  sizeBytes += varintSizeBytes(headers.length)
  for (const header of headers) {
    const keyBytes = Buffer.byteLength(header.key)
    sizeBytes += varintSizeBytes(keyBytes) + keyBytes + fieldSizeBytes(header.value)
  }
  return sizeBytes
}

function fieldSizeBytes(field: Buffer | null | undefined): number {
  return field == null ? 1 : varintSizeBytes(field.length) + field.length
}

function writeRecord(
  bytes: Buffer,
  start: number,
  record: NewRecord,
  index: number,
  baseTimestamp: bigint,
): number {
  const { timestamp = NO_TIMESTAMP, key, value, headers } = record
  bytes[start] = 0
  let at = writeVarlong(bytes, start + 1, timestamp - baseTimestamp)
  at = writeVarint(bytes, at, record.offsetDelta ?? index)
  at = writeField(bytes, at, key)
  at = writeField(bytes, at, value)
  at = writeVarint(bytes, at, headers?.length ?? 0)
  for (const header of headers ?? []) {
    at = writeVarint(bytes, at, Buffer.byteLength(header.key))
    at += bytes.write(header.key, at, 'utf8')
    at = writeField(bytes, at, header.value)
  }
  return at
}

function writeField(bytes: Buffer, at: number, field: Buffer | null | undefined): number {
  if (field == null) return writeVarint(bytes, at, -1)
  const start = writeVarint(bytes, at, field.length)
  bytes.set(field, start)
  return start + field.length
}
