/** The configs of one consumer group that it may set for itself, and all that hold for it. */
import type { ConsumerGroupConfig } from '../../coordinator/consumer/config.ts'
import type { BrokerConfig, ReadConfig } from './broker-config.ts'
import { groupResourceConfigs as table } from './tables/group-resource-configs.ts'

/** What a group may set for itself. */
export function readConsumerGroupConfig(read: ReadConfig) {
  return {
    sessionTimeoutMs: read(table['consumer.session.timeout.ms']),
    heartbeatIntervalMs: read(table['consumer.heartbeat.interval.ms']),
    assignmentIntervalMs: read(table['consumer.assignment.interval.ms']),
  } as const
}

export function consumerGroupConfig(read: ReadConfig, { consumerGroups }: BrokerConfig): ConsumerGroupConfig {
  return { ...consumerGroups, ...readConsumerGroupConfig(read) }
}
