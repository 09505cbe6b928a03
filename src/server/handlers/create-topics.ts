import type { Controller } from '../../replication/controller.ts'
import type { TopicImage } from '../../replication/metadata/image.ts'
import { MAX_NEW_PARTITIONS, type TopicSpec } from '../../replication/topic-plan.ts'
import { createTopics } from '../../wire/apis/create-topics.ts'
import { errorCodes, KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import type { BrokerConfigs } from '../configs/broker-configs.ts'
import { createdTopicConfigs } from '../configs/describe.ts'
import { validTopicOverrides } from '../configs/validate.ts'
import type { Handler } from '../handler.ts'
import type { ClientQuotas, MutationQuota } from '../quotas/client-quotas.ts'

type RequestTopic = RequestOf<typeof createTopics>['topics'][number]
type TopicAnswer = ResponseOf<typeof createTopics>['topics'][number]

/** The topic of a KRaft quorum, which nobody may make. */
const CLUSTER_METADATA = '__cluster_metadata'
/** First version that refuses what is over the quota; before, it only delays. */
const STRICT_QUOTA = 6

/**
 * Makes topics. The answer comes when their leaders can be written to and read from; a topic that is refused doesn't
 * keep the others from being made.
 */
export function createTopicsHandler(
  controller: Controller,
  configs: BrokerConfigs,
  quotas: ClientQuotas,
): Handler<typeof createTopics> {
  return {
    api: createTopics,
    async handle({ topics, validateOnly }, context) {
      const quota = quotas.mutations(context, context.apiVersion >= STRICT_QUOTA)
      const doubles = doubleNames(topics)
      const asked = [...new Map(topics.map((topic) => [topic.name, topic])).values()]
      requireModestTotal(asked.filter(({ name }) => !doubles.has(name)))
      const specs = asked.map((topic) => withinQuota(specOf(topic, doubles, controller), controller, quota))
      const valid = specs.filter((spec): spec is TopicSpec => !(spec instanceof KafkaError))
      const outcomes = validateOnly
        ? valid.map((spec) => controller.planTopic(spec))
        : await controller.createTopics(valid)
      const bySpec = new Map(valid.map((spec, at) => [spec, outcomes[at]]))
      const shown = new ShownConfigs(configs)
      return {
        throttleTimeMs: quota.throttleMs,
        topics: asked.map((topic, at) => {
          const spec = specs[at]
          if (spec === undefined || spec instanceof KafkaError) return refused(topic.name, spec)
          const outcome = bySpec.get(spec)
          return outcome === undefined || outcome instanceof KafkaError
            ? refused(topic.name, outcome)
            : made(spec, outcome, shown)
        }),
      }
    },
    refuse: ({ topics }, error) => ({ topics: topics.map(({ name }) => refused(name, error)) }),
  }
}

/** The topic as it was to be made, or that there is no quota left for it (KIP-599). */
function withinQuota(
  spec: TopicSpec | KafkaError,
  controller: Controller,
  quota: MutationQuota,
): TopicSpec | KafkaError {
  if (!quota.isLimited || spec instanceof KafkaError) return spec
  const planned = controller.planTopic(spec)
  if (planned instanceof KafkaError) return planned
  try {
    quota.take(planned.length)
    return spec
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
}

/** A topic with the default number of partitions counts as one here: the limit is there for absurd numbers. */
function requireModestTotal(topics: readonly RequestTopic[]): void {
  const countOf = ({ numPartitions, assignments }: RequestTopic) =>
    assignments.length > 0 ? assignments.length : Math.max(1, numPartitions)
  const total = topics.reduce((sum, topic) => sum + countOf(topic), 0)
  if (total > MAX_NEW_PARTITIONS)
    throw new KafkaError('POLICY_VIOLATION', 'Excessively large number of partitions per request.')
}

function doubleNames(topics: readonly RequestTopic[]): ReadonlySet<string> {
  const seen = new Set<string>()
  return new Set(topics.map(({ name }) => name).filter((name) => seen.has(name) || !seen.add(name)))
}

/** What is asked for, or why it can't be: names are looked at first, then configs, then numbers, as Kafka does. */
function specOf(
  topic: RequestTopic,
  doubles: ReadonlySet<string>,
  controller: Controller,
): TopicSpec | KafkaError {
  try {
    if (doubles.has(topic.name)) throw new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')
    if (topic.name === CLUSTER_METADATA)
      throw new KafkaError('INVALID_REQUEST', `Creation of internal topic ${CLUSTER_METADATA} is prohibited.`)
    const spec: TopicSpec = {
      name: topic.name,
      partitionCount: topic.numPartitions,
      replicationFactor: topic.replicationFactor,
      assignments: topic.assignments.length === 0 ? null : assignmentsOf(topic),
      configs: new Map(),
    }
    if (topic.configs.length === 0) return spec
    const named = controller.planTopic({
      ...spec,
      partitionCount: 1,
      replicationFactor: 1,
      assignments: null,
    })
    if (named instanceof KafkaError) return named
    const configs = validTopicOverrides(new Map(topic.configs.map(({ name, value }) => [name, value])))
    return { ...spec, configs }
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
}

/** The replicas by partition index, which must run from 0 without a gap. */
function assignmentsOf({ assignments }: RequestTopic): number[][] {
  const byIndex = new Map(assignments.map(({ partitionIndex, brokerIds }) => [partitionIndex, brokerIds]))
  if (byIndex.size !== assignments.length)
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      'Found multiple manual partition assignments for one partition.',
    )
  return assignments.map((_, index) => {
    const brokerIds = byIndex.get(index)
    if (brokerIds === undefined)
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        'Manual partition assignments must be consecutive, beginning with partition 0.',
      )
    return brokerIds
  })
}

function made(
  spec: TopicSpec,
  outcome: TopicImage | readonly (readonly number[])[],
  shown: ShownConfigs,
): TopicAnswer {
  const replicas =
    'partitions' in outcome ? outcome.partitions.map((partition) => partition.replicas) : outcome
  return {
    name: spec.name,
    ...('id' in outcome ? { topicId: outcome.id } : {}),
    errorCode: NONE,
    errorMessage: null,
    numPartitions: replicas.length,
    replicationFactor: replicas[0]?.length ?? 0,
    configs: shown.of(spec.configs),
  }
}

function refused(name: string, error: KafkaError | undefined): TopicAnswer {
  return {
    name,
    errorCode: error?.code ?? errorCodes.UNKNOWN_SERVER_ERROR,
    errorMessage: error?.message ?? null,
    configs: [],
  }
}

/** The configs that an answer shows of its topics, of which there may be thousands with the same ones. */
class ShownConfigs {
  readonly #byOverrides = new Map<string, ReturnType<typeof createdTopicConfigs>>()

  constructor(private readonly configs: BrokerConfigs) {}

  of(overrides: ReadonlyMap<string, string>): ReturnType<typeof createdTopicConfigs> {
    const key = JSON.stringify([...overrides])
    const known = this.#byOverrides.get(key)
    if (known !== undefined) return known
    const rows = createdTopicConfigs(this.configs, overrides)
    this.#byOverrides.set(key, rows)
    return rows
  }
}
