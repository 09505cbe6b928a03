import { KafkaError } from '../../wire/errors.ts'
import { hasPartition, withEpochsForgotten } from '../modern/assignment.ts'
import type { ConsumerDraft } from './draft.ts'
import { type ConsumerMember, isClassic, NO_PARTITIONS } from './group.ts'
import type { OwnedPartitions } from './reconcile.ts'
import { regexOf, regexSubscribers, subscriptionHash } from './subscriptions.ts'

/** The epoch with which a member leaves. */
export const LEAVE_EPOCH = -1
/** The epoch with which a static member leaves for a while: its place is kept (KIP-345). */
export const STATIC_LEAVE_EPOCH = -2

/** Who a request says that it comes from. */
export interface MemberClaim {
  readonly memberId: string
  readonly instanceId: string | null
  /** 0 to join; undefined for a client of the classic protocol, whose generation is looked at elsewhere. */
  readonly memberEpoch: number | undefined
  readonly owned: OwnedPartitions | null
}

/** A new member needs room; one that replaces a static member doesn't. */
export function requireRoom({ group, circumstances }: ConsumerDraft, claim: MemberClaim): void {
  const { memberId, instanceId } = claim
  if (instanceId !== null && group.staticMember(instanceId) !== undefined) return
  const { maxSize } = circumstances.config
  if (group.members.size < maxSize || group.members.has(memberId)) return
  const message = `The consumer group has reached its maximum capacity of ${maxSize} members.`
  throw new KafkaError('GROUP_MAX_SIZE_REACHED', message)
}

/** The member that a request comes from; with `mayJoin` a new one where there is none. */
export function claimedMember(draft: ConsumerDraft, claim: MemberClaim, mayJoin: boolean): ConsumerMember {
  const { instanceId } = claim
  if (instanceId !== null) return staticMember(draft, claim, instanceId, mayJoin)
  const { group } = draft
  const member = mayJoin ? group.memberOrNew(claim.memberId) : group.members.get(claim.memberId)
  if (member === undefined) throw unknownMember(group.groupId, claim.memberId)
  requireEpoch(member, claim)
  return member
}

function staticMember(
  draft: ConsumerDraft,
  claim: MemberClaim,
  instanceId: string,
  mayJoin: boolean,
): ConsumerMember {
  const { group } = draft
  const existing = group.staticMember(instanceId)
  if (!mayJoin) {
    const member = requireOwner(existing, claim.memberId, instanceId)
    requireEpoch(member, claim)
    return member
  }
  if (existing === undefined) return group.memberOrNew(claim.memberId)
  const isClassicOnOneSide = claim.memberEpoch === undefined || isClassic(existing)
  if (!isClassicOnOneSide && existing.memberEpoch !== STATIC_LEAVE_EPOCH) {
    const message = `Static member ${claim.memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${existing.memberId} member.`
    throw new KafkaError('UNRELEASED_INSTANCE_ID', message)
  }
  return replaceMember(draft, existing, claim.memberId)
}

/** A static member comes back under a new id: everything that the old one had is its own. */
function replaceMember(draft: ConsumerDraft, old: ConsumerMember, memberId: string): ConsumerMember {
  const target = draft.group.targets.get(old.memberId) ?? NO_PARTITIONS
  const member = { ...old, memberId, memberEpoch: 0, previousMemberEpoch: 0 }
  draft.removeMember(old.memberId)
  draft.appendMember(member)
  draft.append({ kind: 'target', memberId, value: target })
  draft.appendCurrent(member)
  draft.notes.push(`static member ${old.instanceId} returns as ${memberId}`)
  return member
}

/** Throws unless the instance id is this member's. */
export function requireOwner(
  existing: ConsumerMember | undefined,
  memberId: string,
  instanceId: string,
): ConsumerMember {
  if (existing === undefined)
    throw new KafkaError('UNKNOWN_MEMBER_ID', `Instance id ${instanceId} is unknown.`)
  if (existing.memberId === memberId) return existing
  const message = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${existing.memberId}`
  throw new KafkaError('FENCED_INSTANCE_ID', message)
}

export function unknownMember(groupId: string, memberId: string): KafkaError {
  return new KafkaError('UNKNOWN_MEMBER_ID', `Member ${memberId} is not a member of group ${groupId}.`)
}

/**
 * A member must be where the coordinator takes it to be. One epoch behind is good when the answer that told it of the
 * present one was lost: it has nothing then that it wasn't given.
 */
function requireEpoch(member: ConsumerMember, { memberEpoch: received, owned }: MemberClaim): void {
  if (received === undefined || received === 0 || received === member.memberEpoch) return
  const isRetry = received === member.previousMemberEpoch && isWithin(owned, member)
  if (received < member.memberEpoch && isRetry) return
  const relation = received > member.memberEpoch ? 'greater' : 'smaller'
  const message = `The consumer group member has a ${relation} member epoch (${received}) than the one known by the group coordinator (${member.memberEpoch}). The member must abandon all its partitions and rejoin.`
  throw new KafkaError('FENCED_MEMBER_EPOCH', message)
}

function isWithin(owned: OwnedPartitions | null, { assigned }: ConsumerMember): boolean {
  if (owned === null) return false
  for (const [topicId, partitions] of owned)
    if (!partitions.every((partition) => hasPartition(assigned, topicId, partition))) return false
  return true
}

/** Takes members out, and gives what they had to the others. */
export function removeMembers(draft: ConsumerDraft, members: readonly ConsumerMember[]): void {
  const { group, circumstances } = draft
  for (const { memberId } of members) draft.removeMember(memberId)
  for (const regex of new Set(members.flatMap((member) => regexOf(member) ?? [])))
    if (regexSubscribers(group, regex) === 0) draft.append({ kind: 'regex', regex, value: null })
  draft.bumpEpoch(subscriptionHash(group, circumstances.topics))
  // Whoever comes next finds a group that owes it no waiting (KIP-1263).
  if (group.members.size === 0)
    draft.append({ kind: 'target-epoch', value: { epoch: group.groupEpoch, timestampMs: 0 } })
}

/** A static member is away; its partitions wait for it until its session expires. */
export function leaveForAWhile(draft: ConsumerDraft, member: ConsumerMember): void {
  draft.appendCurrent({
    ...member,
    memberEpoch: STATIC_LEAVE_EPOCH,
    assigned: withEpochsForgotten(member.assigned),
    pendingRevocation: new Map(),
  })
}
