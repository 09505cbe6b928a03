import { KafkaError } from '../../wire/errors.ts'
import type { ModernGroupConfig } from '../modern/config.ts'
import type { TopicInfo } from './topology.ts'

/** What an operator can set about streams groups alone; the names of Kafka's configs stand behind each field. */
export interface StreamsGroupConfig extends ModernGroupConfig {
  /** group.streams.initial.rebalance.delay.ms; of the group: streams.initial.rebalance.delay.ms */
  readonly initialRebalanceDelayMs: number
  /** group.streams.num.standby.replicas; of the group: streams.num.standby.replicas */
  readonly standbyReplicas: number
  /** group.streams.rack.aware.assignment.tags; of the group: streams.rack.aware.assignment.tags */
  readonly rackAwareTags: readonly string[]
  /** group.streams.task.offset.interval.ms; of the group: streams.task.offset.interval.ms */
  readonly taskOffsetIntervalMs: number
  /** group.streams.acceptable.recovery.lag; of the group: streams.acceptable.recovery.lag */
  readonly acceptableRecoveryLag: number
}

/** What streams groups need of the broker around them. */
export interface StreamsEnvironment {
  /** What is set for one group, by itself or by the broker; looked at with every decision. */
  config(groupId: string): StreamsGroupConfig
  /** Makes internal topics; resolves with why not, by the names of those that can't be made. */
  makeTopics(topics: readonly TopicInfo[]): Promise<ReadonlyMap<string, string>>
}

/** Where streams groups are not served. */
export const noStreamsGroups: StreamsEnvironment = {
  config() {
    throw new KafkaError('UNSUPPORTED_VERSION')
  },
  makeTopics: async (topics) => new Map(topics.map(({ name }) => [name, 'not served'])),
}
