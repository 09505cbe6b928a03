/**
 * The topics of a request that commits offsets: which of them exist, and the answer in the request's own order. What
 * doesn't exist is told so partition by partition and doesn't hinder the others.
 */
import type {
  OffsetCommitPartition,
  OffsetCommitTopic,
  TopicResult,
} from '../coordinator/offsets/offset-decisions.ts'
import { type ErrorName, errorCodes, KafkaError } from '../wire/errors.ts'
import { ZERO_UUID } from '../wire/schema/field.ts'
import type { TopicLookup } from './topic-lookup.ts'

/** A topic as a request names it. */
export interface AskedTopic<Partition extends { readonly partitionIndex: number }> {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly Partition[]
}

type AskedPartition = { readonly partitionIndex: number }

/** A topic of the request with what is known of it. */
export interface ResolvedTopic {
  readonly asked: AskedTopic<AskedPartition>
  readonly topic: OffsetCommitTopic
  /** What every partition hears when there is no such topic. */
  readonly missing: ErrorName | undefined
}

/** With ids a topic is looked for by its id, else by its name. `toCommit` gives what is to be kept of a partition. */
export function resolveTopic<Partition extends AskedPartition>(
  asked: AskedTopic<Partition>,
  hasIds: boolean,
  lookup: TopicLookup,
  toCommit: (partition: Partition) => OffsetCommitPartition,
): ResolvedTopic {
  const name = hasIds ? lookup.topicName(asked.topicId) : asked.name
  const count = name === undefined ? undefined : lookup.partitionCount(name)
  if (name === undefined || count === undefined) {
    const missing = hasIds ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'
    return { asked, topic: { name: asked.name, topicId: asked.topicId, partitions: [] }, missing }
  }
  const partitions = asked.partitions
    .filter(({ partitionIndex }) => partitionIndex >= 0 && partitionIndex < count)
    .map(toCommit)
  const topicId = lookup.topicId(name) ?? ZERO_UUID
  return { asked, topic: { name, topicId, partitions }, missing: undefined }
}

/** Commits what exists, if anything does: the results, or the error that all of them share. */
export async function commitKnown(
  resolved: readonly ResolvedTopic[],
  commit: (topics: readonly OffsetCommitTopic[]) => readonly TopicResult[] | Promise<readonly TopicResult[]>,
): Promise<readonly TopicResult[] | KafkaError> {
  const known = resolved.filter(({ topic }) => topic.partitions.length > 0).map(({ topic }) => topic)
  try {
    return known.length === 0 ? [] : await commit(known)
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
}

/** Every partition that was asked about is answered, in the request's order. */
export function mergeResults(
  resolved: readonly ResolvedTopic[],
  results: readonly TopicResult[] | KafkaError,
) {
  let next = 0
  return resolved.map(({ asked, topic, missing }) => {
    if (missing !== undefined) return answerTopic(asked, errorCodes[missing])
    const result =
      topic.partitions.length === 0 || results instanceof KafkaError ? undefined : results[next++]
    const shared = results instanceof KafkaError ? results.code : errorCodes.UNKNOWN_SERVER_ERROR
    let nextPartition = 0
    const partitions = asked.partitions.map(({ partitionIndex }) => {
      const isKnown = topic.partitions[nextPartition]?.partitionIndex === partitionIndex
      if (!isKnown) return { partitionIndex, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION }
      return { partitionIndex, errorCode: result?.partitions[nextPartition++]?.errorCode ?? shared }
    })
    return { name: asked.name, topicId: asked.topicId, partitions }
  })
}

/** One error for all partitions of a topic. */
export function answerTopic({ name, topicId, partitions }: AskedTopic<AskedPartition>, errorCode: number) {
  return {
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  }
}
