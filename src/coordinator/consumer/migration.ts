import { KafkaError } from '../../wire/errors.ts'
import {
  consumerProtocolAssignment,
  decodeAssignment,
  decodeSubscription,
} from '../../wire/messages/consumer-protocol.ts'
import { encodeVersioned, readVersion } from '../../wire/schema/versioned.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { ClassicGroup, Member } from '../classic/group.ts'
import { metadataOf, selectProtocol } from '../classic/group.ts'
import { groupMetadataRecord, groupTombstone } from '../group-records.ts'
import type { GroupTopics } from '../group-topics.ts'
import type { Assignment } from '../modern/assignment.ts'
import { mayDowngrade, mayUpgrade } from './config.ts'
import type { ConsumerDraft } from './draft.ts'
import { type ConsumerMember, NOTHING } from './group.ts'
import { removeMembers } from './membership.ts'
import { subscriptionHash } from './subscriptions.ts'

/**
 * A group that passes between the classic and the consumer protocol while its members are at work (KIP-848): up when
 * the first member of the consumer protocol joins, down when the last one leaves. Nobody loses a partition by it.
 *
 * Source of the rules: apache/kafka `GroupMetadataManager.convertToConsumerGroup`, `convertToClassicGroup`,
 * `ConsumerGroup.fromClassicGroup`, `ClassicGroup.fromConsumerGroup`.
 */

/** A group that is a classic one from now on. */
export interface Downgraded {
  readonly group: ClassicGroup
  /** Why it has to rebalance at once; undefined if it needn't. */
  readonly rebalanceReason: string | undefined
}

/** Throws GROUP_ID_NOT_FOUND if a classic group that has members can't become a consumer group. */
export function requireUpgradable(classic: ClassicGroup, { circumstances }: ConsumerDraft): void {
  const { config } = circumstances
  if (!mayUpgrade(config)) throw notUpgradable(classic, 'online upgrade is disabled')
  if (classic.protocolType !== 'consumer')
    throw notUpgradable(classic, 'the group does not use the consumer embedded protocol')
  if (classic.members.size > config.maxSize)
    throw notUpgradable(classic, 'the group size exceeds the consumer group maximum size')
}

function notUpgradable({ groupId }: ClassicGroup, reason: string): KafkaError {
  const message = `Cannot upgrade classic group ${groupId} to consumer group because ${reason}.`
  return new KafkaError('GROUP_ID_NOT_FOUND', message)
}

/** Turns a classic group into this draft's, which must be fresh. Its members stay and have what they had. */
export function upgrade(draft: ConsumerDraft, classic: ClassicGroup): void {
  const { group, circumstances } = draft
  draft.records.push(groupTombstone(classic.groupId))
  const epoch = classic.generationId
  const members = [...classic.members.values()].map((member) =>
    upgradedMember(classic, member, circumstances.topics),
  )
  for (const member of members) draft.appendMember(member)
  const metadataHash = subscriptionHash(group, circumstances.topics)
  draft.append({ kind: 'group', value: { epoch, metadataHash } })
  for (const { memberId, assigned } of members) {
    const value = new Map([...assigned].map(([topicId, partitions]) => [topicId, new Set(partitions.keys())]))
    draft.append({ kind: 'target', memberId, value })
  }
  draft.append({ kind: 'target-epoch', value: { epoch, timestampMs: 0 } })
  for (const member of members) {
    draft.appendCurrent(member)
    draft.expect('session', member.memberId, member.classic?.sessionTimeoutMs ?? 0)
  }
  draft.notes.push(`classic group of ${members.length} members becomes a consumer group`)
}

function upgradedMember(classic: ClassicGroup, member: Member, topics: GroupTopics): ConsumerMember {
  const epoch = classic.generationId
  const { subscription, assignment } = readMember(classic, member)
  const assigned = new Map<string, ReadonlyMap<number, number>>()
  for (const { topic, partitions } of assignment) {
    const known = topics.topics.get(topic)
    if (known !== undefined) assigned.set(known.id, new Map(partitions.map((index) => [index, epoch])))
  }
  return {
    memberId: member.memberId,
    memberEpoch: epoch,
    previousMemberEpoch: epoch,
    state: 'stable',
    instanceId: member.groupInstanceId,
    rackId: subscription.rackId === '' ? null : subscription.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: [...new Set(subscription.topics)].sort(),
    subscribedTopicRegex: '',
    serverAssignor: null,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    assigned,
    pendingRevocation: NOTHING,
    classic: { sessionTimeoutMs: member.sessionTimeoutMs, supportedProtocols: member.protocols },
  }
}

