import type { ClusterMetadata } from '../../replication/cluster-metadata.ts'
import type { MetadataImage, TopicImage } from '../../replication/metadata/image.ts'
import { isInternalTopic, missingTopic } from '../../replication/topic-name.ts'
import { describeTopicPartitions } from '../../wire/apis/describe-topic-partitions.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import { allTopicOperations, NOT_ASKED } from '../authorized-operations.ts'
import type { Handler } from '../handler.ts'
import { describedPartition } from '../partition-description.ts'

type Request = RequestOf<typeof describeTopicPartitions>
type Response = ResponseOf<typeof describeTopicPartitions>
type TopicAnswer = Response['topics'][number]

/**
 * Describes topics a page at a time (KIP-966): in the order of their names, from the cursor on, until as many
 * partitions are described as the client or the broker (`max.request.partition.size.limit`) wants.
 */
export function describeTopicPartitionsHandler(
  metadata: ClusterMetadata,
  maxPartitions: () => number,
): Handler<typeof describeTopicPartitions> {
  return {
    api: describeTopicPartitions,
    handle(request) {
      const { image } = metadata
      const names = namesFrom(request, image)
      const limit = Math.max(1, Math.min(request.responsePartitionLimit, maxPartitions()))
      return page(names, firstIndex(request, names), limit, image)
    },
    refuse: ({ topics }, error) => ({
      topics: topics.map(({ name }) => ({
        ...unknownTopic(name, error.code),
        topicAuthorizedOperations: NOT_ASKED,
      })),
    }),
  }
}

/** The topics that are asked for, all of them when none is named, from the cursor's topic on. */
function namesFrom({ topics, cursor }: Request, image: MetadataImage): string[] {
  if (cursor !== null && topics.length > 0 && !topics.some(({ name }) => name === cursor.topicName))
    throw new KafkaError(
      'INVALID_REQUEST',
      `The list of topics should contain the cursor's topic: ${cursor.topicName}`,
    )
  const asked = topics.length === 0 ? image.topics.keys() : topics.map(({ name }) => name)
  const names = [...new Set(asked)].sort()
  return cursor === null ? names : names.filter((name) => name >= cursor.topicName)
}

function firstIndex({ cursor }: Request, [first]: readonly string[]): number {
  if (cursor === null) return 0
  if (cursor.partitionIndex < 0)
    throw new KafkaError('INVALID_REQUEST', 'The cursor has a negative partition.')
  return cursor.topicName === first ? cursor.partitionIndex : 0
}

function page(names: readonly string[], from: number, limit: number, image: MetadataImage): Response {
  const topics: TopicAnswer[] = []
  let start = from
  let room = limit
  for (const name of names) {
    if (room === 0) return { topics, nextCursor: { topicName: name, partitionIndex: start } }
    const topic = image.topics.get(name)
    if (topic === undefined) {
      topics.push(unknownTopic(name, missingTopic(name).code))
      continue
    }
    const end = Math.min(topic.partitions.length, start + room)
    topics.push(describedTopic(topic, start, end, image))
    room -= Math.max(0, end - start)
    if (end < topic.partitions.length) return { topics, nextCursor: { topicName: name, partitionIndex: end } }
    start = 0
  }
  return { topics }
}

function unknownTopic(name: string, errorCode: number): TopicAnswer {
  return {
    errorCode,
    name,
    topicId: ZERO_UUID,
    isInternal: isInternalTopic(name),
    partitions: [],
    topicAuthorizedOperations: allTopicOperations,
  }
}

function describedTopic(
  { name, id, partitions }: TopicImage,
  start: number,
  end: number,
  image: MetadataImage,
): TopicAnswer {
  return {
    errorCode: NONE,
    name,
    topicId: id,
    isInternal: isInternalTopic(name),
    partitions: partitions.slice(start, end).map((partition, at) => ({
      ...describedPartition(partition, start + at, image),
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
    })),
    topicAuthorizedOperations: allTopicOperations,
  }
}
