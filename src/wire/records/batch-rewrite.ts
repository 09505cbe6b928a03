/**
 * What a broker changes in a batch besides base offset and leader epoch. All of it lies under the CRC, which is
 * computed anew only when something did change.
 */
import { type CodecName, codecId, codecName } from '../compression/codec.ts'
import { crc32c } from '../crc32c.ts'
import { buildBatch, sealed } from './batch-builder.ts'
import {
  BATCH_HEADER_BYTES,
  CODEC_MASK,
  CRC_START,
  codecOf,
  hasLogAppendTime,
  isTransactional,
  LOG_APPEND_TIME_FLAG,
  readAttributes,
  readBaseOffset,
  readBaseSequence,
  readBatchSizeBytes,
  readMaxTimestamp,
  readPartitionLeaderEpoch,
  readProducerEpoch,
  readProducerId,
} from './batch-header.ts'
import { recordBytes, recordsOf } from './record-iteration.ts'

/**
 * Sets, in place, what the batch says of its records' time. With LogAppendTime readers take `maxTimestamp` for every
 * record's (KIP-32).
 */
export function stampTimestamps(
  bytes: Buffer,
  at: number,
  timestampType: 'CreateTime' | 'LogAppendTime',
  maxTimestamp: bigint,
): void {
  const attributes = readAttributes(bytes, at)
  const appendTime = timestampType === 'LogAppendTime'
  if (hasLogAppendTime(attributes) === appendTime && readMaxTimestamp(bytes, at) === maxTimestamp) return
  const changed = appendTime ? attributes | LOG_APPEND_TIME_FLAG : attributes & ~LOG_APPEND_TIME_FLAG
  bytes.writeInt16BE(changed, at + 21)
  bytes.writeBigInt64BE(maxTimestamp, at + 35)
  bytes.writeUInt32BE(crc32c(bytes, at + CRC_START, at + readBatchSizeBytes(bytes, at)), at + 17)
}

/** The batch in the codec that `compression.type` asks for: itself when it is in that codec already. */
export function recompressed(batch: Buffer, target: 'producer' | CodecName): Buffer {
  const attributes = readAttributes(batch, 0)
  if (target === 'producer' || codecName(codecOf(attributes)) === target) return batch
  const plain = Buffer.concat([batch.subarray(0, BATCH_HEADER_BYTES), recordBytes(batch, 0)])
  plain.writeInt16BE((attributes & ~CODEC_MASK) | codecId(target), 21)
  return sealed(plain, target)
}

/** The batch with its records' offset deltas put right (0, 1, 2, …). */
export function renumbered(batch: Buffer): Buffer {
  const attributes = readAttributes(batch, 0)
  return buildBatch({
    records: [...recordsOf(batch)].map(({ timestamp, key, value, headers }) => ({
      timestamp,
      key,
      value,
      headers,
    })),
    baseOffset: readBaseOffset(batch, 0),
    leaderEpoch: readPartitionLeaderEpoch(batch, 0),
    producerId: readProducerId(batch, 0),
    producerEpoch: readProducerEpoch(batch, 0),
    baseSequence: readBaseSequence(batch, 0),
    codec: codecName(codecOf(attributes)) ?? 'none',
    transactional: isTransactional(attributes),
  })
}
