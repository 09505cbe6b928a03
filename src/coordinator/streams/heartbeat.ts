import { KafkaError } from '../../wire/errors.ts'
import { isReconciledTo } from '../modern/group.ts'
import {
  claimedMember,
  JOIN_EPOCH,
  type MemberReport,
  reportedBy,
  requireRoom,
} from '../modern/membership.ts'
import { metadataHash } from '../modern/metadata-hash.ts'
import { assignIfDue, assignmentConfigs } from './assignment.ts'
import { type ConfiguredTopology, configureTopology } from './configured-topology.ts'
import type { StreamsDraft } from './draft.ts'
import { type EndpointPartitions, partitionsByEndpoint } from './endpoints.ts'
import type { Endpoint, StreamsGroup, StreamsMember } from './group.ts'
import type { LiveState, TaskOffsets, TopologySeen } from './live-state.ts'
import { reconcile } from './reconcile.ts'
import { type Status, statusOf } from './status.ts'
import { taskHolders } from './task-holders.ts'
import { type AssignedTasks, containsTasks, isSameAssigned, NO_TASKS, roles, type TaskSet } from './tasks.ts'
import { isSameTopology, requiredTopics, type TopicInfo, type Topology } from './topology.ts'

/** What a StreamsGroupHeartbeat says that is no leave. `null` fields haven't changed since the last one. */
export interface StreamsHeartbeat extends MemberReport {
  readonly groupId: string
  readonly memberId: string
  /** 0 to join. */
  readonly memberEpoch: number
  readonly endpointInformationEpoch: number
  /** Of who joins. */
  readonly topology: Topology | null
  readonly owned: TaskSet | null
  readonly processId: string | null
  readonly userEndpoint: Endpoint | null
  readonly clientTags: ReadonlyMap<string, string> | null
  readonly taskOffsets: TaskOffsets | null
  readonly taskEndOffsets: TaskOffsets | null
  readonly shutdownApplication: boolean
  /** The oldest clients don't know that tags may be asked for. */
  readonly knowsTags: boolean
}

export interface StreamsHeartbeatReply {
  readonly memberId: string
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
  readonly taskOffsetIntervalMs: number
  readonly acceptableRecoveryLag: number
  readonly status: readonly Status[]
  /** What the member may use; null when it knows already. */
  readonly tasks: AssignedTasks | null
  readonly endpointInformationEpoch: number
  /** Null when the member knows already. */
  readonly partitionsByUserEndpoint: readonly EndpointPartitions[] | null
}

export interface HeartbeatOutcome {
  readonly reply: StreamsHeartbeatReply
  readonly live: LiveState
  readonly missingTopics: readonly TopicInfo[]
}

/**
 * A member joins, reports, and learns how things stand with it (KIP-1071). Throws a `KafkaError`, and the draft must be
 * dropped then. Source of the rules: apache/kafka `GroupMetadataManager.streamsGroupHeartbeat` of 4.4. Warm-up tasks are
 * reconciled, yet none are handed out: neither does Kafka 4.4 (`AssignmentRefiner.java` changes nothing there).
 */
export function heartbeat(
  draft: StreamsDraft,
  request: StreamsHeartbeat,
  before: LiveState,
): HeartbeatOutcome {
  const { group, circumstances } = draft
  const { config } = circumstances
  const { memberId } = request
  const isJoining = request.memberEpoch === JOIN_EPOCH
  const isFirst = group.members.size === 0
  if (isJoining) requireRoom(draft, request)
  const member = claimedMember(draft, request, isJoining, containsTasks)
  const updated = updatedBy(member, request, isJoining)
  const topology = adoptTopology(draft, request.topology)
  const isChanged = appendChanged(draft, member, updated)
  const seen = lookAtTopics(draft, topology, before.seen)
  requireTasksOf(seen.configured, request.owned)
  bumpIfDue(draft, topology, seen, isChanged)
  const isDelayed = before.isDelayed || (isFirst && config.initialRebalanceDelayMs > 0)
  if (isDelayed && !before.isDelayed) draft.expect('phase', '', config.initialRebalanceDelayMs)
  const live = { ...before, seen, isDelayed, taskOffsets: withReported(request, before) }
  const delay = assignIfDue(draft, live)
  const next = reconcileMember(
    draft,
    updated,
    isDelayed ? undefined : group.targets.get(memberId),
    request.owned,
  )
  draft.expect('session', memberId, config.sessionTimeoutMs)
  const hasNewTasks = !isSameAssigned(member.assigned, next.assigned)
  const isMoved = !isSameEndpoint(member.userEndpoint, next.userEndpoint)
  const endpointEpoch =
    before.endpointEpoch + (isMoved || (hasNewTasks && next.userEndpoint !== null) ? 1 : 0)
  const shutdownMemberId = before.shutdownMemberId ?? (request.shutdownApplication ? memberId : undefined)
  return {
    reply: {
      memberId,
      memberEpoch: next.memberEpoch,
      heartbeatIntervalMs: config.heartbeatIntervalMs,
      taskOffsetIntervalMs: config.taskOffsetIntervalMs,
      acceptableRecoveryLag: config.acceptableRecoveryLag,
      status: statusOf({
        member: next,
        topology,
        delay,
        configured: seen.configured,
        shutdownMemberId,
        config,
        knowsTags: request.knowsTags,
      }),
      tasks: isJoining || hasNewTasks ? next.assigned : null,
      endpointInformationEpoch: endpointEpoch,
      partitionsByUserEndpoint:
        endpointEpoch === request.endpointInformationEpoch
          ? null
          : partitionsByEndpoint(membersWith(group, next), seen.configured, circumstances.topics),
    },
    live: { ...live, endpointEpoch, shutdownMemberId },
    missingTopics: seen.configured.missingTopics,
  }
}

