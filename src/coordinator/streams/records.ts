import { streamsGroupCurrentMemberAssignmentRecord as current } from '../../wire/messages/group-coordinator/streams-group-current-member-assignment-record.ts'
import { streamsGroupMemberMetadataRecord as memberMetadata } from '../../wire/messages/group-coordinator/streams-group-member-metadata-record.ts'
import { streamsGroupMetadataRecord as groupMetadata } from '../../wire/messages/group-coordinator/streams-group-metadata-record.ts'
import { streamsGroupTargetAssignmentMemberRecord as targetMember } from '../../wire/messages/group-coordinator/streams-group-target-assignment-member-record.ts'
import { streamsGroupTargetAssignmentMetadataRecord as targetMetadata } from '../../wire/messages/group-coordinator/streams-group-target-assignment-metadata-record.ts'
import { streamsGroupTopologyRecord as topology } from '../../wire/messages/group-coordinator/streams-group-topology-record.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import { type EpochAssignment, partitionEpochs } from '../modern/assignment.ts'
import type { GroupFormat } from '../modern/durable-groups.ts'
import {
  encodeModernRecord,
  type ModernRecordFormat,
  modernRecordTypes,
  parseModernRecord,
  stateCode,
  stateOfCode,
} from '../modern/records.ts'
import {
  type CurrentTasks,
  type GroupMetadata,
  type MemberMetadata,
  StreamsGroup,
  type StreamsRecord,
} from './group.ts'
import { type AssignedTasks, rowsOf, type TaskSet, tasksOf } from './tasks.ts'
import type { Subtopology, Topology } from './topology.ts'

/**
 * The records of streams groups in `__consumer_offsets`, in Kafka's formats (apache/kafka
 * `StreamsCoordinatorRecordHelpers.java` of 4.4).
 */

const VERSION = 0

/** The code of a member's first state. */
const FIRST_STATE = 1

const common: ModernRecordFormat<MemberMetadata, AssignedTasks, TaskSet> = {
  member: { message: memberMetadata, encode: encodeMember, decode: parseMember },
  target: { message: targetMember, encode: encodeTarget, decode: parseTarget },
  current: { message: current, encode: encodeCurrent, decode: parseCurrent },
  targetEpoch: targetMetadata,
}

export const streamsGroupFormat: GroupFormat<StreamsGroup, StreamsRecord> = {
  recordTypes: new Set([groupMetadata.type, topology.type, ...modernRecordTypes(common)]),
  parse: parseStreamsRecord,
  newGroup: (groupId) => new StreamsGroup(groupId),
}

export function encodeStreamsRecord(groupId: string, record: StreamsRecord): CoordinatorRecord {
  switch (record.kind) {
    case 'group': {
      const { value } = record
      return { key: groupMetadata.encodeKey({ groupId }), value: value && encodeGroup(value) }
    }
    case 'topology': {
      const { value } = record
      return { key: topology.encodeKey({ groupId }), value: value && encodeTopology(value) }
    }
    default:
      return encodeModernRecord(common, groupId, record)
  }
}

function encodeGroup({ assignmentConfigs, ...value }: GroupMetadata): Buffer {
  const lastAssignmentConfigs = [...assignmentConfigs].map(([key, text]) => ({ key, value: text }))
  return groupMetadata.encodeValue({ ...value, lastAssignmentConfigs }, VERSION)
}

function encodeTopology({ epoch, subtopologies }: Topology): Buffer {
  const infos = (topics: Subtopology['stateChangelogTopics']) =>
    topics.map((info) => ({ ...info, topicConfigs: [...info.topicConfigs] }))
  const value = {
    epoch,
    subtopologies: subtopologies.map((subtopology) => ({
      ...subtopology,
      stateChangelogTopics: infos(subtopology.stateChangelogTopics),
      repartitionSourceTopics: infos(subtopology.repartitionSourceTopics),
    })),
  }
  return topology.encodeValue(value, VERSION)
}

function encodeMember({ clientTags, ...value }: MemberMetadata): Buffer {
  const tags = [...clientTags].map(([key, text]) => ({ key, value: text }))
  tags.sort((one, other) => (one.key < other.key ? -1 : 1))
  return memberMetadata.encodeValue({ ...value, clientTags: tags }, VERSION)
}

