/**
 * Message sets, the format of records before Kafka 0.11 (magic 0 and 1), read and written for old clients; the log itself
 * holds none. A set is messages one after the other:
 *
 *     offset int64 · size int32 · crc uint32 · magic int8 · attributes int8 · [timestamp int64, magic 1]
 *     keyLength int32 · key · valueLength int32 · value
 *
 * The CRC (CRC-32) covers everything from the magic on. Compressed messages are a set inside the value of one message,
 * the wrapper, whose offset is that of its last message; inner offsets are absolute with magic 0 and count from the set's
 * first with magic 1 (KIP-31), where the wrapper also tells the timestamp's type (KIP-32).
 *
 * Source: Kafka's documentation, "Old Message Format"; apache/kafka `LegacyRecord.java`, `AbstractLegacyRecordBatch.java`.
 */
import { codecName, decompress } from '../compression/codec.ts'
import { crc32 } from '../crc32.ts'
import { KafkaError } from '../errors.ts'
import { codecOf, hasLogAppendTime, NO_TIMESTAMP, readBatchSizeBytes, readMagic } from './batch-header.ts'
import { readInt64 } from './int64.ts'
import type { LogRecord } from './record-iteration.ts'

/** Offset and size, which stand before each message. */
export const MESSAGE_PREFIX_BYTES = 12
const CRC_AT = 12
const COVERED_AT = 16
const ATTRIBUTES_AT = 17
const TIMESTAMP_AT = 18
const NO_HEADERS: LogRecord['headers'] = []

/** Bytes of a message without key and value, prefix included. */
export function messageOverheadBytes(magic: number): number {
  return magic === 0 ? 26 : 34
}

/** A message as it stands, a wrapper not unpacked. */
interface Message {
  readonly offset: number
  readonly magic: number
  readonly attributes: number
  readonly timestamp: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** The codec of the message at `at`, by number. */
export function messageCodec(set: Buffer, at: number): number {
  return codecOf(set.readInt8(at + ATTRIBUTES_AT))
}

/** Where each whole message of the set starts. What remains of one that was cut short is passed over. */
export function* messagePositions(set: Buffer): Generator<number, void> {
  let at = 0
  while (set.length - at >= messageOverheadBytes(0)) {
    const sizeBytes = readBatchSizeBytes(set, at)
    if (sizeBytes < messageOverheadBytes(0)) throw corrupt(`message of ${sizeBytes} bytes`)
    if (sizeBytes > set.length - at) return
    yield at
    at += sizeBytes
  }
}

/**
 * The messages of the set, wrappers unpacked, as records. Throws CORRUPT_MESSAGE for a wrong CRC or broken layout,
 * INVALID_RECORD for what Kafka refuses inside wrappers, MESSAGE_TOO_LARGE like `decompress`.
 */
export function* messagesOf(set: Buffer, maxOutputBytes?: number): Generator<LogRecord, void> {
  for (const at of messagePositions(set)) {
    const message = readMessage(set, at)
    if (codecOf(message.attributes) === 0) yield toRecord(message, message.offset, message.timestamp)
    else yield* unwrapped(message, maxOutputBytes)
  }
}

function* unwrapped(wrapper: Message, maxOutputBytes?: number): Generator<LogRecord, void> {
  const codec = codecName(codecOf(wrapper.attributes))
  if (codec === undefined || codec === 'zstd') throw invalid(`codec ${codecOf(wrapper.attributes)}`)
  if (wrapper.value === null) throw invalid('compressed message without a value')
  const set = decompress(codec, wrapper.value, maxOutputBytes)
  const inner = [...messagePositions(set)].map((at) => readMessage(set, at))
  const last = inner.at(-1)
  if (last === undefined) throw invalid('compressed message without messages inside')
  const baseOffset = wrapper.magic === 0 ? 0 : wrapper.offset - last.offset
  const appendTime = wrapper.magic === 1 && hasLogAppendTime(wrapper.attributes)
  for (const message of inner) {
    if (message.magic !== wrapper.magic) throw invalid(`magic ${message.magic} inside ${wrapper.magic}`)
    if (codecOf(message.attributes) !== 0) throw invalid('compressed message inside a compressed one')
    yield toRecord(message, baseOffset + message.offset, appendTime ? wrapper.timestamp : message.timestamp)
  }
}

function readMessage(set: Buffer, at: number): Message {
  const end = at + readBatchSizeBytes(set, at)
  const magic = readMagic(set, at)
  if (magic !== 0 && magic !== 1) throw invalid(`magic ${magic} in a message set`)
  if (end - at < messageOverheadBytes(magic)) throw corrupt(`message of ${end - at} bytes`)
  const stored = set.readUInt32BE(at + CRC_AT)
  const computed = crc32(set, at + COVERED_AT, end)
  if (stored !== computed)
    throw corrupt(`Record is corrupt (stored crc = ${stored}, computed crc = ${computed})`)
  const keyAt = at + (magic === 0 ? TIMESTAMP_AT : TIMESTAMP_AT + 8)
  const key = readField(set, keyAt, end - 4)
  const valueAt = keyAt + 4 + (key?.length ?? 0)
  const value = readField(set, valueAt, end)
  if (valueAt + 4 + (value?.length ?? 0) !== end)
    throw corrupt(`message of ${end - at} bytes whose fields end elsewhere`)
  return {
    offset: readInt64(set, at),
    magic,
    attributes: set.readInt8(at + ATTRIBUTES_AT),
    timestamp: magic === 0 ? NO_TIMESTAMP : set.readBigInt64BE(at + TIMESTAMP_AT),
    key,
    value,
  }
}

function readField(set: Buffer, at: number, limit: number): Buffer | null {
  const length = set.readInt32BE(at)
  if (length < 0) return null
  if (length > limit - at - 4) throw corrupt(`field of ${length} bytes, ${limit - at - 4} remain`)
  return set.subarray(at + 4, at + 4 + length)
}

function toRecord(message: Message, offset: number, timestamp: bigint): LogRecord {
  return { offset, timestamp, key: message.key, value: message.value, headers: NO_HEADERS }
}

function corrupt(what: string): KafkaError {
  return new KafkaError('CORRUPT_MESSAGE', what)
}

function invalid(what: string): KafkaError {
  return new KafkaError('INVALID_RECORD', `Invalid message set: ${what}`)
}
