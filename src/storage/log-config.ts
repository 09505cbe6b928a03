/**
 * What a log does with its segments: the topic configs that storage looks at, parsed. Names and defaults are Kafka's
 * (apache/kafka, `LogConfig.java`), with units at the end; times are milliseconds.
 */
export interface LogConfig {
  /** `segment.bytes`: a segment that would grow beyond this is closed first. */
  readonly segmentBytes: number
  /** `segment.ms`: a segment whose first batch is older than this is closed at the next append. */
  readonly segmentMs: number
  /** `segment.jitter.ms`: each segment is closed earlier by a random part of this, so that not all roll at once. */
  readonly segmentJitterMs: number
  /** `segment.index.bytes`: a segment whose offset index would grow beyond this is closed first. */
  readonly segmentIndexBytes: number
  /** `index.interval.bytes`: about so many bytes lie between two entries of an index. */
  readonly indexIntervalBytes: number
  /** `retention.ms`; -1 for no limit. */
  readonly retentionMs: number
  /** `retention.bytes`; -1 for no limit. */
  readonly retentionBytes: number
  /** Whether `cleanup.policy` has `delete`. */
  readonly deletes: boolean
  /** Whether `cleanup.policy` has `compact`. */
  readonly compacts: boolean
  /** `min.cleanable.dirty.ratio`: a log is compacted when more than this share of it was not compacted yet. */
  readonly minCleanableRatio: number
  /** `min.compaction.lag.ms`: records younger than this are left as they are. */
  readonly minCompactionLagMs: number
  /** `max.compaction.lag.ms`: records older than this are compacted whatever the ratio says. */
  readonly maxCompactionLagMs: number
  /** `delete.retention.ms`: how long tombstones, and markers of no use, stay after the first cleaning that met them. */
  readonly deleteRetentionMs: number
  /** `file.delete.delay.ms`: how long files of deleted segments stay, renamed. */
  readonly fileDeleteDelayMs: number
  /** `flush.messages`: with 1, an append counts as written only when it is on the medium. */
  readonly flushMessages: number
  /** `flush.ms`: how long an append may stay in the page cache alone. */
  readonly flushMs: number
}

const WEEK_MS = 7 * 24 * 3_600_000

export const defaultLogConfig: LogConfig = {
  segmentBytes: 1024 * 1024 * 1024,
  segmentMs: WEEK_MS,
  segmentJitterMs: 0,
  segmentIndexBytes: 10 * 1024 * 1024,
  indexIntervalBytes: 4096,
  retentionMs: WEEK_MS,
  retentionBytes: -1,
  deletes: true,
  compacts: false,
  minCleanableRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  deleteRetentionMs: 24 * 3_600_000,
  fileDeleteDelayMs: 60_000,
  flushMessages: Number.MAX_SAFE_INTEGER,
  flushMs: Number.MAX_SAFE_INTEGER,
}

/** How long a segment takes appends: on a compacted topic no longer than its records may wait for compaction. */
export function rollMs(config: LogConfig): number {
  const bounded = config.compacts && config.maxCompactionLagMs > 0
  return bounded ? Math.min(config.segmentMs, config.maxCompactionLagMs) : config.segmentMs
}