function encodeTarget({ active, standby, warmup }: TaskSet): Buffer {
  const value = { activeTasks: rowsOf(active), standbyTasks: rowsOf(standby), warmupTasks: rowsOf(warmup) }
  return targetMember.encodeValue(value, VERSION)
}

function encodeCurrent({ assigned, pendingRevocation, ...value }: CurrentTasks): Buffer {
  const fields = {
    memberEpoch: value.memberEpoch,
    previousMemberEpoch: value.previousMemberEpoch,
    state: stateCode(value.state, FIRST_STATE),
    activeTasks: epochRows(assigned.active),
    standbyTasks: plainRows(assigned.standby),
    warmupTasks: plainRows(assigned.warmup),
    activeTasksPendingRevocation: epochRows(pendingRevocation.active),
    standbyTasksPendingRevocation: plainRows(pendingRevocation.standby),
    warmupTasksPendingRevocation: plainRows(pendingRevocation.warmup),
  }
  return current.encodeValue(fields, VERSION)
}

/** Reads a record back. Throws a `WireError` if it is not what its key says. */
function parseStreamsRecord(
  type: number,
  { key, value }: CoordinatorRecord,
): { readonly groupId: string; readonly record: StreamsRecord } {
  switch (type) {
    case groupMetadata.type: {
      const { groupId } = groupMetadata.decodeKey(key)
      return { groupId, record: { kind: 'group', value: value && parseGroup(value) } }
    }
    case topology.type: {
      const { groupId } = topology.decodeKey(key)
      return { groupId, record: { kind: 'topology', value: value && topology.decodeValue(value) } }
    }
    default:
      return parseModernRecord(common, type, { key, value })
  }
}

function parseGroup(bytes: Buffer): GroupMetadata {
  const { lastAssignmentConfigs, ...value } = groupMetadata.decodeValue(bytes)
  const configs = (lastAssignmentConfigs ?? []).map(({ key, value: text }) => [key, text] as const)
  return { ...value, assignmentConfigs: new Map(configs) }
}

function parseMember(bytes: Buffer): MemberMetadata {
  const { clientTags, ...value } = memberMetadata.decodeValue(bytes)
  return { ...value, clientTags: new Map(clientTags.map(({ key, value: text }) => [key, text])) }
}

function parseTarget(bytes: Buffer): TaskSet {
  const { activeTasks, standbyTasks, warmupTasks } = targetMember.decodeValue(bytes)
  return { active: tasksOf(activeTasks), standby: tasksOf(standbyTasks), warmup: tasksOf(warmupTasks) }
}

function parseCurrent(bytes: Buffer): CurrentTasks {
  const { memberEpoch, previousMemberEpoch, state, ...value } = current.decodeValue(bytes)
  const assigned: AssignedTasks = {
    active: withEpochs(value.activeTasks, memberEpoch),
    standby: tasksOf(value.standbyTasks),
    warmup: tasksOf(value.warmupTasks),
  }
  const pendingRevocation: AssignedTasks = {
    active: withEpochs(value.activeTasksPendingRevocation, memberEpoch),
    standby: tasksOf(value.standbyTasksPendingRevocation),
    warmup: tasksOf(value.warmupTasksPendingRevocation),
  }
  return {
    memberEpoch,
    previousMemberEpoch,
    state: stateOfCode(state, FIRST_STATE),
    assigned,
    pendingRevocation,
  }
}

function withEpochs(
  rows: readonly {
    readonly subtopologyId: string
    readonly partitions: readonly number[]
    readonly assignmentEpochs: readonly number[] | null
  }[],
  memberEpoch: number,
): EpochAssignment {
  return new Map(
    rows.map(({ subtopologyId, partitions, assignmentEpochs }) => [
      subtopologyId,
      partitionEpochs(partitions, assignmentEpochs, memberEpoch),
    ]),
  )
}

function plainRows(tasks: TaskSet['standby']) {
  return rowsOf(tasks).map((row) => ({ ...row, assignmentEpochs: null }))
}

function epochRows(tasks: EpochAssignment) {
  return rowsOf(tasks).map((row) => ({
    ...row,
    assignmentEpochs: row.partitions.map((partition) => tasks.get(row.subtopologyId)?.get(partition) ?? 0),
  }))
}
