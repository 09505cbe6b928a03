/**
 * What a produced record set must be before it enters a log, and what becomes of it: one batch of magic 2, as it came
 * or rewritten. Pure: bytes and rules in, bytes or a refusal out. In the usual case (one batch, uncompressed or in
 * the codec that the topic keeps) nothing is copied; the batch may be changed in place (timestamps, with its CRC).
 *
 * The order of the checks decides which error a batch with several faults gets, and is Kafka's: first the shape of the
 * set by the request's version, then size and CRC, then the header, then the records.
 *
 * Sources: apache/kafka `ProduceRequest.java` (validateRecords), `UnifiedLog.java` (analyzeAndValidateRecords),
 * `LogValidator.java`; each checked against a running Kafka 4.4.
 */
import { type CodecName, codecName, DECOMPRESSED_MAX_BYTES } from '../compression/codec.ts'
import { crc32c } from '../crc32c.ts'
import { KafkaError } from '../errors.ts'
import {
  BATCH_HEADER_BYTES,
  CRC_START,
  codecOf,
  hasLogAppendTime,
  isControl,
  isTransactional,
  readAttributes,
  readBaseOffset,
  readBaseSequence,
  readBaseTimestamp,
  readBatchSizeBytes,
  readCrc,
  readLastOffsetDelta,
  readMagic,
  readMaxTimestamp,
  readProducerEpoch,
  readProducerId,
  readRecordCount,
} from './batch-header.ts'
import { recompressed, renumbered, stampTimestamps } from './batch-rewrite.ts'
import { walkRecords } from './record-checks.ts'
import { recordBytes } from './record-iteration.ts'
import { upConvert } from './up-conversion.ts'

/** Bytes up to and with the magic, without which nothing can be said about a batch. */
const MAGIC_END = 17
/** A message of magic 0 without key and value, with its offset and size. */
const SMALLEST_MESSAGE_BYTES = 26
/** The first version that carries batches and no more message sets (KIP-98). */
const BATCH_PRODUCE_VERSION = 3
/** KIP-110 */
const ZSTD_PRODUCE_VERSION = 7

/** What the topic and the request ask of a produced batch. */
export interface ProduceRules {
  /** Version of the Produce request. */
  readonly requestVersion: number
  /** `topic-partition`, for messages. */
  readonly topicPartition: string
  /** max.message.bytes */
  readonly maxBatchBytes: number
  /** max.decompressed.message.bytes; the limit on what is unpacked at all applies besides. */
  readonly maxDecompressedBytes: number
  /** cleanup.policy includes compact */
  readonly compacted: boolean
  /** message.timestamp.type */
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  /** message.timestamp.before.max.ms */
  readonly timestampBeforeMaxMs: number
  /** message.timestamp.after.max.ms */
  readonly timestampAfterMaxMs: number
  /** compression.type */
  readonly compression: 'producer' | CodecName
  /** Milliseconds since 1970. */
  readonly nowMs: number
}

/** A batch fit for the log: only base offset and leader epoch are still to be stamped. */
export interface AcceptedBatch {
  /** One batch of magic 2: a slice of what was produced, or bytes of its own when it had to be rewritten. */
  readonly bytes: Buffer
  readonly recordCount: number
  readonly lastOffsetDelta: number
  readonly maxTimestamp: bigint
  /** Where in the batch the first record with `maxTimestamp` stands. */
  readonly maxTimestampOffsetDelta: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly transactional: boolean
}

/**
 * Checks what a producer sent for one partition. Throws `InvalidRecords` when single records are at fault, `KafkaError`
 * otherwise. May change `records` in place.
 */
export function acceptProduced(records: Buffer, rules: ProduceRules): AcceptedBatch {
  if (rules.requestVersion < BATCH_PRODUCE_VERSION && holdsMessages(records))
    return acceptMessageSet(records, rules)
  const batch = onlyBatch(records, rules)
  checkPlaceAndSize(batch, rules)
  checkChecksum(batch)
  checkHeader(batch, rules)
  return acceptRecords(batch, rules)
}

/** Produce v0–2: messages of magic 0 and 1 become one batch, which then has to fit in its turn. */
function acceptMessageSet(set: Buffer, rules: ProduceRules): AcceptedBatch {
  const { batch, codec } = upConvert(set, rules.maxBatchBytes)
  const compression = rules.compression === 'producer' ? codec : rules.compression
  const accepted = acceptRecords(batch, { ...rules, compression })
  checkPlaceAndSize(accepted.bytes, rules)
  return accepted
}

function holdsMessages(records: Buffer): boolean {
  return records.length >= MAGIC_END && readMagic(records, 0) < 2
}

/** Produce v3+ carries exactly one batch, of magic 2, for each partition. Half a batch behind it is passed over. */
function onlyBatch(records: Buffer, rules: ProduceRules): Buffer {
  const inVersion = `Produce requests with version ${rules.requestVersion}`
  const sizeBytes = wholeBatchSizeBytes(records, 0)
  if (sizeBytes === 0) {
    throw new KafkaError('INVALID_RECORD', `${inVersion} must have exactly one record batch per partition`)
  }
  const magic = readMagic(records, 0)
  if (magic < 2) {
    throw new KafkaError(
      'INVALID_RECORD',
      `${inVersion} must have batches of magic 2, but this one has ${magic}`,
    )
  }
  if (sizeBytes < BATCH_HEADER_BYTES) throw tooSmall(sizeBytes, BATCH_HEADER_BYTES)
  if (
    codecName(codecOf(readAttributes(records, 0))) === 'zstd' &&
    rules.requestVersion < ZSTD_PRODUCE_VERSION
  ) {
    const message = `${inVersion} are not allowed to use ZStandard compression`
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', message)
  }
  if (wholeBatchSizeBytes(records, sizeBytes) !== 0) {
    throw new KafkaError('INVALID_RECORD', `${inVersion} must have exactly one record batch per partition`)
  }
  return records.subarray(0, sizeBytes)
}

