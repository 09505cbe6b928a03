import type { ClusterMetadata } from '../replication/cluster-metadata.ts'
import type { Controller } from '../replication/controller.ts'
import { CONSUMER_OFFSETS } from '../replication/topic-name.ts'
import { brokerIds } from '../replication/topic-plan.ts'
import { KafkaError } from '../wire/errors.ts'
import type { BrokerConfigs } from './configs/broker-configs.ts'

/**
 * Makes the topics in which coordinators live, when they are missing. A broker does it before it serves: the first
 * group of a fresh broker finds its coordinator at once.
 */
export async function ensureInternalTopics(
  metadata: ClusterMetadata,
  controller: Controller,
  configs: BrokerConfigs,
): Promise<void> {
  const { image } = metadata
  if (image.topics.has(CONSUMER_OFFSETS)) return
  const { offsetsTopic } = configs.current()
  const [result] = await controller.createTopics([
    {
      name: CONSUMER_OFFSETS,
      partitionCount: offsetsTopic.numPartitions,
      replicationFactor: Math.min(offsetsTopic.replicationFactor, brokerIds(image).length),
      assignments: null,
      // Source: apache/kafka `GroupCoordinatorService.groupMetadataTopicConfigs`.
      configs: new Map([
        ['cleanup.policy', 'compact'],
        ['compression.type', 'producer'],
        ['segment.bytes', String(offsetsTopic.segmentBytes)],
      ]),
    },
  ])
  if (result instanceof KafkaError && result.error !== 'TOPIC_ALREADY_EXISTS') throw result
}
