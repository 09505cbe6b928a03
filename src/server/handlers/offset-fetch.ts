import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import type { OffsetFetchTopic, OffsetFetchTopicResult } from '../../coordinator/offsets/offset-fetch.ts'
import { noOffset } from '../../coordinator/offsets/offset-fetch.ts'
import { offsetFetch } from '../../wire/apis/offset-fetch.ts'
import { errorCodes, type KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import { answerEach } from '../answer-each.ts'
import type { Handler } from '../handler.ts'
import type { TopicLookup } from '../topic-lookup.ts'

const FIRST_WITH_GROUP_ERROR = 2
const FIRST_BATCHED_VERSION = 8
const FIRST_WITH_TOPIC_IDS = 10

type Request = RequestOf<typeof offsetFetch>
type Response = ResponseOf<typeof offsetFetch>
type RequestGroup = Request['groups'][number]

interface GroupAnswer {
  readonly groupId: string
  readonly topics: readonly OffsetFetchTopicResult[]
  readonly errorCode: number
}

/**
 * Tells how far groups have read: one group until version 7, any number from version 8 on; of the partitions asked
 * for, or of all when the topics are null. Member id and epoch matter to consumer groups (KIP-848) only.
 * Source: apache/kafka `KafkaApis.handleOffsetFetchRequest`, `OffsetFetchResponse.java`.
 */
export function offsetFetchHandler(
  groups: GroupCoordinator,
  topics: TopicLookup,
): Handler<typeof offsetFetch> {
  return {
    api: offsetFetch,
    async handle(request, { apiVersion }) {
      const { requireStable } = request
      const answers = await answerEach(
        groupsOf(request, apiVersion),
        (group) => answerGroup(groups, topics, group, apiVersion, requireStable),
        refusedGroup,
      )
      return inShapeOf(request, apiVersion, answers)
    },
    refuse(request, error, { apiVersion }) {
      const answers = groupsOf(request, apiVersion).map((group) => refusedGroup(group, error))
      return inShapeOf(request, apiVersion, answers)
    },
  }
}

function groupsOf(request: Request, apiVersion: number): readonly RequestGroup[] {
  if (apiVersion >= FIRST_BATCHED_VERSION) return request.groups
  const topics = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null
  return [{ groupId: request.groupId, memberId: null, memberEpoch: -1, topics }]
}

async function answerGroup(
  groups: GroupCoordinator,
  lookup: TopicLookup,
  { groupId, memberId, memberEpoch, topics }: RequestGroup,
  apiVersion: number,
  requireStable: boolean,
): Promise<GroupAnswer> {
  const hasIds = apiVersion >= FIRST_WITH_TOPIC_IDS
  if (topics === null) {
    const all = await groups.fetch(groupId, null, requireStable, memberId, memberEpoch)
    return { groupId, topics: hasIds ? withIds(all, lookup) : all, errorCode: NONE }
  }
  const known = topics.flatMap((topic) => resolve(topic, hasIds, lookup) ?? [])
  const found = await groups.fetch(groupId, known, requireStable, memberId, memberEpoch)
  return { groupId, topics: hasIds ? inOrderOf(topics, found) : found, errorCode: NONE }
}

/** Offsets of a topic that is gone can still be asked for by its name, but not by an id. */
function resolve(
  asked: OffsetFetchTopic,
  hasIds: boolean,
  lookup: TopicLookup,
): OffsetFetchTopic | undefined {
  const { partitionIndexes } = asked
  if (!hasIds) {
    const topicId = lookup.topicId(asked.name) ?? ZERO_UUID
    return { name: asked.name, topicId, partitionIndexes }
  }
  const name = lookup.topicName(asked.topicId)
  return name === undefined ? undefined : { name, topicId: asked.topicId, partitionIndexes }
}

/** Answers by id, in the order of the request; ids that nobody has are unknown. */
function inOrderOf(
  asked: readonly OffsetFetchTopic[],
  found: readonly OffsetFetchTopicResult[],
): OffsetFetchTopicResult[] {
  let next = 0
  return asked.map(({ name, topicId, partitionIndexes }) => {
    const result = found[next]
    if (result?.topicId === topicId) {
      next++
      return result
    }
    const partitions = partitionIndexes.map((index) => noOffset(index, errorCodes.UNKNOWN_TOPIC_ID))
    return { name, topicId, partitions }
  })
}

/** Topics that have no id any more can't be told of. */
function withIds(all: readonly OffsetFetchTopicResult[], lookup: TopicLookup): OffsetFetchTopicResult[] {
  return all.flatMap((topic) => {
    const topicId = lookup.topicId(topic.name)
    return topicId === undefined ? [] : [{ ...topic, topicId }]
  })
}

function refusedGroup({ groupId }: RequestGroup, error: KafkaError): GroupAnswer {
  return { groupId, topics: [], errorCode: error.code }
}

function inShapeOf(request: Request, apiVersion: number, answers: readonly GroupAnswer[]): Response {
  if (apiVersion >= FIRST_BATCHED_VERSION) return { groups: answers }
  const { topics = [], errorCode = NONE } = answers[0] ?? {}
  if (apiVersion >= FIRST_WITH_GROUP_ERROR) return { topics, errorCode }
  if (errorCode !== NONE) return { topics: errorEverywhere(request, errorCode) }
  return { topics: apiVersion === 0 ? topics.map(asFromZooKeeper) : topics }
}

/** Before there was a place for the error of a whole group, each partition bore it. */
function errorEverywhere(request: Request, errorCode: number) {
  return (request.topics ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((index) => noOffset(index, errorCode)),
  }))
}

/** Version 0 read offsets from ZooKeeper, where one that was never committed was an unknown partition. */
function asFromZooKeeper({ name, partitions }: OffsetFetchTopicResult) {
  const missing = errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  return {
    name,
    partitions: partitions.map((partition) =>
      partition.committedOffset === -1 && partition.errorCode === NONE
        ? noOffset(partition.partitionIndex, missing)
        : partition,
    ),
  }
}