function updatedBy(member: StreamsMember, request: StreamsHeartbeat, isJoining: boolean): StreamsMember {
  return {
    ...member,
    ...reportedBy(member, request),
    topologyEpoch: request.topology?.epoch ?? member.topologyEpoch,
    processId: request.processId ?? member.processId,
    clientTags: request.clientTags ?? member.clientTags,
    userEndpoint: isJoining ? request.userEndpoint : (request.userEndpoint ?? member.userEndpoint),
  }
}

/** The topology of the group: that of its first member. Nobody may come with another, except with an older one. */
function adoptTopology(draft: StreamsDraft, topology: Topology | null): Topology {
  const known = draft.group.topology
  if (known !== undefined) {
    if (topology === null || topology.epoch < known.epoch || isSameTopology(topology, known)) return known
    throw new KafkaError('INVALID_REQUEST', 'Topology updates are not supported yet.')
  }
  if (topology === null)
    throw new KafkaError('UNKNOWN_SERVER_ERROR', 'The topology is null and the group topology is also null.')
  draft.append({ kind: 'topology', value: topology })
  return topology
}

/** Whether the member has become another, as far as assignments are concerned. */
function appendChanged(draft: StreamsDraft, before: StreamsMember, after: StreamsMember): boolean {
  const matters =
    before.topologyEpoch !== after.topologyEpoch ||
    before.rackId !== after.rackId ||
    before.processId !== after.processId ||
    !isSameTags(before.clientTags, after.clientTags)
  const differs =
    matters ||
    before.instanceId !== after.instanceId ||
    before.rebalanceTimeoutMs !== after.rebalanceTimeoutMs ||
    before.clientId !== after.clientId ||
    before.clientHost !== after.clientHost ||
    !isSameEndpoint(before.userEndpoint, after.userEndpoint)
  if (differs) draft.appendMember(after)
  return after.instanceId === null ? differs : matters
}

/** What the topology needs of the cluster, looked at anew whenever topics have changed. */
function lookAtTopics(
  { circumstances }: StreamsDraft,
  topology: Topology,
  seen: TopologySeen | undefined,
): TopologySeen {
  const { topics: cluster } = circumstances
  if (seen?.topology === topology && seen.topics === cluster.topics) return seen
  return {
    topology,
    topics: cluster.topics,
    hash: metadataHash(requiredTopics(topology), cluster),
    configured: configureTopology(topology, cluster),
  }
}

/** A member may only speak of tasks that there are. */
function requireTasksOf({ problem, subtopologies }: ConfiguredTopology, owned: TaskSet | null): void {
  if (problem !== undefined || owned === null) return
  for (const role of roles)
    for (const [subtopologyId, partitions] of owned[role]) {
      const subtopology = subtopologies?.get(subtopologyId)
      if (subtopology === undefined)
        throw new KafkaError(
          'INVALID_REQUEST',
          `Subtopology ${subtopologyId} does not exist in the topology.`,
        )
      const { taskCount } = subtopology
      for (const partition of partitions)
        if (partition < 0 || partition >= taskCount)
          throw new KafkaError(
            'INVALID_REQUEST',
            `Task ${partition} for subtopology ${subtopologyId} is invalid. Number of tasks for this subtopology: ${taskCount}`,
          )
    }
}

function bumpIfDue(draft: StreamsDraft, topology: Topology, seen: TopologySeen, isChanged: boolean): void {
  const { metadata } = draft.group
  const validatedTopologyEpoch = seen.configured.problem === undefined ? topology.epoch : -1
  const configs = assignmentConfigs(draft.circumstances.config)
  const isDue =
    isChanged ||
    seen.hash !== metadata.metadataHash ||
    validatedTopologyEpoch !== metadata.validatedTopologyEpoch ||
    !isSameTags(configs, metadata.assignmentConfigs)
  if (isDue) draft.bumpEpoch({ metadataHash: seen.hash, validatedTopologyEpoch, assignmentConfigs: configs })
}

/** Most heartbeats say nothing of offsets. */
function withReported(request: StreamsHeartbeat, { taskOffsets }: LiveState): LiveState['taskOffsets'] {
  if (request.taskOffsets === null && request.taskEndOffsets === null) return taskOffsets
  const before = taskOffsets.get(request.memberId)
  return new Map(taskOffsets).set(request.memberId, {
    offsets: request.taskOffsets ?? before?.offsets ?? new Map(),
    endOffsets: request.taskEndOffsets ?? before?.endOffsets ?? new Map(),
  })
}

/** All members, this one last and as it is now. */
function membersWith({ members }: StreamsGroup, member: StreamsMember): StreamsMember[] {
  return [...[...members.values()].filter(({ memberId }) => memberId !== member.memberId), member]
}

/** Takes the member a step towards its target and returns its next value. */
function reconcileMember(
  draft: StreamsDraft,
  member: StreamsMember,
  target: TaskSet | undefined,
  owned: TaskSet | null,
): StreamsMember {
  const { group } = draft
  if (isReconciledTo(member, group.assignmentEpoch)) return member
  const holders = taskHolders(group.members.values())
  const current = reconcile(member, {
    targetEpoch: group.assignmentEpoch,
    target: target ?? NO_TASKS,
    owned,
    holders,
  })
  if (current === member) return member
  const next = { ...member, ...current }
  if (!draft.advance(member, next)) return member
  draft.expectRevocation(next)
  return next
}

function isSameEndpoint(one: Endpoint | null, other: Endpoint | null): boolean {
  return one?.host === other?.host && one?.port === other?.port
}

function isSameTags(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value)
}
