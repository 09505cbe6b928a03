import type { GroupTopics } from '../group-topics.ts'
import type { ConsumerGroup, ConsumerMember } from './group.ts'
import { preferredAssignor } from './subscriptions.ts'

/** A consumer group as ConsumerGroupDescribe shows it. */
export interface ConsumerGroupDescription {
  readonly groupId: string
  readonly groupState: string
  readonly groupEpoch: number
  readonly assignmentEpoch: number
  readonly assignorName: string
  readonly members: readonly ConsumerMemberDescription[]
}

export interface ConsumerMemberDescription {
  readonly memberId: string
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly memberEpoch: number
  readonly clientId: string
  readonly clientHost: string
  readonly subscribedTopicNames: readonly string[]
  readonly subscribedTopicRegex: string | null
  readonly assignment: { readonly topicPartitions: readonly DescribedPartitions[] }
  readonly targetAssignment: { readonly topicPartitions: readonly DescribedPartitions[] }
  /** 0: of the classic protocol, 1: of the consumer protocol (KIP-1099). */
  readonly memberType: number
}

export interface DescribedPartitions {
  readonly topicId: string
  readonly topicName: string
  readonly partitions: readonly number[]
}

export function describeConsumerGroup(
  group: ConsumerGroup,
  topics: GroupTopics,
  defaultAssignor: string,
): ConsumerGroupDescription {
  return {
    groupId: group.groupId,
    groupState: group.phase,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: preferredAssignor(group) ?? defaultAssignor,
    members: [...group.members.values()].map((member) => describeMember(group, member, topics)),
  }
}

function describeMember(
  group: ConsumerGroup,
  member: ConsumerMember,
  topics: GroupTopics,
): ConsumerMemberDescription {
  const { memberId, instanceId, rackId, memberEpoch, clientId, clientHost } = member
  const target = group.targetOf(memberId)
  return {
    memberId,
    instanceId,
    rackId,
    memberEpoch,
    clientId,
    clientHost,
    subscribedTopicNames: member.subscribedTopicNames,
    subscribedTopicRegex: member.subscribedTopicRegex,
    assignment: { topicPartitions: described([member.assigned, member.pendingRevocation], topics) },
    targetAssignment: { topicPartitions: described([target], topics) },
    memberType: member.classic === null ? 1 : 0,
  }
}

/** Topics that are gone can't be named, and are left out. */
function described(
  assignments: readonly ReadonlyMap<string, { keys(): Iterable<number> }>[],
  { topicNamesById }: GroupTopics,
): DescribedPartitions[] {
  const byTopic = new Map<string, number[]>()
  for (const assignment of assignments)
    for (const [topicId, partitions] of assignment)
      byTopic.set(topicId, [...(byTopic.get(topicId) ?? []), ...partitions.keys()])
  return [...byTopic].flatMap(([topicId, partitions]) => {
    const topicName = topicNamesById.get(topicId)
    return topicName === undefined ? [] : [{ topicId, topicName, partitions }]
  })
}
