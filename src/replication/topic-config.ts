import type { LogConfig } from '../storage/log-config.ts'
import type { CodecName } from '../wire/compression/codec.ts'

/** The configs of a topic, parsed: what the log needs and what is asked of produced records. Kafka's names, units last. */
export interface TopicConfig extends LogConfig {
  /** `min.insync.replicas` */
  readonly minInsyncReplicas: number
  /** `max.message.bytes` */
  readonly maxMessageBytes: number
  /** `max.decompressed.message.bytes` */
  readonly maxDecompressedMessageBytes: number
  /** `compression.type` */
  readonly compressionType: 'producer' | CodecName
  /** `message.timestamp.type` */
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  /** `message.timestamp.before.max.ms` */
  readonly messageTimestampBeforeMaxMs: number
  /** `message.timestamp.after.max.ms` */
  readonly messageTimestampAfterMaxMs: number
}

/** Gives the effective configs of a topic from what was set on it. */
export type ResolveTopicConfig = (overrides: ReadonlyMap<string, string>) => TopicConfig
