import type { GroupTopics } from '../group-topics.ts'
import { metadataHash } from '../modern/metadata-hash.ts'
import type { ConsumerGroup, ConsumerMember, MemberMetadata } from './group.ts'

/** What members of a group subscribe to, by name and by pattern. */

/** The member's pattern, if it has one. */
export function regexOf(member: MemberMetadata): string | undefined {
  const { subscribedTopicRegex } = member
  return subscribedTopicRegex === null || subscribedTopicRegex === '' ? undefined : subscribedTopicRegex
}

/** How many members subscribe with this pattern. */
export function regexSubscribers(group: ConsumerGroup, regex: string): number {
  let count = 0
  for (const member of group.members.values()) if (regexOf(member) === regex) count++
  return count
}

/** Names of the topics that the member subscribes to, existing or not. */
function topicNamesOf(group: ConsumerGroup, member: ConsumerMember): ReadonlySet<string> {
  const regex = regexOf(member)
  const matched = regex === undefined ? undefined : group.regexes.get(regex)?.topics
  return new Set([...member.subscribedTopicNames, ...(matched ?? [])])
}

/** Ids of the topics that the member subscribes to and that exist, in order of their names. */
export function topicIdsOf(
  group: ConsumerGroup,
  member: ConsumerMember,
  { topics }: GroupTopics,
): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const name of topicNamesOf(group, member)) {
    const topic = topics.get(name)
    if (topic !== undefined) ids.add(topic.id)
  }
  return ids
}

/** Names of the topics that anybody in the group subscribes to. */
export function subscribedTopics(group: ConsumerGroup): ReadonlySet<string> {
  const names = new Set<string>()
  for (const member of group.members.values()) for (const name of member.subscribedTopicNames) names.add(name)
  for (const { topics } of group.regexes.values()) for (const name of topics) names.add(name)
  return names
}

export function subscriptionHash(group: ConsumerGroup, topics: GroupTopics): bigint {
  return metadataHash(subscribedTopics(group), topics)
}

/**
 * Whether all members subscribe to the same topics: by the same names, or by the same pattern and no name. Two patterns
 * that match the same topics count as different (apache/kafka `ConsumerGroup.subscriptionType`).
 */
export function isHomogeneous(group: ConsumerGroup): boolean {
  const [first, ...others] = group.members.values()
  if (first === undefined) return true
  const regex = regexOf(first)
  const names = first.subscribedTopicNames
  if (regex !== undefined && names.length > 0) return false
  return others.every(
    (member) => regexOf(member) === regex && hasSameTopics(member.subscribedTopicNames, names),
  )
}

/** Both sorted. */
export function hasSameTopics(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, at) => name === other[at])
}

/** The assignor that most members ask for; undefined if none does. */
export function preferredAssignor(group: ConsumerGroup): string | undefined {
  const votes = new Map<string, number>()
  let winner: string | undefined
  for (const { serverAssignor } of group.members.values()) {
    if (serverAssignor === null) continue
    const count = (votes.get(serverAssignor) ?? 0) + 1
    votes.set(serverAssignor, count)
    if (winner === undefined || count > (votes.get(winner) ?? 0)) winner = serverAssignor
  }
  return winner
}
