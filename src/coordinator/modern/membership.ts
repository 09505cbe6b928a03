import { KafkaError } from '../../wire/errors.ts'
import type { GroupType } from '../group.ts'
import type { ModernDraft } from './draft.ts'
import type { ModernGroup, ModernMember, ModernMetadata } from './group.ts'

/**
 * Who is in a group whose coordinator assigns, and who may speak as whom. Source of the rules: apache/kafka
 * `GroupMetadataManager.java` of 4.4 (`getOrMaybeSubscribeStaticConsumerMember`,
 * `throwIfConsumerGroupMemberEpochIsInvalid`, and the same for streams groups).
 */

/** The epoch with which a member joins. */
export const JOIN_EPOCH = 0
/** The epoch with which a member leaves. */
export const LEAVE_EPOCH = -1
/** The epoch with which a static member leaves for a while: its place is kept (KIP-345). */
export const STATIC_LEAVE_EPOCH = -2

/** Who a request says that it comes from. */
export interface MemberClaim<Owned> {
  readonly memberId: string
  readonly instanceId: string | null
  /** Undefined for a client of the classic protocol, whose generation is looked at elsewhere. */
  readonly memberEpoch: number | undefined
  /** What the client says it has; null when it says nothing. */
  readonly owned: Owned | null
}

/** A new member needs room; one that replaces a static member doesn't. */
export function requireRoom<Metadata extends ModernMetadata, Assigned, Target>(
  { group, circumstances }: ModernDraft<Metadata, Assigned, Target>,
  { memberId, instanceId }: Pick<MemberClaim<unknown>, 'memberId' | 'instanceId'>,
): void {
  if (instanceId !== null && group.staticMember(instanceId) !== undefined) return
  const { maxSize } = circumstances.config
  if (group.members.size >= maxSize && !group.members.has(memberId)) throw noRoom(group.type, maxSize)
}

export function noRoom(type: GroupType, maxSize: number): KafkaError {
  const message = `The ${type} group has reached its maximum capacity of ${maxSize} members.`
  return new KafkaError('GROUP_MAX_SIZE_REACHED', message)
}

/**
 * The member that a request comes from. With `mayJoin` a new one where there is none, or one that takes the place of a
 * static member that is away. `contains` tells whether what a member has includes all that it says it has.
 */
export function claimedMember<Metadata extends ModernMetadata, Assigned, Target, Owned>(
  draft: ModernDraft<Metadata, Assigned, Target>,
  claim: MemberClaim<Owned>,
  mayJoin: boolean,
  contains: (assigned: Assigned, owned: Owned) => boolean,
): ModernMember<Metadata, Assigned> {
  const { group } = draft
  const { memberId, instanceId } = claim
  if (!mayJoin) {
    const member = knownMember(group, memberId, instanceId)
    requireEpoch(group, member, claim, contains)
    return member
  }
  const existing = instanceId === null ? undefined : group.staticMember(instanceId)
  if (existing === undefined) return group.memberOrNew(memberId)
  if (existing.memberEpoch === STATIC_LEAVE_EPOCH) return replaceMember(draft, existing, memberId)
  const message = `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${existing.memberId} member.`
  throw new KafkaError('UNRELEASED_INSTANCE_ID', message)
}

/** What every heartbeat says about its member; `null`, and -1 for the timeout, mean that it hasn't changed. */
export interface MemberReport {
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly clientId: string
  readonly clientHost: string
}

/** The member's own words with what a heartbeat changes of them. */
export function reportedBy(member: ModernMetadata, report: MemberReport): ModernMetadata {
  return {
    instanceId: report.instanceId ?? member.instanceId,
    rackId: report.rackId ?? member.rackId,
    rebalanceTimeoutMs:
      report.rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : report.rebalanceTimeoutMs,
    clientId: report.clientId,
    clientHost: report.clientHost,
  }
}

/** A static member comes back under a new id: everything that the old one had is its own. */
export function replaceMember<Metadata extends ModernMetadata, Assigned, Target>(
  draft: ModernDraft<Metadata, Assigned, Target>,
  old: ModernMember<Metadata, Assigned>,
  memberId: string,
): ModernMember<Metadata, Assigned> {
  const target = draft.group.targetOf(old.memberId)
  const member = { ...old, memberId, memberEpoch: 0, previousMemberEpoch: 0 }
  draft.removeMember(old.memberId)
  draft.appendMember(member)
  draft.append({ kind: 'target', memberId, value: target })
  draft.appendCurrent(member)
  draft.notes.push(`static member ${old.instanceId} returns as ${memberId}`)
  return member
}

/** UNKNOWN_MEMBER_ID; FENCED_INSTANCE_ID when the instance id is another member's. */
export function knownMember<Metadata extends ModernMetadata, Assigned, Target>(
  group: ModernGroup<Metadata, Assigned, Target>,
  memberId: string,
  instanceId: string | null,
): ModernMember<Metadata, Assigned> {
  const member = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId)
  if (member === undefined)
    throw instanceId === null
      ? unknownMember(group.groupId, memberId)
      : new KafkaError('UNKNOWN_MEMBER_ID', `Instance id ${instanceId} is unknown.`)
  if (member.memberId === memberId) return member
  const message = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.memberId}.`
  throw new KafkaError('FENCED_INSTANCE_ID', message)
}

export function unknownMember(groupId: string, memberId: string): KafkaError {
  return new KafkaError('UNKNOWN_MEMBER_ID', `Member ${memberId} is not a member of group ${groupId}.`)
}

/**
 * A member must be where the coordinator takes it to be. One epoch behind is good when the answer that told it of the
 * present one was lost: it has nothing then that it wasn't given.
 */
function requireEpoch<Metadata extends ModernMetadata, Assigned, Target, Owned>(
  { type }: ModernGroup<Metadata, Assigned, Target>,
  { memberEpoch, previousMemberEpoch, assigned }: ModernMember<Metadata, Assigned>,
  { memberEpoch: received, owned }: MemberClaim<Owned>,
  contains: (assigned: Assigned, owned: Owned) => boolean,
): void {
  if (received === undefined || received === memberEpoch) return
  const isRetry = received === previousMemberEpoch && owned !== null && contains(assigned, owned)
  if (received < memberEpoch && isRetry) return
  throw fencedEpoch(type, received, memberEpoch)
}

/** `more` is what Kafka says besides where a kind has rules of its own. */
export function fencedEpoch(type: GroupType, received: number, known: number, more = ''): KafkaError {
  const relation = received > known ? 'greater' : 'smaller'
  const message = `The ${type} group member has a ${relation} member epoch (${received}) than the one known by the group coordinator (${known})${more}. The member must abandon all its partitions and rejoin.`
  return new KafkaError('FENCED_MEMBER_EPOCH', message)
}
