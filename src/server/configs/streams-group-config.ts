/** The configs of one streams group that it may set for itself, and whether there are such groups at all. */
import type { MetadataImage } from '../../replication/metadata/image.ts'
import type { BrokerConfig, ReadConfig } from './broker-config.ts'
import { groupResourceConfigs as table } from './tables/group-resource-configs.ts'

/** What a group may set for itself. */
export function readStreamsGroupConfig(read: ReadConfig) {
  return {
    sessionTimeoutMs: read(table['streams.session.timeout.ms']),
    heartbeatIntervalMs: read(table['streams.heartbeat.interval.ms']),
    assignmentIntervalMs: read(table['streams.assignment.interval.ms']),
    initialRebalanceDelayMs: read(table['streams.initial.rebalance.delay.ms']),
    standbyReplicas: read(table['streams.num.standby.replicas']),
    rackAwareTags: read(table['streams.rack.aware.assignment.tags']),
    taskOffsetIntervalMs: read(table['streams.task.offset.interval.ms']),
    acceptableRecoveryLag: read(table['streams.acceptable.recovery.lag']),
  } as const
}

/** Whether streams groups are served: the broker speaks with them, and the cluster has agreed to have them. */
export function servesStreamsGroups({ streams }: BrokerConfig, image: MetadataImage): boolean {
  return streams.isSpoken && image.featureLevel('streams.version') > 0
}
