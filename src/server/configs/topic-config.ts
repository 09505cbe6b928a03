/**
 * The effective configs of one topic, typed: what it sets itself, else what its broker says, else the default. What
 * storage needs of them has the names of its `LogConfig`.
 */
import type { ReadConfig } from './broker-config.ts'
import { topicSynonyms, topicTable } from './topic-table.ts'

export type TopicConfig = ReturnType<typeof readTopicConfig>

/** Times are milliseconds, -1 or `Number.MAX_SAFE_INTEGER` (Kafka's largest long) means no limit. */
export function readTopicConfig(read: ReadConfig) {
  const cleanupPolicy = read(topicTable['cleanup.policy'])
  const compressionType = read(topicTable['compression.type'])
  return {
    cleanupPolicy,
    /** Whether `cleanup.policy` has `delete`. */
    deletes: cleanupPolicy.includes('delete'),
    /** Whether `cleanup.policy` has `compact`. */
    compacts: cleanupPolicy.includes('compact'),
    minCleanableRatio: read(topicTable['min.cleanable.dirty.ratio']),
    minCompactionLagMs: read(topicTable['min.compaction.lag.ms']),
    maxCompactionLagMs: read(topicTable['max.compaction.lag.ms']),
    deleteRetentionMs: read(topicTable['delete.retention.ms']),
    segmentBytes: read(topicTable['internal.segment.bytes']) ?? read(topicTable['segment.bytes']),
    segmentMs: read(topicTable['segment.ms']),
    segmentJitterMs: read(topicTable['segment.jitter.ms']),
    segmentIndexBytes: read(topicTable['segment.index.bytes']),
    indexIntervalBytes: read(topicTable['index.interval.bytes']),
    retentionMs: read(topicTable['retention.ms']),
    retentionBytes: read(topicTable['retention.bytes']),
    fileDeleteDelayMs: read(topicTable['file.delete.delay.ms']),
    flushMessages: read(topicTable['flush.messages']),
    flushMs: read(topicTable['flush.ms']),
    maxMessageBytes: read(topicTable['max.message.bytes']),
    maxDecompressedMessageBytes: read(topicTable['max.decompressed.message.bytes']),
    /** The codec of stored batches, or that of the producer; Kafka's word for `none` is `uncompressed`. */
    compressionType: compressionType === 'uncompressed' ? ('none' as const) : compressionType,
    messageTimestampType: read(topicTable['message.timestamp.type']),
    messageTimestampBeforeMaxMs: read(topicTable['message.timestamp.before.max.ms']),
    messageTimestampAfterMaxMs: read(topicTable['message.timestamp.after.max.ms']),
    minInsyncReplicas: read(topicTable['min.insync.replicas']),
    /** Whether share groups may send their dead letters here. */
    takesDeadLetters: read(topicTable['errors.deadletterqueue.group.enable']),
  } as const
}

/** The texts of broker configs that topics follow. */
export interface BrokerTexts {
  text(name: string): string | null
}

/**
 * The effective text of a topic config; `null` where only the default is left. Of broker configs with the same
 * meaning the finest unit that is set counts, as in Kafka: milliseconds before minutes before hours.
 */
export function topicConfigText(
  broker: BrokerTexts,
  overrides: ReadonlyMap<string, string>,
  name: string,
): string | null {
  const own = overrides.get(name)
  if (own !== undefined) return own
  for (const synonym of topicSynonyms(name)) {
    const text = broker.text(synonym.name)
    if (text !== null) return scaled(text, synonym.factor)
  }
  return null
}

/** A broker's value in the topic config's unit; a negative time means none, -1. */
export function scaled(text: string, factor: number): string {
  if (factor === 1) return text
  const time = BigInt(text) * BigInt(factor)
  return time < 0n ? '-1' : String(time)
}
