import type { ClusterMetadata } from '../../replication/cluster-metadata.ts'
import type { Controller } from '../../replication/controller.ts'
import { deleteTopics } from '../../wire/apis/delete-topics.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import type { Handler } from '../handler.ts'
import type { ClientQuotas, MutationQuota } from '../quotas/client-quotas.ts'

type Request = RequestOf<typeof deleteTopics>
type TopicAnswer = ResponseOf<typeof deleteTopics>['responses'][number]

interface Asked {
  readonly name: string | null
  readonly topicId: string
}

/** First version that names topics by id too. */
const BY_TOPIC_ID = 6
/** First version that has an error for deletion being turned off. */
const WITH_DELETION_DISABLED = 3
/** First version that refuses what is over the quota; before, it only delays. */
const STRICT_QUOTA = 5
const BOTH_WAYS = 'The provided topic name maps to an ID that was already supplied.'

/** Deletes topics. Once answered, they are gone: a topic of the same name can be made at once, and is a new one. */
export function deleteTopicsHandler(
  metadata: ClusterMetadata,
  controller: Controller,
  isEnabled: () => boolean,
  quotas: ClientQuotas,
): Handler<typeof deleteTopics> {
  return {
    api: deleteTopics,
    async handle(request, context) {
      const { apiVersion } = context
      if (!isEnabled())
        throw new KafkaError(
          apiVersion < WITH_DELETION_DISABLED ? 'INVALID_REQUEST' : 'TOPIC_DELETION_DISABLED',
          'This broker is configured not to delete topics.',
        )
      const resolved = uniquely(askedOf(request, apiVersion)).map((asked) => resolve(asked, metadata))
      const quota = quotas.mutations(context, apiVersion >= STRICT_QUOTA)
      const answers = withoutTwins(resolved).map((answer) => withinQuota(answer, metadata, quota))
      const names = answers.flatMap((answer) => (answer instanceof Refusal ? [] : [answer.name]))
      const results = await controller.deleteTopics(names)
      const byName = new Map(names.map((name, at) => [name, results[at]]))
      return {
        throttleTimeMs: quota.throttleMs,
        responses: answers.map((answer) =>
          answer instanceof Refusal ? answer.row : outcomeOf(answer, byName.get(answer.name)),
        ),
      }
    },
    refuse: (request, error, { apiVersion }) => ({
      responses: askedOf(request, apiVersion).map((asked) => new Refusal(asked, error).row),
    }),
  }
}

function askedOf({ topics, topicNames }: Request, apiVersion: number): readonly Asked[] {
  return apiVersion >= BY_TOPIC_ID ? topics : topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
}

class Refusal {
  readonly row: TopicAnswer

  constructor({ name, topicId }: Asked, error: KafkaError) {
    this.row = { name, topicId, errorCode: error.code, errorMessage: error.message }
  }
}

/** The topics asked for; one that is asked for twice, by whatever, is marked by being refused. */
function uniquely(asked: readonly Asked[]): readonly (Asked & { readonly double: boolean })[] {
  const keyOf = ({ name, topicId }: Asked) => (name === null ? `id ${topicId}` : `name ${name}`)
  const unique = new Map<string, Asked & { readonly double: boolean }>()
  for (const each of asked) unique.set(keyOf(each), { ...each, double: unique.has(keyOf(each)) })
  return [...unique.values()]
}

type Resolved = { readonly name: string; readonly topicId: string } | Refusal

function resolve(asked: Asked & { readonly double: boolean }, { image }: ClusterMetadata): Resolved {
  const refuse = (error: KafkaError) => new Refusal(asked, error)
  if (asked.double) return refuse(new KafkaError('INVALID_REQUEST', 'Duplicate topic name or id.'))
  if (asked.name !== null) {
    if (asked.topicId !== ZERO_UUID)
      return refuse(new KafkaError('INVALID_REQUEST', 'You may not specify both topic name and topic id.'))
    const topic = image.topics.get(asked.name)
    if (topic !== undefined) return { name: asked.name, topicId: topic.id }
    return refuse(new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Topic '${asked.name}' does not exist.`))
  }
  if (asked.topicId === ZERO_UUID)
    return refuse(new KafkaError('INVALID_REQUEST', 'Neither topic name nor id were specified.'))
  const name = image.topicNamesById.get(asked.topicId)
  if (name !== undefined) return { name, topicId: asked.topicId }
  return refuse(new KafkaError('UNKNOWN_TOPIC_ID', `No topic has the id ${asked.topicId}.`))
}

/** A topic that is named once and meant once more by its id is refused, and answered once. */
function withoutTwins(resolved: readonly Resolved[]): readonly Resolved[] {
  const byTopic = new Map<Resolved | string, Resolved>()
  for (const each of resolved) {
    const key = each instanceof Refusal ? each : each.topicId
    const isTwin = byTopic.has(key) && !(each instanceof Refusal)
    byTopic.set(key, isTwin ? new Refusal(each, new KafkaError('INVALID_REQUEST', BOTH_WAYS)) : each)
  }
  return [...byTopic.values()]
}

/** The topic to delete, or that there is no quota left for it (KIP-599). */
function withinQuota(answer: Resolved, { image }: ClusterMetadata, quota: MutationQuota): Resolved {
  if (answer instanceof Refusal) return answer
  try {
    quota.take(image.topics.get(answer.name)?.partitions.length ?? 0)
    return answer
  } catch (error) {
    if (error instanceof KafkaError) return new Refusal(answer, error)
    throw error
  }
}

function outcomeOf(
  { name, topicId }: { readonly name: string; readonly topicId: string },
  outcome: unknown,
): TopicAnswer {
  if (outcome instanceof KafkaError)
    return { name, topicId, errorCode: outcome.code, errorMessage: outcome.message }
  return { name, topicId, errorCode: NONE }
}
