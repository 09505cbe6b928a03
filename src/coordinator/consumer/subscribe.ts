import { KafkaError } from '../../wire/errors.ts'
import { isReconciledTo } from '../modern/group.ts'
import type { AssignorMember } from './assignor.ts'
import { assignorNamed } from './assignors.ts'
import type { ConsumerDraft } from './draft.ts'
import { type ConsumerMember, isClassic, type MemberMetadata } from './group.ts'
import { type OwnedPartitions, reconcile } from './reconcile.ts'
import { hasRegexEngine, requireValidRegex, topicsMatching } from './regular-expressions.ts'
import {
  hasSameTopics,
  isHomogeneous,
  preferredAssignor,
  regexOf,
  regexSubscribers,
  subscriptionHash,
  topicIdsOf,
} from './subscriptions.ts'

/** What the coordinator remembers of a group's topics; all of it is forgotten when it moves. */
export interface TopicsSeen {
  /** The topics for which the hash was last looked at. */
  readonly topics: unknown
  /** The topics among which patterns were last looked for, and when. */
  readonly searched: unknown
  readonly searchedAtMs: number
}

export const nothingSeen: TopicsSeen = { topics: undefined, searched: undefined, searchedAtMs: 0 }

export interface Subscribed {
  readonly hasSubscriptionChanged: boolean
  readonly seen: TopicsSeen
}

/** Takes in what a member says about itself, and raises the group epoch if that, or the topics, call for it. */
export function subscribe(
  draft: ConsumerDraft,
  member: ConsumerMember,
  updated: ConsumerMember,
  seen: TopicsSeen,
): Subscribed {
  const { group, circumstances } = draft
  const choosesAssignor = member.serverAssignor !== updated.serverAssignor
  const assignorBefore = choosesAssignor ? assignorOf(draft) : undefined
  const isNew = !group.members.has(updated.memberId)
  if (isNew || !isSameMetadata(member, updated)) draft.appendMember(updated)
  const haveNamesChanged = !hasSameTopics(member.subscribedTopicNames, updated.subscribedTopicNames)
  const hasRegexChanged = regexOf(member) !== regexOf(updated)
  if (hasRegexChanged) changeRegex(draft, regexOf(member), regexOf(updated))
  const search = searchAgain(draft, seen)
  const hasAssignorChanged = choosesAssignor && assignorOf(draft) !== assignorBefore
  const isOutdated = haveNamesChanged || hasRegexChanged || search.hasFound || hasAssignorChanged
  const { topics } = circumstances.topics
  if (isOutdated || seen.topics !== topics) raiseEpoch(draft, isOutdated)
  return {
    hasSubscriptionChanged: haveNamesChanged || hasRegexChanged || search.hasFound,
    seen: { topics, searched: search.searched, searchedAtMs: search.searchedAtMs },
  }
}

function raiseEpoch(draft: ConsumerDraft, isOutdated: boolean): void {
  const { group, circumstances } = draft
  const hash = subscriptionHash(group, circumstances.topics)
  if (isOutdated || hash !== group.metadataHash) draft.bumpEpoch(hash)
  if (group.hasTopicsRecord) draft.append({ kind: 'topics', isThere: false })
}

function changeRegex(draft: ConsumerDraft, before: string | undefined, now: string | undefined): void {
  const { group, circumstances } = draft
  if (before !== undefined && regexSubscribers(group, before) === 0)
    draft.append({ kind: 'regex', regex: before, value: null })
  if (now === undefined || group.regexes.has(now)) return
  requireValidRegex(now)
  const { topics, nowMs } = circumstances
  const value = { topics: topicsMatching(now, topics), version: topics.revision, timestampMs: nowMs }
  draft.append({ kind: 'regex', regex: now, value })
}

