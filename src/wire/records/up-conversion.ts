/**
 * What Produce v0–2 carries, a message set of magic 0 or 1, as one batch of magic 2. The offsets that the client wrote are
 * not looked at; messages of magic 0 have no timestamp.
 *
 * Source: apache/kafka `LogValidator.java` up to 3.9 (convertAndAssignOffsetsNonCompressed).
 */
import { type CodecName, codecName } from '../compression/codec.ts'
import { KafkaError } from '../errors.ts'
import { buildBatch } from './batch-builder.ts'
import { readBatchSizeBytes, readMagic } from './batch-header.ts'
import { messageCodec, messagePositions, messagesOf } from './message-set.ts'

export interface ConvertedSet {
  /** One batch of magic 2, uncompressed. */
  readonly batch: Buffer
  /** The codec that the client used. */
  readonly codec: CodecName
}

/**
 * Throws like `messagesOf`; INVALID_RECORD for a set that mixes magics or holds several messages of which one is
 * compressed; MESSAGE_TOO_LARGE when one message is larger than `maxMessageBytes`.
 */
export function upConvert(set: Buffer, maxMessageBytes: number): ConvertedSet {
  const codec = checkedCodec(set, maxMessageBytes)
  const records = [...messagesOf(set)].map(({ timestamp, key, value }) => ({ timestamp, key, value }))
  return { batch: buildBatch({ records }), codec }
}

function checkedCodec(set: Buffer, maxMessageBytes: number): CodecName {
  const positions = [...messagePositions(set)]
  const [first] = positions
  if (first === undefined) throw new KafkaError('INVALID_RECORD', 'Record batch has no batches at all')
  const magic = readMagic(set, first)
  let codec: CodecName = 'none'
  for (const at of positions) {
    if (readMagic(set, at) !== magic) throw new KafkaError('INVALID_RECORD', 'Message set of several magics')
    const sizeBytes = readBatchSizeBytes(set, at)
    if (sizeBytes > maxMessageBytes) {
      throw new KafkaError(
        'MESSAGE_TOO_LARGE',
        `Message of ${sizeBytes} bytes, the maximum is ${maxMessageBytes}`,
      )
    }
    const id = messageCodec(set, at)
    if (id !== 0) codec = codecName(id) ?? 'none'
  }
  if (codec === 'zstd') {
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', 'zstd has no place in message sets')
  }
  if (codec !== 'none' && positions.length > 1) {
    throw new KafkaError('INVALID_RECORD', 'Compressed outer record has more than one batch')
  }
  return codec
}
