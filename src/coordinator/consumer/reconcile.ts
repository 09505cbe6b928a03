import { KafkaError } from '../../wire/errors.ts'
import { type Assignment, type EpochAssignment, hasPartition } from '../modern/assignment.ts'
import { isReconciledTo } from '../modern/group.ts'
import { type ConsumerMember, NOTHING } from './group.ts'

/** Partitions that a client says it has, by topic id. */
export type OwnedPartitions = ReadonlyMap<string, readonly number[]>

export interface Reconciling {
  readonly targetEpoch: number
  readonly target: Assignment
  /** Ids of the topics that the member subscribes to now. */
  readonly subscribed: ReadonlySet<string>
  readonly hasSubscriptionChanged: boolean
  /** What the client says it has; null when it says nothing. */
  readonly owned: OwnedPartitions | null
  /** Whether anybody has the partition, to be given back or not. */
  isTaken(topicId: string, partition: number): boolean
}

/**
 * Takes a member one step towards its target: first it gives back what it is not to have, and only then its epoch rises
 * and it gets what is new, as far as others have given it back. So a partition never has two owners.
 *
 * Source of the rules: apache/kafka `CurrentAssignmentBuilder.java` (KIP-848).
 */
export function reconcile(member: ConsumerMember, aim: Reconciling): ConsumerMember {
  if (!aim.hasSubscriptionChanged && isReconciledTo(member, aim.targetEpoch)) return member
  switch (member.state) {
    case 'stable':
      if (member.memberEpoch !== aim.targetEpoch) return nextAssignment(member, member.memberEpoch, aim)
      return aim.hasSubscriptionChanged ? dropUnsubscribed(member, aim) : member
    case 'unrevoked':
      if (!hasAnyOf(aim.owned, member.pendingRevocation))
        return nextAssignment(member, member.memberEpoch, aim)
      return aim.hasSubscriptionChanged ? dropUnsubscribed(member, aim) : member
    case 'unreleased':
      return nextAssignment(member, member.memberEpoch, aim)
    case 'unknown':
      // Written by a newer broker before a downgrade: only a client that has nothing can go on.
      if (aim.owned === null || aim.owned.size > 0)
        throw new KafkaError(
          'FENCED_MEMBER_EPOCH',
          'The consumer group member is in a unknown state. The member must abandon all its partitions and rejoin.',
        )
      return nextAssignment(member, aim.targetEpoch, aim)
  }
}

/** A client that doesn't say what it has may have all of it. */
function hasAnyOf(owned: OwnedPartitions | null, assignment: EpochAssignment): boolean {
  if (owned === null) return true
  for (const [topicId, partitions] of owned)
    if (partitions.some((partition) => hasPartition(assignment, topicId, partition))) return true
  return false
}

/** What the member no longer subscribes to it gives back at once, whatever its target will be. */
function dropUnsubscribed(member: ConsumerMember, { subscribed, owned }: Reconciling): ConsumerMember {
  const assigned = new Map(member.assigned)
  const pendingRevocation = new Map(member.pendingRevocation)
  for (const [topicId, partitions] of member.assigned) {
    if (subscribed.has(topicId)) continue
    assigned.delete(topicId)
    pendingRevocation.set(topicId, new Map([...(pendingRevocation.get(topicId) ?? []), ...partitions]))
  }
  if (assigned.size === member.assigned.size) return member
  const next = { ...member, previousMemberEpoch: member.memberEpoch, assigned }
  return hasAnyOf(owned, pendingRevocation) ? { ...next, state: 'unrevoked', pendingRevocation } : next
}

function nextAssignment(member: ConsumerMember, memberEpoch: number, aim: Reconciling): ConsumerMember {
  const { kept, revoked, added, hasUnreleased } = compare(member, aim)
  const previousMemberEpoch = member.memberEpoch
  if (revoked.size > 0 && hasAnyOf(aim.owned, revoked))
    return {
      ...member,
      state: 'unrevoked',
      memberEpoch,
      previousMemberEpoch,
      assigned: kept,
      pendingRevocation: revoked,
    }
  return {
    ...member,
    state: hasUnreleased ? 'unreleased' : 'stable',
    memberEpoch: aim.targetEpoch,
    previousMemberEpoch,
    assigned: withAdded(kept, added, aim.targetEpoch),
    pendingRevocation: NOTHING,
  }
}

/** What the member has beside what it is to have. */
function compare(member: ConsumerMember, { target, subscribed, isTaken }: Reconciling) {
  const kept = new Map<string, ReadonlyMap<number, number>>()
  const revoked = new Map<string, ReadonlyMap<number, number>>()
  const added: { readonly topicId: string; readonly partition: number }[] = []
  let hasUnreleased = false
  const wants = (topicId: string, partition: number) =>
    subscribed.has(topicId) && target.get(topicId)?.has(partition) === true
  for (const [topicId, partitions] of member.assigned) {
    const stays = [...partitions].filter(([partition]) => wants(topicId, partition))
    const goes = [...partitions].filter(([partition]) => !wants(topicId, partition))
    if (stays.length > 0) kept.set(topicId, new Map(stays))
    if (goes.length > 0) revoked.set(topicId, new Map(goes))
  }
  for (const [topicId, partitions] of target) {
    if (!subscribed.has(topicId)) continue
    for (const partition of partitions) {
      if (hasPartition(member.assigned, topicId, partition)) continue
      const isOurs = hasPartition(member.pendingRevocation, topicId, partition)
      if (isTaken(topicId, partition) && !isOurs) hasUnreleased = true
      else added.push({ topicId, partition })
    }
  }
  return { kept, revoked, added, hasUnreleased }
}

function withAdded(
  kept: EpochAssignment,
  added: readonly { readonly topicId: string; readonly partition: number }[],
  epoch: number,
): EpochAssignment {
  const result = new Map([...kept].map(([topicId, partitions]) => [topicId, new Map(partitions)]))
  for (const { topicId, partition } of added) {
    const partitions = result.get(topicId) ?? new Map<number, number>()
    result.set(topicId, partitions.set(partition, epoch))
  }
  return result
}