function readMember(classic: ClassicGroup, member: Member) {
  const protocolName = classic.protocolName ?? member.protocols[0]?.name ?? null
  try {
    const subscription = decodeSubscription(metadataOf(member, protocolName))
    if (member.assignment.length === 0) return { subscription, assignment: [] }
    const { userData, assignedPartitions } = decodeAssignment(member.assignment)
    if (userData !== null && userData.length > 0)
      throw notUpgradable(
        classic,
        'an unsupported custom assignor is in use. Please refer to the documentation or switch to a default assignor before re-attempting the upgrade',
      )
    return { subscription, assignment: assignedPartitions }
  } catch (error) {
    if (error instanceof WireError)
      throw notUpgradable(classic, 'the embedded consumer protocol is malformed')
    throw error
  }
}

/**
 * Takes members out. When only members of the classic protocol are left the group becomes a classic one, if it may,
 * and that is returned.
 */
export function fence(draft: ConsumerDraft, members: readonly ConsumerMember[]): Downgraded | undefined {
  if (members.length === 0) return undefined
  const leaving = new Set(members.map(({ memberId }) => memberId))
  const staying = [...draft.group.members.values()].filter(({ memberId }) => !leaving.has(memberId))
  if (!canDowngrade(draft, staying)) {
    removeMembers(draft, members)
    return undefined
  }
  const reason = `Downgrade group ${draft.group.groupId} from consumer to classic for member leaving.`
  return { group: downgrade(draft, staying), rebalanceReason: reason }
}

/** Whether those who stay may go on as a classic group: all of them speak its protocol. */
export function canDowngrade({ circumstances }: ConsumerDraft, staying: readonly ConsumerMember[]): boolean {
  return (
    staying.length > 0 &&
    staying.every(({ classic }) => classic !== null) &&
    mayDowngrade(circumstances.config) &&
    staying.length <= circumstances.classicMaxSize
  )
}

/** Writes the group off as a consumer group and on as a classic one, with these members. */
export function downgrade(draft: ConsumerDraft, staying: readonly ConsumerMember[]): ClassicGroup {
  const classic = classicGroup(draft, staying)
  for (const record of draft.group.tombstones()) draft.append(record)
  draft.records.push(groupMetadataRecord(classic))
  draft.notes.push(`consumer group becomes a classic group of ${staying.length} members`)
  return classic
}

function classicGroup(
  { group, circumstances }: ConsumerDraft,
  staying: readonly ConsumerMember[],
): ClassicGroup {
  const unassigned = new Map(staying.map((member) => [member.memberId, classicMember(member)]))
  const protocolName = selectProtocol({ members: unassigned }) ?? null
  const members = new Map<string, Member>()
  for (const [memberId, member] of unassigned) {
    const target = group.targetOf(memberId)
    const metadata = metadataOf(member, protocolName)
    members.set(memberId, {
      ...member,
      assignment: encodedAssignment(target, metadata, circumstances.topics),
    })
  }
  return {
    groupId: group.groupId,
    phase: 'Stable',
    generationId: group.groupEpoch,
    protocolType: 'consumer',
    protocolName,
    leaderId: staying[0]?.memberId ?? null,
    stateTimestampMs: circumstances.nowMs,
    members,
    pendingMemberIds: new Set(),
    deadline: null,
  }
}

function classicMember(member: ConsumerMember): Member {
  return {
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    sessionTimeoutMs: member.classic?.sessionTimeoutMs ?? 0,
    protocols: member.classic?.supportedProtocols ?? [],
    assignment: Buffer.alloc(0),
    isNew: false,
    joining: null,
    syncing: null,
    hasSynced: true,
  }
}

/** An assignment as clients of the classic protocol read it, in the version in which they wrote their subscription. */
export function encodedAssignment(target: Assignment, subscription: Buffer, topics: GroupTopics): Buffer {
  const assignedPartitions = [...target].flatMap(([topicId, partitions]) => {
    const topic = topics.topicNamesById.get(topicId)
    return topic === undefined ? [] : [{ topic, partitions: [...partitions] }]
  })
  const version = Math.min(Math.max(readVersion(subscription), 0), consumerProtocolAssignment.maxVersion)
  return encodeVersioned(consumerProtocolAssignment, { assignedPartitions }, version)
}
