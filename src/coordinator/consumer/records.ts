import { consumerGroupCurrentMemberAssignmentRecord as current } from '../../wire/messages/group-coordinator/consumer-group-current-member-assignment-record.ts'
import { consumerGroupMemberMetadataRecord as memberMetadata } from '../../wire/messages/group-coordinator/consumer-group-member-metadata-record.ts'
import { consumerGroupMetadataRecord as groupMetadata } from '../../wire/messages/group-coordinator/consumer-group-metadata-record.ts'
import { consumerGroupPartitionMetadataRecord as partitionMetadata } from '../../wire/messages/group-coordinator/consumer-group-partition-metadata-record.ts'
import { consumerGroupRegularExpressionRecord as regularExpression } from '../../wire/messages/group-coordinator/consumer-group-regular-expression-record.ts'
import { consumerGroupTargetAssignmentMemberRecord as targetMember } from '../../wire/messages/group-coordinator/consumer-group-target-assignment-member-record.ts'
import { consumerGroupTargetAssignmentMetadataRecord as targetMetadata } from '../../wire/messages/group-coordinator/consumer-group-target-assignment-metadata-record.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import { type Assignment, type EpochAssignment, partitionEpochs } from '../modern/assignment.ts'
import type { GroupFormat } from '../modern/durable-groups.ts'
import type { MemberState } from '../modern/group.ts'
import { ConsumerGroup, type ConsumerRecord, type MemberMetadata } from './group.ts'

/**
 * The records of consumer groups in `__consumer_offsets`, in Kafka's formats (apache/kafka
 * `GroupCoordinatorRecordHelpers.java` of 4.4).
 */

const VERSION = 0

const recordTypes: ReadonlySet<number> = new Set([
  groupMetadata.type,
  partitionMetadata.type,
  memberMetadata.type,
  targetMetadata.type,
  targetMember.type,
  current.type,
  regularExpression.type,
])

const stateCodes: Readonly<Record<MemberState, number>> = {
  stable: 0,
  unrevoked: 1,
  unreleased: 2,
  unknown: 127,
}
const states: readonly MemberState[] = ['stable', 'unrevoked', 'unreleased']

export const consumerGroupFormat: GroupFormat<ConsumerGroup, ConsumerRecord> = {
  recordTypes,
  parse: parseConsumerRecord,
  newGroup: (groupId) => new ConsumerGroup(groupId),
}

export function encodeConsumerRecord(groupId: string, record: ConsumerRecord): CoordinatorRecord {
  switch (record.kind) {
    case 'group': {
      const { value } = record
      return {
        key: groupMetadata.encodeKey({ groupId }),
        value: value === null ? null : groupMetadata.encodeValue(value, VERSION),
      }
    }
    case 'topics':
      // Only ever taken back: since Kafka 4.1 a hash in the group's own record does its work (KIP-1101).
      return { key: partitionMetadata.encodeKey({ groupId }), value: null }
    case 'member':
      return memberRecord(groupId, record.memberId, record.value)
    case 'target': {
      const { memberId, value } = record
      const key = targetMember.encodeKey({ groupId, memberId })
      if (value === null) return { key, value }
      return { key, value: targetMember.encodeValue({ topicPartitions: topicPartitions(value) }, VERSION) }
    }
    case 'target-epoch': {
      const key = targetMetadata.encodeKey({ groupId })
      if (record.value === null) return { key, value: null }
      const { epoch, timestampMs } = record.value
      const value = { assignmentEpoch: epoch, assignmentTimestamp: timestampMs }
      return { key, value: targetMetadata.encodeValue(value, VERSION) }
    }
    case 'current':
      return currentRecord(groupId, record)
    case 'regex':
      return regexRecord(groupId, record)
  }
}

function memberRecord(groupId: string, memberId: string, value: MemberMetadata | null): CoordinatorRecord {
  const key = memberMetadata.encodeKey({ groupId, memberId })
  if (value === null) return { key, value }
  const { classic, subscribedTopicNames, ...rest } = value
  const classicMemberMetadata =
    classic === null ? null : { ...classic, supportedProtocols: [...classic.supportedProtocols] }
  const fields = { ...rest, subscribedTopicNames: [...subscribedTopicNames], classicMemberMetadata }
  return { key, value: memberMetadata.encodeValue(fields, VERSION) }
}

function currentRecord(
  groupId: string,
  { memberId, value }: Extract<ConsumerRecord, { kind: 'current' }>,
): CoordinatorRecord {
  const key = current.encodeKey({ groupId, memberId })
  if (value === null) return { key, value }
  const fields = {
    memberEpoch: value.memberEpoch,
    previousMemberEpoch: value.previousMemberEpoch,
    state: stateCodes[value.state],
    assignedPartitions: topicEpochs(value.assigned),
    partitionsPendingRevocation: topicEpochs(value.pendingRevocation),
  }
  return { key, value: current.encodeValue(fields, VERSION) }
}

