/** The configs of one share group that it may set for itself: all that hold for it. */
import type { ReadConfig } from './broker-config.ts'
import { groupResourceConfigs } from './tables/group-resource-configs.ts'

export type ShareGroupConfig = ReturnType<typeof readShareGroupConfig>

/** Where a share group begins in a partition that it has not read. */
export type ShareOffsetReset =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  /** At the first record that is not older than this. */
  | { readonly kind: 'by_duration'; readonly durationMs: number }

export function readShareGroupConfig(read: ReadConfig) {
  return {
    lockDurationMs: read(groupResourceConfigs['share.record.lock.duration.ms']),
    maxDeliveries: read(groupResourceConfigs['share.delivery.count.limit']),
    maxLocks: read(groupResourceConfigs['share.partition.max.record.locks']),
    sessionTimeoutMs: read(groupResourceConfigs['share.session.timeout.ms']),
    heartbeatIntervalMs: read(groupResourceConfigs['share.heartbeat.interval.ms']),
    offsetReset: offsetReset(read(groupResourceConfigs['share.auto.offset.reset'])),
    readsCommitted: read(groupResourceConfigs['share.isolation.level']) === 'read_committed',
    renewAcknowledgeEnable: read(groupResourceConfigs['share.renew.acknowledge.enable']),
    /** Where rejected records go, and those that are delivered too often; empty for nowhere. */
    deadLetterTopic: read(groupResourceConfigs['errors.deadletterqueue.topic.name']),
    copiesDeadLetters: read(groupResourceConfigs['errors.deadletterqueue.copy.record.enable']),
  } as const
}

const UNITS_MS = { D: 86_400_000, H: 3_600_000, M: 60_000, S: 1000 } as const

/** The text has been checked: `by_duration:` goes before an ISO 8601 duration. */
function offsetReset(text: string): ShareOffsetReset {
  if (text === 'earliest' || text === 'latest') return { kind: text }
  let durationMs = 0
  const duration = text.toUpperCase().replace(/^BY_DURATION:/, '')
  for (const [, amount, unit] of duration.matchAll(/([\d.]+)([DHMS])/g))
    if (unit === 'D' || unit === 'H' || unit === 'M' || unit === 'S')
      durationMs += Number(amount) * UNITS_MS[unit]
  return { kind: 'by_duration', durationMs }
}
