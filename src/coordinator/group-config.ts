/** What an operator can set about groups; the names of Kafka's configs stand behind each field. */
export interface GroupConfig {
  /** group.min.session.timeout.ms */
  readonly minSessionTimeoutMs: number
  /** group.max.session.timeout.ms */
  readonly maxSessionTimeoutMs: number
  /** group.max.size */
  readonly maxSize: number
  /** group.initial.rebalance.delay.ms: how long an empty group waits for more members after its first. */
  readonly initialRebalanceDelayMs: number
  /** offset.metadata.max.bytes; counted in UTF-16 units, as Kafka does. */
  readonly offsetMetadataMaxBytes: number
  /** offsets.retention.minutes, in milliseconds. */
  readonly offsetsRetentionMs: number
  /** offsets.retention.check.interval.ms */
  readonly offsetsRetentionCheckIntervalMs: number
  /** odradek.group.evict.on.close: a dynamic member whose connection closes leaves after `evictGraceMs`. */
  readonly evictOnClose: boolean
  readonly evictGraceMs: number
}

const HOUR_MS = 3_600_000

/** Kafka's own values: the `realistic` profile. */
export const realisticGroupConfig: GroupConfig = {
  minSessionTimeoutMs: 6_000,
  maxSessionTimeoutMs: 1_800_000,
  maxSize: 2_147_483_647,
  initialRebalanceDelayMs: 3_000,
  offsetMetadataMaxBytes: 4_096,
  offsetsRetentionMs: 7 * 24 * HOUR_MS,
  offsetsRetentionCheckIntervalMs: 600_000,
  evictOnClose: false,
  evictGraceMs: 500,
}

/** Nothing waits that need not: the `instant` profile, which is the default. */
export const instantGroupConfig: GroupConfig = {
  ...realisticGroupConfig,
  minSessionTimeoutMs: 1,
  initialRebalanceDelayMs: 0,
  evictOnClose: true,
}
