import { type EpochAssignment, hasPartition, withEpochsForgotten } from '../modern/assignment.ts'
import {
  claimedMember as claimedModern,
  type MemberClaim,
  replaceMember,
  STATIC_LEAVE_EPOCH,
} from '../modern/membership.ts'
import type { ConsumerDraft } from './draft.ts'
import { type ConsumerMember, isClassic } from './group.ts'
import type { OwnedPartitions } from './reconcile.ts'
import { regexOf, regexSubscribers, subscriptionHash } from './subscriptions.ts'

/** The member that a request comes from. Between the protocols a static member's place is taken without being left. */
export function claimedMember(
  draft: ConsumerDraft,
  claim: MemberClaim<OwnedPartitions>,
  mayJoin: boolean,
): ConsumerMember {
  const { memberId, instanceId, memberEpoch } = claim
  const existing = mayJoin && instanceId !== null ? draft.group.staticMember(instanceId) : undefined
  if (existing !== undefined && (memberEpoch === undefined || isClassic(existing)))
    return replaceMember(draft, existing, memberId)
  return claimedModern(draft, claim, mayJoin, contains)
}

function contains(assigned: EpochAssignment, owned: OwnedPartitions): boolean {
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
  draft.endIfEmpty()
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
