import { errorCodes, KafkaError, NONE } from '../../wire/errors.ts'
import { decodeSubscription } from '../../wire/messages/consumer-protocol.ts'
import { WireError } from '../../wire/wire-error.ts'
import { assignmentReply, type JoinRequest, refusedJoin, refusedSync } from '../classic/draft.ts'
import type { JoinReply, MemberProtocol, SyncReply } from '../classic/group.ts'
import type { HeartbeatRequest, LeaveResult, LeavingMember, SyncRequest } from '../classic/membership.ts'
import type { GroupTopics } from '../group-topics.ts'
import { knownMember, requireRoom, unknownMember } from '../modern/membership.ts'
import type { ConsumerDraft } from './draft.ts'
import type { ConsumerGroup, ConsumerMember } from './group.ts'
import { claimedMember } from './membership.ts'
import { canDowngrade, type Downgraded, downgrade, encodedAssignment, fence } from './migration.ts'
import { assignIfDue, reconcileMember, subscribe, type TopicsSeen } from './subscribe.ts'

/**
 * Members that speak the classic protocol in a consumer group (KIP-848, online migration). To them every step of their
 * reconciliation is a rebalance: they are told to join again, which gives them their member epoch as the generation,
 * and learn by syncing what they may use.
 *
 * Source of the rules: apache/kafka `GroupMetadataManager.classicGroupJoinToConsumerGroup` and what stands beside it.
 */

const PROTOCOL_TYPE = 'consumer'

export interface ClassicJoin {
  readonly reply: JoinReply
  readonly seen: TopicsSeen
  readonly downgraded: Downgraded | undefined
}

export function joinClassic(draft: ConsumerDraft, request: JoinRequest, seen: TopicsSeen): ClassicJoin {
  const isUnknown = request.memberId === ''
  const memberId = isUnknown ? request.freshMemberId : request.memberId
  const instanceId = request.groupInstanceId
  const claim = { memberId, instanceId, memberEpoch: undefined, owned: null }
  requireMigration(draft)
  requireRoom(draft, claim)
  const protocol = requireProtocol(draft.group, request)
  if (request.requiresMemberId && isUnknown && instanceId === null)
    return { reply: refusedJoin(memberId, 'MEMBER_ID_REQUIRED'), seen, downgraded: undefined }
  const replaced = instanceId === null ? undefined : draft.group.staticMember(instanceId)
  const subscription = readSubscription(protocol)
  const member = claimedMember(draft, claim, instanceId === null || isUnknown)
  const updated: ConsumerMember = {
    ...member,
    instanceId,
    rackId: subscription.rackId === null || subscription.rackId === '' ? member.rackId : subscription.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    subscribedTopicNames: [...new Set(subscription.topics)].sort(),
    subscribedTopicRegex: '',
    clientId: request.clientId,
    clientHost: request.clientHost,
    classic: { sessionTimeoutMs: request.sessionTimeoutMs, supportedProtocols: request.protocols },
  }
  const staying = [...draft.group.members.values()].map((each) =>
    each.memberId === memberId ? updated : each,
  )
  const isLastToSwitch = replaced !== undefined && replaced.classic === null && canDowngrade(draft, staying)
  const subscribed = subscribe(draft, member, updated, seen)
  const isStale = draft.group.assignmentEpoch < draft.group.groupEpoch
  if (!isLastToSwitch) assignIfDue(draft)
  const owned = ownedPartitions(subscription.ownedPartitions, draft.circumstances.topics)
  const next =
    isLastToSwitch && isStale
      ? updated
      : reconcileMember(draft, updated, subscribed.hasSubscriptionChanged, owned)
  draft.cancel('join', memberId)
  draft.expect('session', memberId, request.sessionTimeoutMs)
  draft.expect('sync', memberId, request.rebalanceTimeoutMs)
  return {
    reply: joined(next, protocol.name),
    seen: subscribed.seen,
    downgraded: isLastToSwitch ? downgraded(draft, isStale) : undefined,
  }
}

function downgraded(draft: ConsumerDraft, isStale: boolean): Downgraded {
  const { groupId } = draft.group
  const rebalanceReason = isStale
    ? `Downgrade group ${groupId} from consumer to classic with stale assignment.`
    : undefined
  return { group: downgrade(draft, [...draft.group.members.values()]), rebalanceReason }
}

export function syncClassic(draft: ConsumerDraft, request: SyncRequest): SyncReply {
  const { group, circumstances } = draft
  const member = requireClassic(group, request)
  const [protocol] = member.classic?.supportedProtocols ?? []
  if (differs(request.protocolType, PROTOCOL_TYPE) || differs(request.protocolName, protocol?.name))
    throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
  if (group.assignmentEpoch > member.memberEpoch && member.state !== 'unrevoked') {
    draft.expectIfAbsent('join', member.memberId, member.rebalanceTimeoutMs)
    return refusedSync('REBALANCE_IN_PROGRESS')
  }
  draft.cancel('sync', member.memberId)
  expectSession(draft, member)
  const target = new Map(
    [...member.assigned].map(([topicId, partitions]) => [topicId, new Set(partitions.keys())]),
  )
  const subscription = protocol?.metadata ?? Buffer.alloc(0)
  return assignmentReply(request, encodedAssignment(target, subscription, circumstances.topics))
}

