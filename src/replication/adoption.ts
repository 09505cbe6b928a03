import type { Disk } from '../runtime/disk.ts'
import type { Logger } from '../runtime/log.ts'
import type { Log } from '../storage/log.ts'
import { ZERO_UUID } from '../wire/schema/field.ts'
import type { ClusterMetadata } from './cluster-metadata.ts'
import type { ConfigChange, Controller } from './controller.ts'
import { readKraftConfigs } from './kraft-configs.ts'
import type { Partitions } from './partitions.ts'

/** What is known of a topic from the folders of its partitions alone. */
interface FoundTopic {
  topicId: string
  partitionCount: number
}

export interface Adoption {
  readonly disk: Disk
  readonly logs: Iterable<Log>
  readonly metadata: ClusterMetadata
  readonly controller: Controller
  readonly nodeId: number
  /** What of the configs of a resource, as another broker had them, can be kept. */
  readonly accept: (found: ConfigChange) => ConfigChange
}

/**
 * Takes over the logs of a data folder that has no metadata of ours yet: another Kafka broker wrote it. Topics keep
 * their ids, their records and, where its metadata log lies beside them, what was configured. Where no id is known (Kafka
 * before 2.8 had none) a topic is given one, which is written to its folders first: from then on they are this topic's.
 */
export async function adoptLogs({
  disk,
  logs,
  metadata,
  controller,
  nodeId,
  accept,
}: Adoption): Promise<void> {
  // The topics are taken over in one transaction, which may have been the last before a crash.
  if (metadata.image.clusterId !== null || metadata.image.topics.size > 0) return
  const topics = new Map<string, FoundTopic>()
  const all = [...logs]
  for (const { topic, partition, topicId } of all) {
    const found = topics.get(topic) ?? { topicId, partitionCount: 0 }
    if (found.topicId === ZERO_UUID) found.topicId = topicId
    found.partitionCount = Math.max(found.partitionCount, partition + 1)
    topics.set(topic, found)
  }
  for (const found of topics.values())
    if (found.topicId === ZERO_UUID) found.topicId = controller.newTopicId()
  for (const log of all)
    if (log.topicId === ZERO_UUID) log.assignTopicId(topics.get(log.topic)?.topicId ?? ZERO_UUID)
  if (topics.size === 0) return
  const configs = readKraftConfigs(disk).filter(({ resourceType, name }) => {
    if (resourceType === 'topic') return topics.has(name)
    // What a single broker was told is of its machine: its listeners, its threads.
    return resourceType !== 'broker' || name === ''
  })
  await controller.adoptTopics(topics, nodeId, configs.map(accept))
}

/**
 * Tells of logs that belong to no topic: those of a topic whose deletion was cut short, or folders that somebody put
 * here. They are not served and not touched.
 */
export function reportStrayLogs(logs: Iterable<Log>, partitions: Partitions, logger: Logger): void {
  const strays = [...logs].filter((log) => partitions.get(log.topic, log.partition)?.log !== log)
  if (strays.length > 0)
    logger.warn(
      { logs: strays.map(({ name }) => name) },
      'these folders belong to no topic and are left alone',
    )
}
