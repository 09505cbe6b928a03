import { readRecordType } from '../wire/messages/coordinator-record.ts'
import { groupMetadataRecord as groupMetadata } from '../wire/messages/group-coordinator/group-metadata-record.ts'
import { legacyOffsetCommitRecord as legacyOffset } from '../wire/messages/group-coordinator/legacy-offset-commit-record.ts'
import { offsetCommitRecord as offsetCommit } from '../wire/messages/group-coordinator/offset-commit-record.ts'
import type { ClassicGroup, Member } from './classic/group.ts'
import { metadataOf, NO_BYTES } from './classic/group.ts'
import type { CoordinatorRecord } from './coordinator-log.ts'
import type { CommittedOffset } from './offsets/offset-store.ts'

/**
 * The records of `__consumer_offsets`, in Kafka's formats: a key and a value, each behind the int16 that tells its
 * form. Which versions are written follows apache/kafka `GroupCoordinatorRecordHelpers.java` of 4.4, so that
 * Kafka's own tools and brokers can read the topic.
 */

const GROUP_VALUE_VERSION = 3
const OFFSET_VALUE_VERSION = 4
/** The only version that knows an expiry of the offset's own. */
const OFFSET_VALUE_WITH_EXPIRY_VERSION = 1

export type GroupRecord =
  | { readonly kind: 'group'; readonly groupId: string; readonly group: ClassicGroup | undefined }
  | {
      readonly kind: 'offset'
      readonly groupId: string
      readonly topic: string
      readonly partition: number
      readonly committed: CommittedOffset | undefined
    }
  /** Of a kind of group that is not served here. */
  | { readonly kind: 'other'; readonly type: number }

/** The group's generation, members and assignments. A rebalance under way leaves no trace in it. */
export function groupMetadataRecord(group: ClassicGroup): CoordinatorRecord {
  const members = [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeout: member.rebalanceTimeoutMs,
    sessionTimeout: member.sessionTimeoutMs,
    subscription: metadataOf(member, group.protocolName),
    assignment: member.assignment,
  }))
  const value = {
    protocolType: group.protocolType ?? '',
    generation: group.generationId,
    protocol: group.protocolName,
    leader: group.leaderId,
    currentStateTimestamp: group.stateTimestampMs,
    members,
  }
  return {
    key: groupMetadata.encodeKey({ group: group.groupId }),
    value: groupMetadata.encodeValue(value, GROUP_VALUE_VERSION),
  }
}

export function groupTombstone(groupId: string): CoordinatorRecord {
  return { key: groupMetadata.encodeKey({ group: groupId }), value: null }
}

export function offsetRecord(
  groupId: string,
  topic: string,
  partition: number,
  committed: Omit<CommittedOffset, 'recordOffset'>,
): CoordinatorRecord {
  const version = committed.expireTimestampMs === -1 ? OFFSET_VALUE_VERSION : OFFSET_VALUE_WITH_EXPIRY_VERSION
  const value = {
    offset: committed.offset,
    leaderEpoch: committed.leaderEpoch,
    metadata: committed.metadata,
    commitTimestamp: committed.commitTimestampMs,
    expireTimestamp: committed.expireTimestampMs,
    topicId: committed.topicId,
  }
  return {
    key: offsetCommit.encodeKey({ group: groupId, topic, partition }),
    value: offsetCommit.encodeValue(value, version),
  }
}

export function offsetTombstone(groupId: string, topic: string, partition: number): CoordinatorRecord {
  return { key: offsetCommit.encodeKey({ group: groupId, topic, partition }), value: null }
}

/** Reads a record back. Throws a `WireError` if it is not what its key says. */
export function parseGroupRecord(record: CoordinatorRecord, recordOffset: number): GroupRecord {
  const { key, value } = record
  const type = readRecordType(key)
  if (type === offsetCommit.type || type === legacyOffset.type) {
    const { group, topic, partition } = (type === offsetCommit.type ? offsetCommit : legacyOffset).decodeKey(
      key,
    )
    const committed = value === null ? undefined : parseCommitted(value, recordOffset)
    return { kind: 'offset', groupId: group, topic, partition, committed }
  }
  if (type !== groupMetadata.type) return { kind: 'other', type }
  const { group: groupId } = groupMetadata.decodeKey(key)
  return { kind: 'group', groupId, group: value === null ? undefined : parseGroup(groupId, value) }
}

function parseCommitted(bytes: Buffer, recordOffset: number): CommittedOffset {
  const value = offsetCommit.decodeValue(bytes)
  return {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestampMs: value.commitTimestamp,
    expireTimestampMs: value.expireTimestamp,
    topicId: value.topicId,
    recordOffset,
  }
}

/** A group as a coordinator finds it: stable if it has members, for a rebalance is not taken up again. */
function parseGroup(groupId: string, bytes: Buffer): ClassicGroup {
  const value = groupMetadata.decodeValue(bytes)
  const members = new Map<string, Member>()
  for (const member of value.members) {
    members.set(member.memberId, {
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
      sessionTimeoutMs: member.sessionTimeout,
      protocols:
        value.protocol === null ? [] : [{ name: value.protocol, metadata: owned(member.subscription) }],
      assignment: owned(member.assignment),
      isNew: false,
      joining: null,
      syncing: null,
      hasSynced: true,
    })
  }
  return {
    groupId,
    phase: members.size === 0 ? 'Empty' : 'Stable',
    generationId: value.generation,
    protocolType: value.protocolType === '' ? null : value.protocolType,
    protocolName: value.protocol,
    leaderId: value.leader,
    stateTimestampMs: value.currentStateTimestamp,
    members,
    pendingMemberIds: new Set(),
    deadline: null,
  }
}

/** A copy that doesn't keep the batch alive in which the record was read. */
function owned(slice: Buffer): Buffer {
  return slice.length === 0 ? NO_BYTES : Buffer.from(slice)
}
