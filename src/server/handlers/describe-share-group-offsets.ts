import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import type { SharedTopic, ShareGroup } from '../../coordinator/share/share-group.ts'
import type { SharePartitionStates } from '../../coordinator/share-state/share-coordinator.ts'
import type { SharePartitionSummary } from '../../coordinator/share-state/share-state-shard.ts'
import type { Partitions } from '../../replication/partitions.ts'
import { describeShareGroupOffsets } from '../../wire/apis/describe-share-group-offsets.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import { answerEach } from '../answer-each.ts'
import type { Handler } from '../handler.ts'
import type { TopicLookup } from '../topic-lookup.ts'

type RequestGroup = RequestOf<typeof describeShareGroupOffsets>['groups'][number]
type GroupAnswer = ResponseOf<typeof describeShareGroupOffsets>['groups'][number]
type PartitionAnswer = GroupAnswer['topics'][number]['partitions'][number]

export interface ShareOffsetsDependencies {
  readonly groups: GroupCoordinator
  readonly topics: TopicLookup
  readonly partitions: Partitions
  readonly share: { readonly states: SharePartitionStates }
  readonly requireShareGroups: () => void
}

const UNKNOWN = -1
const UNKNOWN_LAG = -1n

/**
 * Shows from where share groups deliver, and how much is left (KIP-1226). Source: apache/kafka
 * `GroupCoordinatorService.describeShareGroupOffsets`.
 */
export function describeShareGroupOffsetsHandler(
  dependencies: ShareOffsetsDependencies,
): Handler<typeof describeShareGroupOffsets> {
  return {
    api: describeShareGroupOffsets,
    async handle({ groups }) {
      dependencies.requireShareGroups()
      return { groups: await answerEach(groups, (group) => describe(group, dependencies), refused) }
    },
    refuse: ({ groups }, error) => ({ groups: groups.map((group) => refused(group, error)) }),
  }
}

async function describe(asked: RequestGroup, dependencies: ShareOffsetsDependencies): Promise<GroupAnswer> {
  const { groupId } = asked
  // A group that isn't there has nothing to show, which is no error.
  const group = await dependencies.groups.shareGroups(groupId).describe(groupId)
  const topics = await Promise.all(
    wanted(group, asked, dependencies.topics).map(async ({ topicName, topicId, partitions }) => ({
      topicName,
      topicId,
      partitions: await Promise.all(
        partitions.map((index) =>
          describePartition(groupId, group, { topicName, topicId }, index, dependencies),
        ),
      ),
    })),
  )
  return { groupId, topics, errorCode: NONE }
}

/** What is asked for, or all that the group has a state of. */
function wanted(
  group: ShareGroup | undefined,
  { topics }: RequestGroup,
  lookup: TopicLookup,
): readonly SharedTopic[] {
  if (topics === null) return group?.shared.initialized ?? []
  return topics.map(({ topicName, partitions }) => ({
    topicName,
    topicId: lookup.topicId(topicName) ?? ZERO_UUID,
    partitions,
  }))
}

async function describePartition(
  groupId: string,
  group: ShareGroup | undefined,
  { topicName, topicId }: Pick<SharedTopic, 'topicName' | 'topicId'>,
  partitionIndex: number,
  { partitions, share }: ShareOffsetsDependencies,
): Promise<PartitionAnswer> {
  const isShared = group?.shared.initialized.some(
    (topic) => topic.topicId === topicId && topic.partitions.includes(partitionIndex),
  )
  const nothing = { partitionIndex, startOffset: UNKNOWN, leaderEpoch: 0, lag: UNKNOWN_LAG, errorCode: NONE }
  if (isShared !== true) return nothing
  try {
    const summary = await share.states.summary({ groupId, topicId, partition: partitionIndex })
    const { startOffset, leaderEpoch } = summary
    if (startOffset === UNKNOWN) return nothing
    const end = partitions.get(topicName, partitionIndex)?.highWatermark
    return { partitionIndex, startOffset, leaderEpoch, lag: lagOf(summary, end), errorCode: NONE }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { ...nothing, errorCode: error.code, errorMessage: error.message }
  }
}

/** A start offset is whatever AlterShareGroupOffsets was told, so the lag may be negative, or beyond 2^53. */
function lagOf(
  { startOffset, deliveryCompleteCount }: SharePartitionSummary,
  end: number | undefined,
): bigint {
  if (end === undefined || deliveryCompleteCount === UNKNOWN) return UNKNOWN_LAG
  return BigInt(end) - BigInt(startOffset) - BigInt(deliveryCompleteCount)
}

function refused({ groupId }: RequestGroup, error: KafkaError): GroupAnswer {
  return { groupId, topics: [], errorCode: error.code, errorMessage: error.message }
}
