import { KafkaError } from '../../wire/errors.ts'
import type { GroupTopics } from '../group-topics.ts'
import { type ConfiguredTopology, configureTopology } from './configured-topology.ts'
import type { StreamsGroup, StreamsMember } from './group.ts'
import type { LiveState, TaskOffsets } from './live-state.ts'
import { type AssignedTasks, rowsOf, type TaskSet } from './tasks.ts'
import type { Subtopology, Topology } from './topology.ts'

/** A streams group as StreamsGroupDescribe shows it. */
export type StreamsGroupDescription = ReturnType<typeof describeStreamsGroup>

export function describeStreamsGroup(group: StreamsGroup, cluster: GroupTopics, live: LiveState) {
  const { groupId, phase, metadata, assignmentEpoch, topology } = group
  return {
    groupId,
    groupState: phase,
    groupEpoch: metadata.epoch,
    assignmentEpoch,
    topology: topology === undefined ? null : describeTopology(topology, cluster),
    members: [...group.members.values()].map((member) =>
      describeMember(member, group.targetOf(member.memberId), live),
    ),
  }
}

/** With the counts that follow from the topics there are; as it was told while some are missing or unfit. */
function describeTopology(topology: Topology, cluster: GroupTopics) {
  const configured = configuredOrNot(topology, cluster)
  const isReady = configured !== undefined && configured.problem === undefined
  const subtopologies: Iterable<Subtopology> = isReady
    ? (configured.subtopologies?.values() ?? [])
    : topology.subtopologies
  return {
    epoch: topology.epoch,
    subtopologies: [...subtopologies]
      .sort((one, other) => (one.subtopologyId < other.subtopologyId ? -1 : 1))
      .map((subtopology) => ({
        subtopologyId: subtopology.subtopologyId,
        sourceTopics: [...subtopology.sourceTopics].sort(),
        repartitionSinkTopics: [...subtopology.repartitionSinkTopics].sort(),
        stateChangelogTopics: [...subtopology.stateChangelogTopics].sort(byName),
        repartitionSourceTopics: [...subtopology.repartitionSourceTopics].sort(byName),
      })),
  }
}

function configuredOrNot(topology: Topology, cluster: GroupTopics): ConfiguredTopology | undefined {
  try {
    return configureTopology(topology, cluster)
  } catch (error) {
    if (error instanceof KafkaError) return undefined
    throw error
  }
}

function describeMember(member: StreamsMember, target: TaskSet, { taskOffsets }: LiveState) {
  const {
    assigned,
    pendingRevocation: _pending,
    state: _state,
    previousMemberEpoch: _epoch,
    ...shown
  } = member
  const reported = taskOffsets.get(member.memberId)
  return {
    ...shown,
    clientTags: [...member.clientTags].map(([key, value]) => ({ key, value })),
    taskOffsets: offsetRows(reported?.offsets),
    taskEndOffsets: offsetRows(reported?.endOffsets),
    assignment: assignment(assigned),
    targetAssignment: assignment(target),
    isClassic: false,
  }
}

function assignment({ active, standby, warmup }: AssignedTasks | TaskSet) {
  return { activeTasks: rowsOf(active), standbyTasks: rowsOf(standby), warmupTasks: rowsOf(warmup) }
}

function offsetRows(offsets: TaskOffsets = new Map()) {
  return rowsOf(offsets).flatMap(({ subtopologyId, partitions }) =>
    partitions.map((partition) => ({
      subtopologyId,
      partition,
      offset: offsets.get(subtopologyId)?.get(partition) ?? 0,
    })),
  )
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1
}