/** The error code of the answer. */
export function heartbeatClassic(draft: ConsumerDraft, request: HeartbeatRequest): number {
  const { group } = draft
  const member = requireClassic(group, request)
  expectSession(draft, member)
  const mustRejoin =
    member.memberEpoch < group.assignmentEpoch ||
    member.state === 'unrevoked' ||
    (member.state === 'unreleased' && !waitsForOthers(group, member))
  if (!mustRejoin) return NONE
  draft.expectIfAbsent('join', member.memberId, member.rebalanceTimeoutMs)
  return errorCodes.REBALANCE_IN_PROGRESS
}

export function leaveClassic(
  draft: ConsumerDraft,
  leaving: readonly LeavingMember[],
): { readonly results: readonly LeaveResult[]; readonly downgraded: Downgraded | undefined } {
  const members = new Map<string, ConsumerMember>()
  const results = leaving.map(({ memberId, groupInstanceId }) => {
    try {
      const member = leavingMember(draft.group, memberId, groupInstanceId)
      members.set(member.memberId, member)
      return { memberId, groupInstanceId, errorCode: NONE }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { memberId, groupInstanceId, errorCode: error.code }
    }
  })
  return { results, downgraded: fence(draft, [...members.values()]) }
}

/** An empty member id with an instance id is an administrator's removal (KIP-345). */
function leavingMember(group: ConsumerGroup, memberId: string, instanceId: string | null): ConsumerMember {
  const named = instanceId === null ? undefined : group.staticMember(instanceId)
  return knownMember(group, memberId || (named?.memberId ?? ''), instanceId)
}

function requireMigration({ group, circumstances }: ConsumerDraft): void {
  if (circumstances.config.migrationPolicy !== 'DISABLED') return
  const message = `Cannot join the consumer group ${group.groupId} with the classic protocol because the group migration is disabled.`
  throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL', message)
}

/** The member's first protocol. One of those it speaks must be spoken by all members of the classic protocol. */
function requireProtocol(group: ConsumerGroup, { protocolType, protocols }: JoinRequest): MemberProtocol {
  const [first] = protocols
  const classics = [...group.members.values()].flatMap(({ classic }) => classic ?? [])
  const isShared = protocols.some(({ name }) =>
    classics.every(({ supportedProtocols }) => supportedProtocols.some((each) => each.name === name)),
  )
  if (first === undefined || protocolType !== PROTOCOL_TYPE || !isShared)
    throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
  return first
}

function readSubscription({ metadata }: MemberProtocol) {
  try {
    return decodeSubscription(metadata)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL', error.message)
  }
}

function ownedPartitions(
  owned: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  { topics }: GroupTopics,
): ReadonlyMap<string, readonly number[]> {
  const byId = new Map<string, readonly number[]>()
  for (const { topic, partitions } of owned) {
    const id = topics.get(topic)?.id
    if (id !== undefined) byId.set(id, partitions)
  }
  return byId
}

function requireClassic(
  group: ConsumerGroup,
  request: Pick<HeartbeatRequest, 'memberId' | 'groupInstanceId' | 'generationId'>,
): ConsumerMember {
  const { memberId, groupInstanceId } = request
  const member = knownMember(group, memberId, groupInstanceId)
  if (member.classic === null) throw unknownMember(group.groupId, memberId)
  if (request.generationId !== member.memberEpoch) throw new KafkaError('ILLEGAL_GENERATION')
  return member
}

/** Whether something that the member is to have is still with somebody else. */
function waitsForOthers(group: ConsumerGroup, member: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.targetOf(member.memberId))
    for (const partition of partitions) {
      const owner = group.owners.ownerOf(topicId, partition)
      if (owner !== undefined && member.assigned.get(topicId)?.has(partition) !== true) return true
    }
  return false
}

function expectSession(draft: ConsumerDraft, member: ConsumerMember): void {
  draft.expect('session', member.memberId, member.classic?.sessionTimeoutMs ?? 0)
}

function differs(asked: string | null, actual: string | undefined): boolean {
  return asked !== null && asked !== actual
}

function joined(member: ConsumerMember, protocolName: string): JoinReply {
  return {
    errorCode: NONE,
    generationId: member.memberEpoch,
    protocolType: PROTOCOL_TYPE,
    protocolName,
    leader: '',
    skipAssignment: false,
    memberId: member.memberId,
    members: [],
  }
}
