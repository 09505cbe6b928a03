/**
 * The records of a batch as values, for those who look inside: coordinators that replay their topics, lookups by time,
 * compaction, conversion for old clients. What only passes through the broker never comes here.
 */
import { codecName, decompress } from '../compression/codec.ts'
import { KafkaError } from '../errors.ts'
import {
  BATCH_HEADER_BYTES,
  codecOf,
  hasLogAppendTime,
  readAttributes,
  readBaseOffset,
  readBaseTimestamp,
  readBatchSizeBytes,
  readMagic,
  readMaxTimestamp,
  readRecordCount,
} from './batch-header.ts'
import { RecordWalker } from './record-walker.ts'

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

/** A record with its place in the log. Key and values are slices of the batch, or of its decompressed bytes. */
export interface LogRecord {
  readonly offset: number
  /** Milliseconds since 1970; -1 for none. */
  readonly timestamp: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

const NO_HEADERS: readonly RecordHeader[] = []

/**
 * The records of the batch (magic 2) at `at`, in order. Throws KafkaError while iterating: INVALID_RECORD for bytes that
 * aren't as many records as the batch says, CORRUPT_MESSAGE or MESSAGE_TOO_LARGE for what can't be decompressed.
 */
export function* recordsOf(batch: Buffer, at = 0, maxOutputBytes?: number): Generator<LogRecord, void> {
  const records = recordBytes(batch, at, maxOutputBytes)
  const walker = new RecordWalker(records, 0)
  const baseOffset = readBaseOffset(batch, at)
  const baseTimestamp = readBaseTimestamp(batch, at)
  const logAppendTime = hasLogAppendTime(readAttributes(batch, at)) ? readMaxTimestamp(batch, at) : undefined
  for (let remaining = readRecordCount(batch, at); remaining > 0; remaining--) {
    walker.next()
    yield {
      offset: baseOffset + walker.offsetDelta,
      timestamp: logAppendTime ?? recordTimestamp(walker, baseTimestamp),
      key: slice(records, walker.keyAt, walker.keyLength),
      value: slice(records, walker.valueAt, walker.valueLength),
      headers: headersOf(records, walker),
    }
  }
  if (!walker.atEnd) throw new KafkaError('INVALID_RECORD', 'Batch holds more bytes than its records')
}

/** A batch's records, decompressed. Without compression: a slice of the batch. */
export function recordBytes(batch: Buffer, at: number, maxOutputBytes?: number): Buffer {
  const magic = readMagic(batch, at)
  if (magic !== 2) throw new KafkaError('UNSUPPORTED_FOR_MESSAGE_FORMAT', `Batch has magic ${magic}`)
  const packed = batch.subarray(at + BATCH_HEADER_BYTES, at + readBatchSizeBytes(batch, at))
  const id = codecOf(readAttributes(batch, at))
  const codec = codecName(id)
  if (codec === undefined) throw new KafkaError('INVALID_RECORD', `Unknown compression codec ${id}`)
  return decompress(codec, packed, maxOutputBytes)
}

/** When the walker's current record was created, given the batch's base timestamp. */
export function recordTimestamp(walker: RecordWalker, baseTimestamp: bigint): bigint {
  const delta = Number.isNaN(walker.timestampDelta)
    ? walker.wideTimestampDelta
    : BigInt(walker.timestampDelta)
  return BigInt.asIntN(64, baseTimestamp + delta)
}

function headersOf(records: Buffer, walker: RecordWalker): readonly RecordHeader[] {
  if (walker.headerCount === 0) return NO_HEADERS
  const headers: RecordHeader[] = []
  walker.forEachHeader((keyAt, keyLength, valueAt, valueLength) => {
    const key = records.toString('utf8', keyAt, keyAt + keyLength)
    headers.push({ key, value: slice(records, valueAt, valueLength) })
  })
  return headers
}

function slice(bytes: Buffer, at: number, length: number): Buffer | null {
  return length < 0 ? null : bytes.subarray(at, at + length)
}
