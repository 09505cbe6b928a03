import type { ClassicGroup, Member } from './classic/group.ts'
import { metadataOf, NO_BYTES } from './classic/group.ts'
import type { CoordinatorRecord } from './coordinator-log.ts'
import type { CommittedOffset } from './offsets/offset-store.ts'
import { groupMetadataKey, groupMetadataValue, offsetCommitKey, offsetCommitValue } from './record-formats.ts'

/**
 * The records of `__consumer_offsets`, in Kafka's formats: a key and a value, each behind the int16 that tells its
 * form. Which versions are written follows apache/kafka `GroupCoordinatorRecordHelpers.java` of 4.4, so that
 * Kafka's own tools and brokers can read the topic.
 */

/** Versions 0 and 1 of a key are both of a committed offset; the first is a relic of 0.8. */
const OFFSET_KEY_VERSIONS = [0, 1]
const GROUP_KEY_VERSION = 2
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
  | { readonly kind: 'other'; readonly keyVersion: number }

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
    key: groupKey(group.groupId),
    value: versioned(GROUP_VALUE_VERSION, groupMetadataValue.encode(value, GROUP_VALUE_VERSION)),
  }
}

export function groupTombstone(groupId: string): CoordinatorRecord {
  return { key: groupKey(groupId), value: null }
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
    key: offsetKey(groupId, topic, partition),
    value: versioned(version, offsetCommitValue.encode(value, version)),
  }
}

export function offsetTombstone(groupId: string, topic: string, partition: number): CoordinatorRecord {
  return { key: offsetKey(groupId, topic, partition), value: null }
}

/** Reads a record back. Throws a `WireError` if it is not what its key says. */
export function parseGroupRecord(record: CoordinatorRecord, recordOffset: number): GroupRecord {
  const { key, value } = record
  const keyVersion = key.readInt16BE(0)
  if (OFFSET_KEY_VERSIONS.includes(keyVersion)) {
    const { group, topic, partition } = offsetCommitKey.decode(key, 0, 2)
    const committed = value === null ? undefined : parseCommitted(value, recordOffset)
    return { kind: 'offset', groupId: group, topic, partition, committed }
  }
  if (keyVersion !== GROUP_KEY_VERSION) return { kind: 'other', keyVersion }
  const { group: groupId } = groupMetadataKey.decode(key, 0, 2)
  return { kind: 'group', groupId, group: value === null ? undefined : parseGroup(groupId, value) }
}

function parseCommitted(bytes: Buffer, recordOffset: number): CommittedOffset {
  const value = offsetCommitValue.decode(bytes, bytes.readInt16BE(0), 2)
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
  const value = groupMetadataValue.decode(bytes, bytes.readInt16BE(0), 2)
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

function groupKey(groupId: string): Buffer {
  return versioned(GROUP_KEY_VERSION, groupMetadataKey.encode({ group: groupId }, 0))
}

function offsetKey(group: string, topic: string, partition: number): Buffer {
  return versioned(1, offsetCommitKey.encode({ group, topic, partition }, 0))
}

function versioned(version: number, chunks: readonly Buffer[]): Buffer {
  const prefix = Buffer.allocUnsafe(2)
  prefix.writeInt16BE(version)
  return Buffer.concat([prefix, ...chunks])
}

/** A copy that doesn't keep the batch alive in which the record was read. */
function owned(slice: Buffer): Buffer {
  return slice.length === 0 ? NO_BYTES : Buffer.from(slice)
}