/** Size of the batch, or message of an older magic, at `at`; 0 when the bytes end before it does. */
function wholeBatchSizeBytes(records: Buffer, at: number): number {
  const remaining = records.length - at
  if (remaining < MAGIC_END) return 0
  const sizeBytes = readBatchSizeBytes(records, at)
  if (sizeBytes < SMALLEST_MESSAGE_BYTES) throw tooSmall(sizeBytes, SMALLEST_MESSAGE_BYTES)
  const magic = readMagic(records, at)
  if (magic < 0 || magic > 2) {
    throw new KafkaError('CORRUPT_MESSAGE', `Invalid magic found in record: ${magic}`)
  }
  return sizeBytes > remaining ? 0 : sizeBytes
}

function tooSmall(sizeBytes: number, leastBytes: number): KafkaError {
  return new KafkaError(
    'CORRUPT_MESSAGE',
    `Record batch of ${sizeBytes} bytes, it needs at least ${leastBytes}`,
  )
}

function checkPlaceAndSize(batch: Buffer, rules: ProduceRules): void {
  const baseOffset = readBaseOffset(batch, 0)
  if (baseOffset !== 0) {
    const message = `The baseOffset of the record batch for ${rules.topicPartition} should be 0, but it is ${baseOffset}`
    throw new KafkaError('INVALID_RECORD', message)
  }
  if (batch.length > rules.maxBatchBytes) {
    throw new KafkaError(
      'MESSAGE_TOO_LARGE',
      `The record batch for ${rules.topicPartition} has ${batch.length} bytes, more than the maximum of ${rules.maxBatchBytes}`,
    )
  }
}

function checkChecksum(batch: Buffer): void {
  const stored = readCrc(batch, 0)
  const computed = crc32c(batch, CRC_START)
  if (stored !== computed) {
    const message = `Record is corrupt (stored crc = ${stored}, computed crc = ${computed})`
    throw new KafkaError('CORRUPT_MESSAGE', message)
  }
}

function checkHeader(batch: Buffer, rules: ProduceRules): void {
  const attributes = readAttributes(batch, 0)
  const invalid = (what: string) =>
    new KafkaError('INVALID_RECORD', `${what} in topic partition ${rules.topicPartition}`)
  const lastOffsetDelta = readLastOffsetDelta(batch, 0)
  const count = readRecordCount(batch, 0)
  if (lastOffsetDelta < 0) throw invalid(`Batch has an invalid offset range: [0, ${lastOffsetDelta}]`)
  if (count <= 0) throw invalid(`Invalid reported count for record batch: ${count}`)
  if (count !== lastOffsetDelta + 1) {
    throw invalid(`Inconsistent batch offset range [0, ${lastOffsetDelta}] and count of records ${count}`)
  }
  if (isControl(attributes)) throw invalid('Clients are not allowed to write control records')
  const sequence = readBaseSequence(batch, 0)
  const producerId = readProducerId(batch, 0)
  // Brokers give out ids from 0 on; one beyond what a number holds was never given out, and can't be told about either.
  if (producerId > Number.MAX_SAFE_INTEGER) throw invalid(`Invalid producerId ${producerId} in record batch`)
  if (producerId >= 0 && sequence < 0) {
    throw invalid(`Invalid sequence number ${sequence} in record batch with producerId ${producerId}`)
  }
}

function acceptRecords(batch: Buffer, rules: ProduceRules): AcceptedBatch {
  const count = readRecordCount(batch, 0)
  const walked = walkRecords(sentRecords(batch, rules.maxDecompressedBytes), count, {
    rules,
    baseTimestamp: readBaseTimestamp(batch, 0),
    claimsLogAppendTime: hasLogAppendTime(readAttributes(batch, 0)),
  })
  const appendTime = rules.timestampType === 'LogAppendTime'
  const maxTimestamp = appendTime ? BigInt(rules.nowMs) : walked.maxTimestamp
  let bytes = batch
  if (!walked.contiguous) bytes = renumbered(bytes)
  bytes = recompressed(bytes, rules.compression)
  stampTimestamps(bytes, 0, rules.timestampType, maxTimestamp)
  return {
    bytes,
    recordCount: count,
    lastOffsetDelta: count - 1,
    maxTimestamp: readMaxTimestamp(bytes, 0),
    maxTimestampOffsetDelta: appendTime ? 0 : walked.maxTimestampIndex,
    producerId: readProducerId(bytes, 0),
    producerEpoch: readProducerEpoch(bytes, 0),
    baseSequence: readBaseSequence(bytes, 0),
    transactional: isTransactional(readAttributes(bytes, 0)),
  }
}

/** The CRC held, so what can't be decompressed was sent so: trying again, as CORRUPT_MESSAGE asks for, won't help. */
function sentRecords(batch: Buffer, maxDecompressedBytes: number): Buffer {
  try {
    return recordBytes(batch, 0, Math.min(maxDecompressedBytes, DECOMPRESSED_MAX_BYTES))
  } catch (error) {
    if (!(error instanceof KafkaError) || error.error !== 'CORRUPT_MESSAGE') throw error
    throw new KafkaError('INVALID_RECORD', error.message)
  }
}
