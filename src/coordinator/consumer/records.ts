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
import {
  encodeModernRecord,
  type ModernRecordFormat,
  modernRecordTypes,
  parseModernRecord,
  stateCode,
  stateOfCode,
} from '../modern/records.ts'
import { ConsumerGroup, type ConsumerRecord, type CurrentAssignment, type MemberMetadata } from './group.ts'

/**
 * The records of consumer groups in `__consumer_offsets`, in Kafka's formats (apache/kafka
 * `GroupCoordinatorRecordHelpers.java` of 4.4).
 */

const VERSION = 0

/** The code of a member's first state. */
const FIRST_STATE = 0

const common: ModernRecordFormat<MemberMetadata, EpochAssignment, Assignment> = {
  member: { message: memberMetadata, encode: encodeMember, decode: parseMember },
  target: { message: targetMember, encode: encodeTarget, decode: parseTarget },
  current: { message: current, encode: encodeCurrent, decode: parseCurrent },
  targetEpoch: targetMetadata,
}

export const consumerGroupFormat: GroupFormat<ConsumerGroup, ConsumerRecord> = {
  recordTypes: new Set([
    groupMetadata.type,
    partitionMetadata.type,
    regularExpression.type,
    ...modernRecordTypes(common),
  ]),
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
    case 'regex':
      return regexRecord(groupId, record)
    default:
      return encodeModernRecord(common, groupId, record)
  }
}

function encodeMember({ classic, subscribedTopicNames, ...rest }: MemberMetadata): Buffer {
  const classicMemberMetadata =
    classic === null ? null : { ...classic, supportedProtocols: [...classic.supportedProtocols] }
  const fields = { ...rest, subscribedTopicNames: [...subscribedTopicNames], classicMemberMetadata }
  return memberMetadata.encodeValue(fields, VERSION)
}

function encodeTarget(target: Assignment): Buffer {
  const topicPartitions = [...target].map(([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions],
  }))
  return targetMember.encodeValue({ topicPartitions }, VERSION)
}

function encodeCurrent(value: CurrentAssignment): Buffer {
  const fields = {
    memberEpoch: value.memberEpoch,
    previousMemberEpoch: value.previousMemberEpoch,
    state: stateCode(value.state, FIRST_STATE),
    assignedPartitions: topicEpochs(value.assigned),
    partitionsPendingRevocation: topicEpochs(value.pendingRevocation),
  }
  return current.encodeValue(fields, VERSION)
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
    case regularExpression.type: {
      const { groupId, regularExpression: regex } = regularExpression.decodeKey(key)
      return { groupId, record: { kind: 'regex', regex, value: value && parseRegex(value) } }
    }
    default:
      return parseModernRecord(common, type, { key, value })
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

function parseCurrent(bytes: Buffer): CurrentAssignment {
  const { memberEpoch, previousMemberEpoch, state, ...value } = current.decodeValue(bytes)
  return {
    memberEpoch,
    previousMemberEpoch,
    state: stateOfCode(state, FIRST_STATE),
    assigned: withEpochs(value.assignedPartitions, memberEpoch),
    pendingRevocation: withEpochs(value.partitionsPendingRevocation, memberEpoch),
  }
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

function topicEpochs(assignment: EpochAssignment) {
  return [...assignment].map(([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()],
    assignmentEpochs: [...partitions.values()],
  }))
}