function regexRecord(
  groupId: string,
  { regex, value }: Extract<ConsumerRecord, { kind: 'regex' }>,
): CoordinatorRecord {
  const key = regularExpression.encodeKey({ groupId, regularExpression: regex })
  if (value === null) return { key, value }
  const fields = { topics: [...value.topics], version: value.version, timestamp: value.timestampMs }
  return { key, value: regularExpression.encodeValue(fields, VERSION) }
}

/** Reads a record back. Throws a `WireError` if it is not what its key says. */
function parseConsumerRecord(
  type: number,
  { key, value }: CoordinatorRecord,
): { readonly groupId: string; readonly record: ConsumerRecord } {
  switch (type) {
    case groupMetadata.type: {
      const { groupId } = groupMetadata.decodeKey(key)
      return { groupId, record: { kind: 'group', value: value && groupMetadata.decodeValue(value) } }
    }
    case partitionMetadata.type: {
      const { groupId } = partitionMetadata.decodeKey(key)
      return { groupId, record: { kind: 'topics', isThere: value !== null } }
    }
    case memberMetadata.type: {
      const { groupId, memberId } = memberMetadata.decodeKey(key)
      return { groupId, record: { kind: 'member', memberId, value: value && parseMember(value) } }
    }
    case targetMember.type: {
      const { groupId, memberId } = targetMember.decodeKey(key)
      return { groupId, record: { kind: 'target', memberId, value: value && parseTarget(value) } }
    }
    case targetMetadata.type: {
      const { groupId } = targetMetadata.decodeKey(key)
      return { groupId, record: { kind: 'target-epoch', value: value && parseTargetEpoch(value) } }
    }
    case current.type: {
      const { groupId, memberId } = current.decodeKey(key)
      return { groupId, record: { kind: 'current', memberId, value: value && parseCurrent(value) } }
    }
    default: {
      const { groupId, regularExpression: regex } = regularExpression.decodeKey(key)
      return { groupId, record: { kind: 'regex', regex, value: value && parseRegex(value) } }
    }
  }
}

function parseMember(bytes: Buffer): MemberMetadata {
  const { classicMemberMetadata, subscribedTopicNames, ...rest } = memberMetadata.decodeValue(bytes)
  const classic = classicMemberMetadata && {
    sessionTimeoutMs: classicMemberMetadata.sessionTimeoutMs,
    supportedProtocols: classicMemberMetadata.supportedProtocols.map(({ name, metadata }) => ({
      name,
      metadata: Buffer.from(metadata),
    })),
  }
  return { ...rest, subscribedTopicNames: [...new Set(subscribedTopicNames)].sort(), classic }
}

function parseTarget(bytes: Buffer): Assignment {
  const { topicPartitions: topics } = targetMember.decodeValue(bytes)
  return new Map(topics.map(({ topicId, partitions }) => [topicId, new Set(partitions)]))
}

function parseTargetEpoch(bytes: Buffer) {
  const { assignmentEpoch, assignmentTimestamp } = targetMetadata.decodeValue(bytes)
  return { epoch: assignmentEpoch, timestampMs: assignmentTimestamp }
}

function parseCurrent(bytes: Buffer) {
  const { memberEpoch, previousMemberEpoch, state, ...value } = current.decodeValue(bytes)
  return {
    memberEpoch,
    previousMemberEpoch,
    state: states[state] ?? 'unknown',
    assigned: withEpochs(value.assignedPartitions, memberEpoch),
    pendingRevocation: withEpochs(value.partitionsPendingRevocation, memberEpoch),
  } as const
}

function parseRegex(bytes: Buffer) {
  const { topics, version, timestamp } = regularExpression.decodeValue(bytes)
  return { topics: [...topics].sort(), version, timestampMs: timestamp }
}

function withEpochs(
  topics: readonly {
    readonly topicId: string
    readonly partitions: readonly number[]
    readonly assignmentEpochs: readonly number[] | null
  }[],
  memberEpoch: number,
): EpochAssignment {
  const standIn = Math.max(memberEpoch, 0)
  return new Map(
    topics.map(({ topicId, partitions, assignmentEpochs }) => [
      topicId,
      partitionEpochs(partitions, assignmentEpochs, standIn),
    ]),
  )
}

function topicPartitions(assignment: Assignment) {
  return [...assignment].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions] }))
}

function topicEpochs(assignment: EpochAssignment) {
  return [...assignment].map(([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()],
    assignmentEpochs: [...partitions.values()],
  }))
}
