/**
 * The records of share groups in `__consumer_offsets`, in Kafka's formats. Source: apache/kafka
 * `GroupCoordinatorRecordHelpers`.
 */
import { shareGroupCurrentMemberAssignmentRecord as current } from '../../wire/messages/group-coordinator/share-group-current-member-assignment-record.ts'
import { shareGroupMemberMetadataRecord as memberMetadata } from '../../wire/messages/group-coordinator/share-group-member-metadata-record.ts'
import { shareGroupMetadataRecord as metadata } from '../../wire/messages/group-coordinator/share-group-metadata-record.ts'
import { shareGroupStatePartitionMetadataRecord as statePartitions } from '../../wire/messages/group-coordinator/share-group-state-partition-metadata-record.ts'
import { shareGroupTargetAssignmentMemberRecord as target } from '../../wire/messages/group-coordinator/share-group-target-assignment-member-record.ts'
import { shareGroupTargetAssignmentMetadataRecord as targetMetadata } from '../../wire/messages/group-coordinator/share-group-target-assignment-metadata-record.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { ShareAssignment } from './share-assignor.ts'
import type { SharedTopics, ShareGroup, ShareMember, ShareMemberState } from './share-group.ts'

const VALUE_VERSION = 0
/** Members of a share group have nothing to give up first. */
const STABLE = 0

export const shareRecordTypes: ReadonlySet<number> = new Set(
  [current, memberMetadata, metadata, statePartitions, target, targetMetadata].map(({ type }) => type),
)

export function memberRecord(groupId: string, member: ShareMember): CoordinatorRecord {
  return {
    key: memberMetadata.encodeKey({ groupId, memberId: member.memberId }),
    value: memberMetadata.encodeValue(member, VALUE_VERSION),
  }
}

export function epochRecord(groupId: string, epoch: number): CoordinatorRecord {
  return {
    key: metadata.encodeKey({ groupId }),
    value: metadata.encodeValue({ epoch, metadataHash: 0n }, VALUE_VERSION),
  }
}

export function targetRecord(
  groupId: string,
  memberId: string,
  assignment: ShareAssignment,
): CoordinatorRecord {
  return {
    key: target.encodeKey({ groupId, memberId }),
    value: target.encodeValue({ topicPartitions: rows(assignment) }, VALUE_VERSION),
  }
}

export function targetEpochRecord(
  groupId: string,
  assignmentEpoch: number,
  nowMs: number,
): CoordinatorRecord {
  return {
    key: targetMetadata.encodeKey({ groupId }),
    value: targetMetadata.encodeValue({ assignmentEpoch, assignmentTimestamp: nowMs }, VALUE_VERSION),
  }
}

export function currentRecord(groupId: string, memberId: string, state: ShareMemberState): CoordinatorRecord {
  const { memberEpoch, previousMemberEpoch, assigned } = state
  const value = { memberEpoch, previousMemberEpoch, state: STABLE, assignedPartitions: rows(assigned) }
  return {
    key: current.encodeKey({ groupId, memberId }),
    value: current.encodeValue(value, VALUE_VERSION),
  }
}

export function sharedTopicsRecord(groupId: string, shared: SharedTopics): CoordinatorRecord {
  const value = {
    initializingTopics: shared.initializing,
    initializedTopics: shared.initialized,
    deletingTopics: shared.deleting,
  }
  return {
    key: statePartitions.encodeKey({ groupId }),
    value: statePartitions.encodeValue(value, VALUE_VERSION),
  }
}

/** What takes a member out. */
export function memberTombstones(groupId: string, memberId: string): CoordinatorRecord[] {
  return [current, target, memberMetadata].map((record) => ({
    key: record.encodeKey({ groupId, memberId }),
    value: null,
  }))
}

/** What deletes the group. */
export function groupTombstones({ groupId, members }: ShareGroup): CoordinatorRecord[] {
  return [
    ...[...members.keys()].flatMap((memberId) => memberTombstones(groupId, memberId)),
    ...[targetMetadata, statePartitions, metadata].map((record) => ({
      key: record.encodeKey({ groupId }),
      value: null,
    })),
  ]
}

/** Reads records back into the group before them. Throws a `WireError` if one is not what its key says. */
export function applyShareRecord(
  type: number,
  { key, value }: CoordinatorRecord,
  before: (groupId: string) => ShareGroup,
): { readonly groupId: string; readonly group: ShareGroup | undefined } {
  if (type === metadata.type) {
    const { groupId } = metadata.decodeKey(key)
    const group = before(groupId)
    return { groupId, group: value === null ? undefined : { ...group, ...metadata.decodeValue(value) } }
  }
  if (type === targetMetadata.type) {
    const { groupId } = targetMetadata.decodeKey(key)
    const assignmentEpoch = value === null ? 0 : targetMetadata.decodeValue(value).assignmentEpoch
    return { groupId, group: { ...before(groupId), assignmentEpoch } }
  }
  if (type === statePartitions.type) {
    const { groupId } = statePartitions.decodeKey(key)
    const told = value === null ? undefined : statePartitions.decodeValue(value)
    const shared = {
      initializing: told?.initializingTopics ?? [],
      initialized: told?.initializedTopics ?? [],
      deleting: told?.deletingTopics ?? [],
    }
    return { groupId, group: { ...before(groupId), shared } }
  }
  return applyMemberRecord(type, { key, value }, before)
}

function applyMemberRecord(
  type: number,
  { key, value }: CoordinatorRecord,
  before: (groupId: string) => ShareGroup,
): { readonly groupId: string; readonly group: ShareGroup } {
  if (type === memberMetadata.type) {
    const { groupId, memberId } = memberMetadata.decodeKey(key)
    const group = before(groupId)
    const member = value === null ? undefined : { memberId, ...memberMetadata.decodeValue(value) }
    return { groupId, group: { ...group, members: changed(group.members, memberId, member) } }
  }
  if (type === target.type) {
    const { groupId, memberId } = target.decodeKey(key)
    const group = before(groupId)
    const assignment = value === null ? undefined : assignmentOf(target.decodeValue(value).topicPartitions)
    return { groupId, group: { ...group, targets: changed(group.targets, memberId, assignment) } }
  }
  const { groupId, memberId } = current.decodeKey(key)
  const group = before(groupId)
  const told = value === null ? undefined : current.decodeValue(value)
  const state = told && {
    memberEpoch: told.memberEpoch,
    previousMemberEpoch: told.previousMemberEpoch,
    assigned: assignmentOf(told.assignedPartitions),
  }
  return { groupId, group: { ...group, states: changed(group.states, memberId, state) } }
}

function changed<V>(map: ReadonlyMap<string, V>, key: string, value: V | undefined): ReadonlyMap<string, V> {
  const copy = new Map(map)
  if (value === undefined) copy.delete(key)
  else copy.set(key, value)
  return copy
}

/** Topics with their partitions, as records and answers have them. */
export function rows(assignment: ShareAssignment): { topicId: string; partitions: readonly number[] }[] {
  return [...assignment].map(([topicId, partitions]) => ({ topicId, partitions }))
}

function assignmentOf(
  topics: readonly { readonly topicId: string; readonly partitions: readonly number[] }[],
): ShareAssignment {
  return new Map(topics.map(({ topicId, partitions }) => [topicId, partitions]))
}
