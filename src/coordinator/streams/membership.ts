import { KafkaError } from '../../wire/errors.ts'
import { withEpochsForgotten } from '../modern/assignment.ts'
import type { StreamsDraft } from './draft.ts'
import type { StreamsGroup, StreamsMember } from './group.ts'
import { containsTasks, NO_TASKS, NOTHING_ASSIGNED, type TaskSet } from './tasks.ts'

/**
 * Who is in a streams group. Source of the rules: apache/kafka `GroupMetadataManager.java` of 4.4
 * (`getOrMaybeCreateStaticStreamsGroupMember`, `throwIfStreamsGroupMemberEpochIsInvalid` and their neighbours).
 */

export const STATIC_LEAVE_EPOCH = -2

interface Claim {
  readonly memberId: string
  readonly memberEpoch: number
  readonly instanceId: string | null
  readonly owned: TaskSet | null
}

export function requireRoom({ group, circumstances }: StreamsDraft, { memberId, instanceId }: Claim): void {
  if (instanceId !== null && group.staticMember(instanceId) !== undefined) return
  const { maxSize } = circumstances.config
  if (group.members.size >= maxSize && !group.members.has(memberId))
    throw new KafkaError(
      'GROUP_MAX_SIZE_REACHED',
      `The streams group has reached its maximum capacity of ${maxSize} members.`,
    )
}

/** The member that speaks: one that is there, a new one, or a static one that takes its predecessor's place. */
export function claimedMember(draft: StreamsDraft, claim: Claim, isJoining: boolean): StreamsMember {
  const { group } = draft
  const { memberId, instanceId } = claim
  if (instanceId !== null) return claimedStaticMember(draft, claim, instanceId, isJoining)
  if (isJoining) return group.memberOrNew(memberId)
  const member = group.members.get(memberId)
  if (member === undefined) throw unknownMember(group, memberId)
  requireEpoch(member, claim)
  return member
}

function claimedStaticMember(
  draft: StreamsDraft,
  claim: Claim,
  instanceId: string,
  isJoining: boolean,
): StreamsMember {
  const known = draft.group.staticMember(instanceId)
  const { memberId } = claim
  if (!isJoining) {
    const member = requireOwner(known, memberId, instanceId)
    requireEpoch(member, claim)
    return member
  }
  if (known === undefined) return draft.group.memberOrNew(memberId)
  if (known.memberEpoch !== STATIC_LEAVE_EPOCH)
    throw new KafkaError(
      'UNRELEASED_INSTANCE_ID',
      `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${known.memberId} member.`,
    )
  return replace(draft, known, { ...known, memberId, memberEpoch: 0, previousMemberEpoch: 0 })
}

/** A static member is back under a new id: what it had is the new one's. */
function replace(draft: StreamsDraft, known: StreamsMember, member: StreamsMember): StreamsMember {
  const target = draft.group.targets.get(known.memberId) ?? NO_TASKS
  draft.removeMember(known.memberId)
  draft.appendMember(member)
  draft.append({ kind: 'target', memberId: member.memberId, value: target })
  draft.appendCurrent(member)
  return member
}

/** UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID. */
export function requireOwner(
  member: StreamsMember | undefined,
  memberId: string,
  instanceId: string,
): StreamsMember {
  if (member === undefined) throw new KafkaError('UNKNOWN_MEMBER_ID', `Instance id ${instanceId} is unknown.`)
  if (member.memberId === memberId) return member
  throw new KafkaError(
    'FENCED_INSTANCE_ID',
    `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.memberId}.`,
  )
}

/** The epoch before is right too if the answer with the newer one may have been lost. */
function requireEpoch(member: StreamsMember, { memberEpoch, owned }: Claim): void {
  const { memberEpoch: expected, previousMemberEpoch, assigned } = member
  if (memberEpoch === expected) return
  const isLate = memberEpoch < expected
  if (isLate && memberEpoch === previousMemberEpoch && owned !== null && containsTasks(assigned, owned))
    return
  const how = isLate ? 'smaller' : 'greater'
  throw new KafkaError(
    'FENCED_MEMBER_EPOCH',
    `The streams group member has a ${how} member epoch (${memberEpoch}) than the one known by the group coordinator (${expected}). The member must abandon all its partitions and rejoin.`,
  )
}

/** Takes a member out, and has its tasks shared out anew. */
export function fence(draft: StreamsDraft, memberId: string): void {
  const { group } = draft
  draft.removeMember(memberId)
  draft.bumpEpoch()
  // Whoever comes next finds a group that owes it no waiting.
  if (group.members.size === 0)
    draft.append({ kind: 'target-epoch', value: { epoch: group.metadata.epoch, timestampMs: 0 } })
}

/** A static member is away; its tasks wait for it until its session expires. */
export function leaveForAWhile(draft: StreamsDraft, member: StreamsMember): void {
  draft.appendCurrent({
    ...member,
    memberEpoch: STATIC_LEAVE_EPOCH,
    assigned: { ...member.assigned, active: withEpochsForgotten(member.assigned.active) },
    pendingRevocation: NOTHING_ASSIGNED,
  })
}

export function unknownMember({ groupId }: StreamsGroup, memberId: string): KafkaError {
  return new KafkaError('UNKNOWN_MEMBER_ID', `Member ${memberId} is not a member of group ${groupId}.`)
}
