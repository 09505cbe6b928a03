import type { Partition } from '../../replication/partition.ts'
import { type AcceptedBatch, acceptProduced } from '../../wire/records/validation.ts'

/** Checks records by the rules of the partition's topic; see `acceptProduced`. */
export function acceptFor(
  { topic, index, config }: Partition,
  records: Buffer,
  requestVersion: number,
  nowMs: number,
): AcceptedBatch {
  return acceptProduced(records, {
    requestVersion,
    topicPartition: `${topic}-${index}`,
    maxBatchBytes: config.maxMessageBytes,
    maxDecompressedBytes: config.maxDecompressedMessageBytes,
    compacted: config.compacts,
    timestampType: config.messageTimestampType,
    timestampBeforeMaxMs: config.messageTimestampBeforeMaxMs,
    timestampAfterMaxMs: config.messageTimestampAfterMaxMs,
    compression: config.compressionType,
    nowMs,
  })
}
