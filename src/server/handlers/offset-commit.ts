import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import type { OffsetCommitTopic, TopicResult } from '../../coordinator/offsets/offset-decisions.ts'
import { offsetCommit } from '../../wire/apis/offset-commit.ts'
import { type ErrorName, errorCodes, KafkaError } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import type { Handler } from '../handler.ts'
import type { TopicLookup } from '../topic-lookup.ts'

const FIRST_WITH_TOPIC_IDS = 10
const FIRST_TO_TELL_UNKNOWN_GROUP = 9
/** The last millisecond that the log's format and ours can both hold. */
const LATEST_MS = Number.MAX_SAFE_INTEGER

type RequestTopic = RequestOf<typeof offsetCommit>['topics'][number]

/** A topic of the request with what is known of it. */
interface Resolved {
  readonly asked: RequestTopic
  readonly topic: OffsetCommitTopic
  /** What every partition hears when there is no such topic. */
  readonly missing: ErrorName | undefined
}

/**
 * Stores how far a group has read. Partitions that don't exist are told so one by one and don't hinder the others;
 * what goes wrong with the group is told for each partition that does exist.
 * Source: apache/kafka `KafkaApis.handleOffsetCommitRequest`.
 */
export function offsetCommitHandler(
  groups: GroupCoordinator,
  topics: TopicLookup,
): Handler<typeof offsetCommit> {
  return {
    api: offsetCommit,
    async handle(request, { apiVersion, connection }) {
      const resolved = request.topics.map((topic) => resolve(topic, apiVersion, topics))
      const known = resolved.filter(({ topic }) => topic.partitions.length > 0)
      const intent = {
        groupId: request.groupId,
        generationId: request.generationIdOrMemberEpoch,
        memberId: request.memberId,
        groupInstanceId: request.groupInstanceId,
        retentionTimeMs: clamped(request.retentionTimeMs),
        topics: known.map(({ topic }) => topic),
        tellsUnknownGroup: apiVersion >= FIRST_TO_TELL_UNKNOWN_GROUP,
        isTransactional: false,
      }
      const commit = async () => (known.length === 0 ? [] : await groups.commit(intent, connection))
      return { topics: merge(resolved, await outcome(commit)) }
    },
    refuse(request, error) {
      return { topics: request.topics.map((topic) => answerAll(topic, error.code)) }
    },
  }
}

function resolve(asked: RequestTopic, apiVersion: number, lookup: TopicLookup): Resolved {
  const hasIds = apiVersion >= FIRST_WITH_TOPIC_IDS
  const name = hasIds ? lookup.topicName(asked.topicId) : asked.name
  const count = name === undefined ? undefined : lookup.partitionCount(name)
  if (name === undefined || count === undefined) {
    const missing = hasIds ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'
    return { asked, topic: { name: asked.name, topicId: asked.topicId, partitions: [] }, missing }
  }
  const partitions = asked.partitions
    .filter(({ partitionIndex }) => partitionIndex >= 0 && partitionIndex < count)
    .map((partition) => ({ ...partition, commitTimestampMs: clamped(partition.commitTimestamp) }))
  const topicId = lookup.topicId(name) ?? ZERO_UUID
  return { asked, topic: { name, topicId, partitions }, missing: undefined }
}

/** The results, or the error that all of them share. */
async function outcome(
  commit: () => Promise<readonly TopicResult[]>,
): Promise<readonly TopicResult[] | KafkaError> {
  try {
    return await commit()
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
}

/** Every partition that was asked about is answered, in the request's order. */
function merge(resolved: readonly Resolved[], results: readonly TopicResult[] | KafkaError) {
  let next = 0
  return resolved.map(({ asked, topic, missing }) => {
    if (missing !== undefined) return answerAll(asked, errorCodes[missing])
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

function answerAll({ name, topicId, partitions }: RequestTopic, errorCode: number) {
  return {
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  }
}

/** A time as a number: -1 stays "none", what is out of range goes to the nearest end. */
function clamped(time: bigint): number {
  if (time === -1n) return -1
  const latest = BigInt(LATEST_MS) / 2n
  return Number(time > latest ? latest : time < 0n ? 0n : time)
}
