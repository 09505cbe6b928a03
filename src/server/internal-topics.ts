/**
 * Kafka's own topics, in which coordinators live: how many partitions each has and which configs (apache/kafka
 * `DefaultAutoTopicCreationManager`). A coordinator that needs its topic makes it from here, and so does a client that
 * asks for its metadata.
 */
import type { ClusterMetadata } from '../replication/cluster-metadata.ts'
import type { Controller } from '../replication/controller.ts'
import { CONSUMER_OFFSETS, SHARE_GROUP_STATE, TRANSACTION_STATE } from '../replication/topic-name.ts'
import { brokerIds, type TopicSpec } from '../replication/topic-plan.ts'
import { KafkaError } from '../wire/errors.ts'
import type { BrokerConfig } from './configs/broker-config.ts'
import type { BrokerConfigs } from './configs/broker-configs.ts'

interface InternalTopic {
  readonly numPartitions: number
  /** A wish: bounded by the brokers there are. */
  readonly replicationFactor: number
  readonly configs: (replicationFactor: number) => Readonly<Record<string, string>>
}

const tables: ReadonlyMap<string, (config: BrokerConfig) => InternalTopic> = new Map([
  [CONSUMER_OFFSETS, offsetsTopic],
  [TRANSACTION_STATE, transactionStateTopic],
  [SHARE_GROUP_STATE, shareStateTopic],
])

/** How a topic is made that nobody has described: an internal one in its own way, any other with the defaults. */
export function autoCreatedTopic(name: string, config: BrokerConfig, brokerCount: number): TopicSpec {
  const topic = tables.get(name)?.(config)
  if (topic === undefined)
    return { name, partitionCount: -1, replicationFactor: -1, assignments: null, configs: new Map() }
  const replicationFactor = Math.min(topic.replicationFactor, Math.max(brokerCount, 1))
  return {
    name,
    partitionCount: topic.numPartitions,
    replicationFactor,
    assignments: null,
    configs: new Map(Object.entries(topic.configs(replicationFactor))),
  }
}

/**
 * Makes an internal topic when it is missing; when this resolves its partitions have leaders. Rejects with the
 * KafkaError that refuses it.
 */
export async function ensureInternalTopic(
  name: string,
  metadata: ClusterMetadata,
  controller: Controller,
  configs: BrokerConfigs,
): Promise<void> {
  const { image } = metadata
  if (image.topics.has(name)) return
  const spec = autoCreatedTopic(name, configs.current(), brokerIds(image).length)
  const [result] = await controller.createTopics([spec])
  if (result instanceof KafkaError && result.error !== 'TOPIC_ALREADY_EXISTS') throw result
}

/**
 * How many partitions an internal topic's keys are spread over. A topic may be older than the setting; and one that is
 * given more partitions while the broker runs keeps its keys where they are until the next start, as in Kafka
 * (`GroupCoordinatorService.startup` counts once): else a group would lose its offsets under its members' hands.
 */
export function partitionCounter(
  name: string,
  metadata: ClusterMetadata,
  configured: () => number,
): () => number {
  let counted: { readonly topicId: string; readonly partitionCount: number } | undefined
  return () => {
    const topic = metadata.image.topics.get(name)
    if (topic === undefined) return configured()
    if (counted?.topicId !== topic.id)
      counted = { topicId: topic.id, partitionCount: topic.partitions.length }
    return counted.partitionCount
  }
}

/** Source: apache/kafka `GroupCoordinatorService.groupMetadataTopicConfigs`. */
function offsetsTopic({ offsetsTopic: topic }: BrokerConfig): InternalTopic {
  return {
    ...topic,
    configs: () => ({
      'cleanup.policy': 'compact',
      'compression.type': 'producer',
      'segment.bytes': String(topic.segmentBytes),
    }),
  }
}

/** Source: apache/kafka `TransactionStateManager.transactionStateTopicConfigs`. */
function transactionStateTopic({ transactionTopic: topic }: BrokerConfig): InternalTopic {
  return {
    ...topic,
    configs: (replicationFactor) => ({
      'cleanup.policy': 'compact',
      'compression.type': 'uncompressed',
      // More than there are replicas could never be in sync.
      'min.insync.replicas': String(Math.min(topic.minInSyncReplicas, replicationFactor)),
      'segment.bytes': String(topic.segmentBytes),
      'unclean.leader.election.enable': 'false',
    }),
  }
}

/** Source: apache/kafka `ShareCoordinatorService.shareGroupStateTopicConfigs`. */
function shareStateTopic({ shareStateTopic: topic }: BrokerConfig): InternalTopic {
  return {
    ...topic,
    configs: (replicationFactor) => ({
      'cleanup.policy': 'delete',
      'compression.type': 'producer',
      'min.insync.replicas': String(Math.min(topic.minInSyncReplicas, replicationFactor)),
      'retention.ms': '-1',
      'segment.bytes': String(topic.segmentBytes),
    }),
  }
}
