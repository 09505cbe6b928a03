import { errorCodes, NONE } from '../../wire/errors.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import type { CommittedOffset, OffsetStore } from './offset-store.ts'

export interface OffsetFetchTopic {
  readonly name: string
  /** The incarnation that is asked about; the zero id for any. */
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

export interface OffsetFetchTopicResult {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly OffsetFetchPartition[]
}

export interface OffsetFetchPartition {
  readonly partitionIndex: number
  /** -1 when nothing was committed. */
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string
  readonly errorCode: number
}

/** Every partition that is asked for gets an answer; "nothing committed" is -1 with an empty string, not an error. */
export function fetchOffsets(
  groupId: string,
  topics: readonly OffsetFetchTopic[],
  offsets: OffsetStore,
  requireStable: boolean,
): OffsetFetchTopicResult[] {
  return topics.map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((partition) => {
      if (requireStable && offsets.isUnstable(groupId, name, partition)) return unstable(partition)
      const committed = offsets.get(groupId, name, partition)
      const isOfTopic = committed !== undefined && isSameTopic(committed.topicId, topicId)
      return isOfTopic ? found(partition, committed) : noOffset(partition, NONE)
    }),
  }))
}

export function fetchAllOffsets(
  groupId: string,
  offsets: OffsetStore,
  requireStable: boolean,
): OffsetFetchTopicResult[] {
  return [...offsets.topics(groupId)].map(([name, partitions]) => ({
    name,
    topicId: topicIdOf(partitions.values()),
    partitions: [...partitions].map(([partition, committed]) =>
      requireStable && offsets.isUnstable(groupId, name, partition)
        ? unstable(partition)
        : found(partition, committed),
    ),
  }))
}

/** The answer about a partition for which there is no offset to give. */
export function noOffset(partitionIndex: number, errorCode: number): OffsetFetchPartition {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode }
}

function found(partitionIndex: number, committed: CommittedOffset): OffsetFetchPartition {
  return {
    partitionIndex,
    committedOffset: committed.offset,
    committedLeaderEpoch: committed.leaderEpoch,
    metadata: committed.metadata,
    errorCode: NONE,
  }
}

/** A transaction that is not over may still change the offset (KIP-447). */
function unstable(partitionIndex: number): OffsetFetchPartition {
  return noOffset(partitionIndex, errorCodes.UNSTABLE_OFFSET_COMMIT)
}

/** An offset of a topic that was deleted since says nothing about the one of the same name that came after it. */
function isSameTopic(committed: string, asked: string): boolean {
  return committed === asked || committed === ZERO_UUID || asked === ZERO_UUID
}

function topicIdOf(partitions: Iterable<CommittedOffset>): string {
  for (const { topicId } of partitions) if (topicId !== ZERO_UUID) return topicId
  return ZERO_UUID
}