/** Looks for the topics of all patterns again when there are other topics, or it is long ago. */
function searchAgain(draft: ConsumerDraft, seen: TopicsSeen) {
  const { group, circumstances } = draft
  const { topics, nowMs, config } = circumstances
  const isDue = seen.searched !== topics.topics || nowMs >= seen.searchedAtMs + config.regexRefreshIntervalMs
  if (!isDue || !hasRegexEngine())
    return { hasFound: false, searched: seen.searched, searchedAtMs: seen.searchedAtMs }
  let hasFound = false
  for (const [regex, known] of [...group.regexes]) {
    const found = topicsMatching(regex, topics)
    if (hasSameTopics(found, known.topics)) continue
    hasFound = true
    draft.append({
      kind: 'regex',
      regex,
      value: { topics: found, version: topics.revision, timestampMs: nowMs },
    })
  }
  return { hasFound, searched: topics.topics, searchedAtMs: nowMs }
}

/** Makes a new target assignment if the present one is of an older epoch, and not too soon after it (KIP-1263). */
export function assignIfDue(draft: ConsumerDraft): void {
  const { group, circumstances } = draft
  if (group.assignmentEpoch >= group.groupEpoch || draft.isTooSoonToAssign) return
  const name = assignorOf(draft)
  const assign = assignorNamed(name)
  if (assign === undefined) throw new KafkaError('UNKNOWN_SERVER_ERROR', `There is no assignor ${name}.`)
  const { topics, topicNamesById } = circumstances.topics
  const partitionCount = (topicId: string) =>
    topics.get(topicNamesById.get(topicId) ?? '')?.partitions.length ?? 0
  const members = [...group.members.values()].map((member) => assignorMember(draft, member))
  draft.assign(assign({ members, isHomogeneous: isHomogeneous(group), partitionCount }))
  draft.notes.push(`assignment of epoch ${group.groupEpoch} for ${members.length} members, ${name}`)
}

/** The assignor that most members want, or the default. */
function assignorOf({ group, circumstances }: ConsumerDraft): string {
  return preferredAssignor(group) ?? circumstances.config.assignors[0] ?? 'uniform'
}

function assignorMember({ group, circumstances }: ConsumerDraft, member: ConsumerMember): AssignorMember {
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    topicIds: topicIdsOf(group, member, circumstances.topics),
    target: group.targetOf(member.memberId),
  }
}

/** Takes the member a step towards its target and returns its next value. */
export function reconcileMember(
  draft: ConsumerDraft,
  member: ConsumerMember,
  hasSubscriptionChanged: boolean,
  owned: OwnedPartitions | null,
): ConsumerMember {
  const { group, circumstances } = draft
  if (!hasSubscriptionChanged && isReconciledTo(member, group.assignmentEpoch)) return member
  const next = reconcile(member, {
    targetEpoch: group.assignmentEpoch,
    target: group.targetOf(member.memberId),
    subscribed: topicIdsOf(group, member, circumstances.topics),
    hasSubscriptionChanged,
    owned,
    isTaken: (topicId, partition) => group.owners.ownerOf(topicId, partition) !== undefined,
  })
  if (!draft.advance(member, next)) return member
  if (!isClassic(next)) draft.expectRevocation(next)
  return next
}

function isSameMetadata(one: MemberMetadata, other: MemberMetadata): boolean {
  return (
    one.instanceId === other.instanceId &&
    one.rackId === other.rackId &&
    one.clientId === other.clientId &&
    one.clientHost === other.clientHost &&
    one.subscribedTopicRegex === other.subscribedTopicRegex &&
    one.serverAssignor === other.serverAssignor &&
    one.rebalanceTimeoutMs === other.rebalanceTimeoutMs &&
    hasSameTopics(one.subscribedTopicNames, other.subscribedTopicNames) &&
    isSameClassic(one.classic, other.classic)
  )
}

function isSameClassic(one: MemberMetadata['classic'], other: MemberMetadata['classic']): boolean {
  if (one === null || other === null) return one === other
  const protocols = other.supportedProtocols
  return (
    one.sessionTimeoutMs === other.sessionTimeoutMs &&
    one.supportedProtocols.length === protocols.length &&
    one.supportedProtocols.every(({ name, metadata }, at) => {
      const counterpart = protocols[at]
      return counterpart?.name === name && counterpart.metadata.equals(metadata)
    })
  )
}
