import { streamsGroupCurrentMemberAssignmentRecord as current } from '../../wire/messages/group-coordinator/streams-group-current-member-assignment-record.ts'
import { streamsGroupMemberMetadataRecord as memberMetadata } from '../../wire/messages/group-coordinator/streams-group-member-metadata-record.ts'
import { streamsGroupMetadataRecord as groupMetadata } from '../../wire/messages/group-coordinator/streams-group-metadata-record.ts'
import { streamsGroupTargetAssignmentMemberRecord as targetMember } from '../../wire/messages/group-coordinator/streams-group-target-assignment-member-record.ts'
import { streamsGroupTargetAssignmentMetadataRecord as targetMetadata } from '../../wire/messages/group-coordinator/streams-group-target-assignment-metadata-record.ts'
import { streamsGroupTopologyRecord as topology } from '../../wire/messages/group-coordinator/streams-group-topology-record.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import { type EpochAssignment, partitionEpochs } from '../modern/assignment.ts'
import type { GroupFormat } from '../modern/durable-groups.ts'
import type { MemberState } from '../modern/group.ts'
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

const recordTypes: ReadonlySet<number> = new Set([
  groupMetadata.type,
  topology.type,
  memberMetadata.type,
  targetMetadata.type,
  targetMember.type,
  current.type,
])

const stateCodes: Readonly<Record<MemberState, number>> = {
  stable: 1,
  unrevoked: 2,
  unreleased: 3,
  unknown: 127,
}
const states: ReadonlyMap<number, MemberState> = new Map([
  [1, 'stable'],
  [2, 'unrevoked'],
  [3, 'unreleased'],
])

export const streamsGroupFormat: GroupFormat<StreamsGroup, StreamsRecord> = {
  recordTypes,
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
    case 'member': {
      const { memberId, value } = record
      return { key: memberMetadata.encodeKey({ groupId, memberId }), value: value && encodeMember(value) }
    }
    case 'target': {
      const { memberId, value } = record
      return { key: targetMember.encodeKey({ groupId, memberId }), value: value && encodeTarget(value) }
    }
    case 'target-epoch': {
      const key = targetMetadata.encodeKey({ groupId })
      if (record.value === null) return { key, value: null }
      const { epoch, timestampMs } = record.value
      const value = { assignmentEpoch: epoch, assignmentTimestamp: timestampMs }
      return { key, value: targetMetadata.encodeValue(value, VERSION) }
    }
    case 'current': {
      const { memberId, value } = record
      return { key: current.encodeKey({ groupId, memberId }), value: value && encodeCurrent(value) }
    }
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
    state: stateCodes[value.state],
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
    default: {
      const { groupId, memberId } = current.decodeKey(key)
      return { groupId, record: { kind: 'current', memberId, value: value && parseCurrent(value) } }
    }
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

function parseTargetEpoch(bytes: Buffer) {
  const { assignmentEpoch, assignmentTimestamp } = targetMetadata.decodeValue(bytes)
  return { epoch: assignmentEpoch, timestampMs: assignmentTimestamp }
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
    state: states.get(state) ?? 'unknown',
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
