/** Writes message sets (magic 0 and 1); see message-set.ts for the layout. */
import { type CodecName, codecId, compress } from '../compression/codec.ts'
import { withOldHeaderChecksum } from '../compression/lz4.ts'
import { crc32 } from '../crc32.ts'
import { KafkaError } from '../errors.ts'
import { LOG_APPEND_TIME_FLAG, NO_TIMESTAMP } from './batch-header.ts'
import { writeInt64 } from './int64.ts'
import { MESSAGE_PREFIX_BYTES, messageOverheadBytes } from './message-set.ts'
import type { LogRecord } from './record-iteration.ts'

export type OldMagic = 0 | 1

export interface NewMessageSet {
  readonly magic: OldMagic
  readonly records: readonly LogRecord[]
  readonly codec?: CodecName
  readonly timestampType?: 'CreateTime' | 'LogAppendTime'
}

interface MessageFields {
  readonly offset: number
  readonly attributes: number
  readonly timestamp: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/**
 * The records as messages with their own offsets, in one wrapper if a codec is given. Headers have no place in this
 * format and are left out. Throws UNSUPPORTED_COMPRESSION_TYPE for zstd, which came after it.
 */
export function buildMessageSet({ magic, records, codec = 'none', timestampType }: NewMessageSet): Buffer {
  if (codec === 'zstd') {
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `zstd has no place in messages of magic ${magic}`)
  }
  const flags = magic === 1 && timestampType === 'LogAppendTime' ? LOG_APPEND_TIME_FLAG : 0
  const [first] = records
  const last = records.at(-1)
  if (first === undefined || last === undefined) return Buffer.alloc(0)
  const baseOffset = codec !== 'none' && magic === 1 ? first.offset : 0
  const messages = records.map(({ offset, timestamp, key, value }) =>
    message(magic, { offset: offset - baseOffset, attributes: flags, timestamp, key, value }),
  )
  const set = Buffer.concat(messages)
  if (codec === 'none') return set
  const packed = compress(codec, set)
  return message(magic, {
    offset: last.offset,
    attributes: flags | codecId(codec),
    timestamp: largestTimestamp(records),
    key: null,
    value: codec === 'lz4' && magic === 0 ? withOldHeaderChecksum(packed) : packed,
  })
}

function message(magic: OldMagic, { offset, attributes, timestamp, key, value }: MessageFields): Buffer {
  const bytes = Buffer.allocUnsafe(messageOverheadBytes(magic) + (key?.length ?? 0) + (value?.length ?? 0))
  writeInt64(bytes, 0, offset)
  bytes.writeInt32BE(bytes.length - MESSAGE_PREFIX_BYTES, 8)
  bytes.writeInt8(magic, 16)
  bytes.writeInt8(attributes, 17)
  let at = 18
  if (magic === 1) at = bytes.writeBigInt64BE(timestamp, at)
  at = writeField(bytes, at, key)
  writeField(bytes, at, value)
  bytes.writeUInt32BE(crc32(bytes, 16), 12)
  return bytes
}

function writeField(bytes: Buffer, at: number, field: Buffer | null): number {
  const start = bytes.writeInt32BE(field?.length ?? -1, at)
  if (field === null) return start
  bytes.set(field, start)
  return start + field.length
}

function largestTimestamp(records: readonly LogRecord[]): bigint {
  let largest = NO_TIMESTAMP
  for (const { timestamp } of records) if (timestamp > largest) largest = timestamp
  return largest
}
