import type { ErrorName } from '../../wire/errors.ts'
import { errorCodes, NONE } from '../../wire/errors.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { Group } from '../group.ts'
import type { GroupConfig } from '../group-config.ts'
import { offsetRecord, offsetTombstone } from '../group-records.ts'
import type { CommittedOffset, OffsetStore } from './offset-store.ts'

/**
 * Committing, deleting and expiring offsets, which goes the same for groups of all kinds; where they differ the group
 * is asked. Source of the rules: apache/kafka `OffsetMetadataManager.java` (KIP-211, KIP-496).
 */

export interface OffsetCommit {
  readonly groupId: string
  /** Of a consumer group's member its epoch (KIP-848); -1 for a client that is no member. */
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** How long to keep the offsets, -1 for the broker's rule. */
  readonly retentionTimeMs: number
  readonly topics: readonly OffsetCommitTopic[]
  /** From version 9 on an unknown group is told from a wrong generation. */
  readonly tellsUnknownGroup: boolean
  /** Inside a transaction the state of the group doesn't matter. */
  readonly isTransactional: boolean
}

export interface OffsetCommitTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly OffsetCommitPartition[]
}

export interface OffsetCommitPartition {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly committedMetadata: string | null
  /** Version 1 alone could set it; -1 for now. */
  readonly commitTimestampMs: number
}

export interface PartitionResult {
  readonly partitionIndex: number
  readonly errorCode: number
}

export interface TopicResult {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly PartitionResult[]
}

export interface OffsetDecision {
  readonly records: readonly CoordinatorRecord[]
  readonly topics: readonly TopicResult[]
}

/** Why a commit is refused as a whole, if it is. `group` is undefined when there is none of that name. */
export function commitError(group: Group | undefined, request: OffsetCommit): ErrorName | undefined {
  if (group !== undefined) return group.commitRefusal(request)
  // Somebody who only keeps offsets here, such as an administrator: the commit makes the group.
  if (request.generationId < 0) return undefined
  return request.tellsUnknownGroup ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION'
}

export function commitOffsets(request: OffsetCommit, nowMs: number, config: GroupConfig): OffsetDecision {
  const records: CoordinatorRecord[] = []
  const expireTimestampMs = request.retentionTimeMs === -1 ? -1 : nowMs + request.retentionTimeMs
  const topics = request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map((partition) => {
      const metadata = partition.committedMetadata ?? ''
      const { partitionIndex } = partition
      if (metadata.length > config.offsetMetadataMaxBytes)
        return { partitionIndex, errorCode: errorCodes.OFFSET_METADATA_TOO_LARGE }
      const committed = {
        offset: partition.committedOffset,
        leaderEpoch: partition.committedLeaderEpoch,
        metadata,
        commitTimestampMs: partition.commitTimestampMs === -1 ? nowMs : partition.commitTimestampMs,
        expireTimestampMs,
        topicId,
      }
      records.push(offsetRecord(request.groupId, name, partitionIndex, committed))
      return { partitionIndex, errorCode: NONE }
    }),
  }))
  return { records, topics }
}

export interface OffsetDeleteTopic {
  readonly name: string
  readonly partitions: readonly number[]
}

/** Removes single offsets; those of topics that the group consumes stay (KIP-496). */
export function deleteOffsets(
  group: Group,
  offsets: OffsetStore,
  topics: readonly OffsetDeleteTopic[],
): OffsetDecision {
  const records: CoordinatorRecord[] = []
  const results = topics.map(({ name, partitions }) => {
    const isInUse = group.isSubscribedTo(name)
    const errorCode = isInUse ? errorCodes.GROUP_SUBSCRIBED_TO_TOPIC : NONE
    for (const partition of isInUse ? [] : partitions) {
      if (isKnown(offsets, group.groupId, name, partition))
        records.push(offsetTombstone(group.groupId, name, partition))
    }
    return {
      name,
      topicId: '',
      partitions: partitions.map((partitionIndex) => ({ partitionIndex, errorCode })),
    }
  })
  return { records, topics: results }
}

/** Tombstones for every offset of a group, those in open transactions included. */
export function deleteAllOffsets(groupId: string, offsets: OffsetStore): CoordinatorRecord[] {
  const records: CoordinatorRecord[] = []
  for (const [topic, partitions] of offsets.topics(groupId))
    for (const partition of partitions.keys()) records.push(offsetTombstone(groupId, topic, partition))
  for (const topics of offsets.pendingTopics(groupId))
    for (const [topic, partitions] of topics)
      for (const partition of partitions.keys())
        if (offsets.get(groupId, topic, partition) === undefined)
          records.push(offsetTombstone(groupId, topic, partition))
  return records
}

/** Tombstones for a deleted topic's offsets in all groups. */
export function forgetTopic(topic: string, offsets: OffsetStore): CoordinatorRecord[] {
  const records: CoordinatorRecord[] = []
  for (const groupId of offsets.groupIds()) {
    const partitions = new Set(offsets.topics(groupId).get(topic)?.keys())
    for (const topics of offsets.pendingTopics(groupId))
      for (const partition of topics.get(topic)?.keys() ?? []) partitions.add(partition)
    for (const partition of partitions) records.push(offsetTombstone(groupId, topic, partition))
  }
  return records
}

/**
 * Tombstones for offsets that nobody may want any more (KIP-211): those of an empty group after the retention time
 * since it became empty, those of topics that a stable consumer group no longer reads and of a group without
 * members' protocol after the retention time since the commit. A time set by the commit itself goes before.
 */
export function expireOffsets(
  group: Group,
  offsets: OffsetStore,
  nowMs: number,
  config: GroupConfig,
): { readonly records: readonly CoordinatorRecord[]; readonly isAllGone: boolean } {
  const records: CoordinatorRecord[] = []
  const { groupId } = group
  let isAllGone = !offsets.hasOpenTransaction(groupId)
  for (const [topic, partitions] of offsets.topics(groupId)) {
    const isInUse = group.isSubscribedTo(topic)
    for (const [partition, committed] of partitions) {
      const hasExpired =
        !isInUse &&
        isExpired(group, committed, nowMs, config) &&
        !offsets.isUnstable(groupId, topic, partition)
      if (hasExpired) records.push(offsetTombstone(groupId, topic, partition))
      else isAllGone = false
    }
  }
  return { records, isAllGone }
}

function isExpired(group: Group, committed: CommittedOffset, nowMs: number, config: GroupConfig): boolean {
  const sinceMs = group.unusedSinceMs(committed)
  if (sinceMs === undefined) return false
  if (committed.expireTimestampMs !== -1) return nowMs >= committed.expireTimestampMs
  return nowMs - sinceMs >= config.offsetsRetentionMs
}

function isKnown(offsets: OffsetStore, groupId: string, topic: string, partition: number): boolean {
  return offsets.get(groupId, topic, partition) !== undefined || offsets.isUnstable(groupId, topic, partition)
}
