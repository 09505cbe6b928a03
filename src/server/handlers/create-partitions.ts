import type { ClusterMetadata } from '../../replication/cluster-metadata.ts'
import type { Controller } from '../../replication/controller.ts'
import type { TopicImage } from '../../replication/metadata/image.ts'
import { brokerIds, checkReplicas, MAX_NEW_PARTITIONS } from '../../replication/topic-plan.ts'
import { createPartitions } from '../../wire/apis/create-partitions.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import { answerEach } from '../answer-each.ts'
import type { Handler } from '../handler.ts'
import type { ClientQuotas } from '../quotas/client-quotas.ts'

type RequestTopic = RequestOf<typeof createPartitions>['topics'][number]
type TopicAnswer = ResponseOf<typeof createPartitions>['results'][number]

/** First version that refuses what is over the quota; before, it only delays. */
const STRICT_QUOTA = 3

/** Adds partitions to topics. They can be used once the answer is there. */
export function createPartitionsHandler(
  metadata: ClusterMetadata,
  controller: Controller,
  quotas: ClientQuotas,
): Handler<typeof createPartitions> {
  return {
    api: createPartitions,
    async handle({ topics, validateOnly }, context) {
      const quota = quotas.mutations(context, context.apiVersion >= STRICT_QUOTA)
      const asked = [...new Map(topics.map((topic) => [topic.name, topic])).values()]
      const last = new Set(asked)
      const doubles = new Set(topics.filter((topic) => !last.has(topic)).map(({ name }) => name))
      requireModestTotal(asked, metadata)
      const grow = async (topic: RequestTopic): Promise<TopicAnswer> => {
        if (doubles.has(topic.name)) throw new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')
        const { image, assignments } = plan(topic, metadata, controller)
        quota.take(topic.count - image.partitions.length)
        if (!validateOnly) await controller.createPartitions(image, topic.count, assignments)
        return { name: topic.name, errorCode: NONE }
      }
      const results = await answerEach(asked, grow, refused)
      return { throttleTimeMs: quota.throttleMs, results }
    },
    refuse: ({ topics }, error) => ({ results: topics.map((topic) => refused(topic, error)) }),
  }
}

function requireModestTotal(topics: readonly RequestTopic[], { image }: ClusterMetadata): void {
  const added = topics.reduce((sum, { name, count }) => {
    const topic = image.topics.get(name)
    return topic === undefined ? sum : sum + Math.max(0, count - topic.partitions.length)
  }, 0)
  if (added > MAX_NEW_PARTITIONS)
    throw new KafkaError('POLICY_VIOLATION', 'Excessively large number of additional partitions per request.')
}

function plan(
  { name, count, assignments }: RequestTopic,
  { image }: ClusterMetadata,
  controller: Controller,
): { image: TopicImage; assignments: readonly (readonly number[])[] } {
  const topic = image.topics.get(name)
  if (topic === undefined)
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Topic '${name}' does not exist.`)
  const existing = topic.partitions.length
  if (count === existing)
    throw new KafkaError('INVALID_PARTITIONS', `Topic already has ${existing} partition(s).`)
  if (count < existing)
    throw new KafkaError(
      'INVALID_PARTITIONS',
      `The topic ${name} currently has ${existing} partition(s); ${count} would not be an increase.`,
    )
  const added = count - existing
  if (assignments === null) return { image: topic, assignments: controller.assignPartitions(topic, added) }
  if (assignments.length !== added)
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      `Attempted to add ${added} additional partition(s), but ${assignments.length} assignment(s) were specified.`,
    )
  const replicas = assignments.map((assignment) => assignment.brokerIds)
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1
  for (const each of replicas) checkReplicas(each, replicationFactor, brokerIds(image))
  return { image: topic, assignments: replicas }
}

function refused({ name }: RequestTopic, error: KafkaError): TopicAnswer {
  return { name, errorCode: error.code, errorMessage: error.message }
}
