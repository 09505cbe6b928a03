import { KafkaError } from '../../wire/errors.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { GroupTopics } from '../group-topics.ts'
import { fencedEpoch, JOIN_EPOCH, LEAVE_EPOCH } from '../modern/membership.ts'
import { assignShares, type ShareAssignment, type ShareSubscriber } from './share-assignor.ts'
import type { SharedTopic, ShareGroup, ShareMember, ShareMemberState } from './share-group.ts'
import {
  currentRecord,
  epochRecord,
  memberRecord,
  memberTombstones,
  sharedTopicsRecord,
  targetEpochRecord,
  targetRecord,
} from './share-group-records.ts'

export interface ShareHeartbeatRequest {
  readonly groupId: string
  readonly memberId: string
  readonly memberEpoch: number
  readonly rackId: string | null
  readonly subscribedTopicNames: readonly string[] | null
  readonly clientId: string
  readonly clientHost: string
}

/** Source: apache/kafka `GroupCoordinatorService.throwIfShareGroupHeartbeatRequestIsInvalid`. */
export function requireValid(request: ShareHeartbeatRequest): void {
  const { groupId, memberId, memberEpoch, rackId, subscribedTopicNames } = request
  if (memberId.trim() === '') throw invalid("MemberId can't be empty.")
  if (groupId.trim() === '') throw invalid("GroupId can't be empty.")
  if (rackId !== null && rackId.trim() === '') throw invalid("RackId can't be empty.")
  if (memberEpoch === JOIN_EPOCH && (subscribedTopicNames === null || subscribedTopicNames.length === 0))
    throw invalid('SubscribedTopicNames must be set in first request.')
  if (memberEpoch < LEAVE_EPOCH)
    throw invalid(`MemberEpoch is ${memberEpoch}, but must be greater than or equal to -1.`)
}

function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_REQUEST', message)
}

/**
 * FENCED_MEMBER_EPOCH when the member has missed something; the epoch before is still right, since the answer with the
 * newer one may be lost.
 */
export function requireMemberEpoch(group: ShareGroup, memberId: string, memberEpoch: number): void {
  const state = group.states.get(memberId)
  if (memberEpoch === JOIN_EPOCH || state === undefined) return
  const { memberEpoch: known, previousMemberEpoch: previous } = state
  if (memberEpoch === known || memberEpoch === previous) return
  const isLate = memberEpoch < known
  const more = isLate ? `, and it does not match the previous member epoch (${previous})` : ''
  throw fencedEpoch('share', memberEpoch, known, more)
}

/** The member as the request makes it: what isn't told stays. */
export function memberAfter(before: ShareMember | undefined, request: ShareHeartbeatRequest): ShareMember {
  const names = request.subscribedTopicNames ?? before?.subscribedTopicNames ?? []
  return {
    memberId: request.memberId,
    rackId: request.rackId ?? before?.rackId ?? null,
    clientId: request.clientId,
    clientHost: request.clientHost,
    subscribedTopicNames: [...new Set(names)].sort(),
  }
}

/** Partitions that members subscribe to and that have no state yet. */
export function missingStates({ members, shared }: ShareGroup, { topics }: GroupTopics): SharedTopic[] {
  const names = new Set([...members.values()].flatMap(({ subscribedTopicNames }) => subscribedTopicNames))
  const known = new Map(shared.initialized.map(({ topicId, partitions }) => [topicId, new Set(partitions)]))
  return [...names].sort().flatMap((topicName) => {
    const topic = topics.get(topicName)
    if (topic === undefined) return []
    const missing = [...topic.partitions.keys()].filter((index) => known.get(topic.id)?.has(index) !== true)
    return missing.length === 0 ? [] : [{ topicId: topic.id, topicName, partitions: missing }]
  })
}

/** States of topics that are gone are not kept. */
export function withoutGone(group: ShareGroup, { topicNamesById }: GroupTopics): CoordinatorRecord[] {
  const isThere = ({ topicId }: { readonly topicId: string }) => topicNamesById.has(topicId)
  const { initializing, initialized, deleting } = group.shared
  if ([...initializing, ...initialized, ...deleting].every(isThere)) return []
  const shared = {
    initializing: initializing.filter(isThere),
    initialized: initialized.filter(isThere),
    deleting: deleting.filter(isThere),
  }
  return [sharedTopicsRecord(group.groupId, shared)]
}

/** Puts partitions to those whose state is being made. */
export function beginInitializing(group: ShareGroup, topics: readonly SharedTopic[]): CoordinatorRecord {
  return sharedTopicsRecord(group.groupId, {
    ...group.shared,
    initializing: merged(group.shared.initializing, topics),
  })
}

