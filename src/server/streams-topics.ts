import type { TopicInfo } from '../coordinator/streams/topology.ts'
import type { Controller } from '../replication/controller.ts'
import { MAX_NEW_PARTITIONS, type TopicSpec } from '../replication/topic-plan.ts'
import { KafkaError } from '../wire/errors.ts'
import { validTopicOverrides } from './configs/validate.ts'

/**
 * Makes the topics that a streams application keeps its state in and repartitions through; resolves with why not, by
 * the names of those that can't be made.
 */
export async function makeStreamsTopics(
  topics: readonly TopicInfo[],
  controller: Controller,
): Promise<ReadonlyMap<string, string>> {
  const total = topics.reduce((sum, { partitions }) => sum + Math.max(1, partitions), 0)
  if (total > MAX_NEW_PARTITIONS)
    return new Map(topics.map(({ name }) => [name, 'Excessively large number of partitions per request.']))
  const refusals = new Map<string, string>()
  const specs: TopicSpec[] = []
  for (const topic of topics) {
    const spec = specOf(topic)
    if (spec instanceof KafkaError) refusals.set(topic.name, spec.message)
    else specs.push(spec)
  }
  const results = await controller.createTopics(specs)
  for (const [at, { name }] of specs.entries()) {
    const result = results[at]
    // Another member may have been quicker.
    if (result instanceof KafkaError && result.error !== 'TOPIC_ALREADY_EXISTS')
      refusals.set(name, result.message)
  }
  return refusals
}

function specOf({ name, partitions, replicationFactor, topicConfigs }: TopicInfo): TopicSpec | KafkaError {
  try {
    const configs = validTopicOverrides(new Map(topicConfigs.map(({ key, value }) => [key, value])))
    return {
      name,
      partitionCount: partitions,
      replicationFactor: replicationFactor === 0 ? -1 : replicationFactor,
      assignments: null,
      configs,
    }
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
}