/** Takes partitions to those whose state is there. */
export function endInitializing(group: ShareGroup, topics: readonly SharedTopic[]): CoordinatorRecord {
  const done = new Map(topics.map(({ topicId, partitions }) => [topicId, new Set(partitions)]))
  const initializing = group.shared.initializing.flatMap((topic) => {
    const partitions = topic.partitions.filter((index) => done.get(topic.topicId)?.has(index) !== true)
    return partitions.length === 0 ? [] : [{ ...topic, partitions }]
  })
  const initialized = merged(group.shared.initialized, topics)
  return sharedTopicsRecord(group.groupId, { ...group.shared, initializing, initialized })
}

function merged(before: readonly SharedTopic[], more: readonly SharedTopic[]): SharedTopic[] {
  const topics = new Map(before.map((topic) => [topic.topicId, topic]))
  for (const topic of more) {
    const known = topics.get(topic.topicId)?.partitions ?? []
    const partitions = [...new Set([...known, ...topic.partitions])].sort((one, other) => one - other)
    topics.set(topic.topicId, { ...topic, partitions })
  }
  return [...topics.values()]
}

/** Who gets what now: records of a new epoch with its target, or none if nothing changes. */
export function rebalance(
  group: ShareGroup,
  members: ReadonlyMap<string, ShareMember>,
  { topics }: GroupTopics,
  nowMs: number,
  isForced: boolean,
): CoordinatorRecord[] {
  const idsByName = new Map([...topics].map(([name, { id }]) => [name, id]))
  const partitions = new Map(
    group.shared.initialized
      .filter(({ topicId, topicName }) => idsByName.get(topicName) === topicId)
      .map((topic) => [topic.topicId, topic.partitions]),
  )
  const subscribers = [...members.values()].map(
    (member): ShareSubscriber => ({
      memberId: member.memberId,
      topicIds: new Set(
        member.subscribedTopicNames
          .map((name) => idsByName.get(name) ?? '')
          .filter((topicId) => partitions.has(topicId)),
      ),
      current: group.targets.get(member.memberId) ?? new Map(),
    }),
  )
  const targets = assignShares(subscribers, partitions)
  const changed = [...targets].filter(([memberId, target]) => !isSame(target, group.targets.get(memberId)))
  if (changed.length === 0 && !isForced) return []
  const { groupId } = group
  const epoch = group.epoch + 1
  return [
    epochRecord(groupId, epoch),
    ...changed.map(([memberId, target]) => targetRecord(groupId, memberId, target)),
    targetEpochRecord(groupId, epoch, nowMs),
  ]
}

/** A member takes over its target at once: nothing has to be given up before others may have it. */
export function reconciled(group: ShareGroup, memberId: string): ShareMemberState | undefined {
  const before = group.states.get(memberId)
  const assigned = group.targets.get(memberId) ?? new Map()
  if (before !== undefined && before.memberEpoch === group.assignmentEpoch) return undefined
  return {
    memberEpoch: group.assignmentEpoch,
    previousMemberEpoch: before?.memberEpoch ?? JOIN_EPOCH,
    assigned,
  }
}

export function joinRecords(
  group: ShareGroup,
  member: ShareMember,
  topics: GroupTopics,
  nowMs: number,
): CoordinatorRecord[] {
  const before = group.members.get(member.memberId)
  const isChanged =
    before === undefined || before.subscribedTopicNames.join('\n') !== member.subscribedTopicNames.join('\n')
  const isSameClient =
    before?.rackId === member.rackId &&
    before.clientId === member.clientId &&
    before.clientHost === member.clientHost
  const members = new Map(group.members).set(member.memberId, member)
  return [
    ...(isChanged || !isSameClient ? [memberRecord(group.groupId, member)] : []),
    ...rebalance(group, members, topics, nowMs, isChanged),
  ]
}

export function leaveRecords(
  group: ShareGroup,
  memberId: string,
  topics: GroupTopics,
  nowMs: number,
): CoordinatorRecord[] {
  const members = new Map(group.members)
  members.delete(memberId)
  return [
    ...memberTombstones(group.groupId, memberId),
    ...rebalance({ ...group, members }, members, topics, nowMs, true),
  ]
}

export function stateRecord(groupId: string, memberId: string, state: ShareMemberState): CoordinatorRecord {
  return currentRecord(groupId, memberId, state)
}

function isSame(one: ShareAssignment, other: ShareAssignment | undefined): boolean {
  return (
    one.size === (other?.size ?? 0) &&
    [...one].every(([topicId, partitions]) => {
      const others = other?.get(topicId)
      return others?.length === partitions.length && partitions.every((index, at) => others[at] === index)
    })
  )
}
