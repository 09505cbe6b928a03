import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { type ShareGroup, shareGroupState } from '../../coordinator/share/share-group.ts'
import { shareGroupDescribe } from '../../wire/apis/share-group-describe.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { ResponseOf } from '../../wire/schema/api.ts'
import { allGroupOperations } from '../authorized-operations.ts'
import type { Handler } from '../handler.ts'
import type { TopicLookup } from '../topic-lookup.ts'

type Described = ResponseOf<typeof shareGroupDescribe>['groups'][number]

/** Shows share groups with their members and what each has (KIP-932). */
export function shareGroupDescribeHandler(
  groups: GroupCoordinator,
  topics: TopicLookup,
  requireShareGroups: () => void,
): Handler<typeof shareGroupDescribe> {
  return {
    api: shareGroupDescribe,
    async handle({ groupIds, includeAuthorizedOperations }) {
      requireShareGroups()
      const described = await Promise.all(
        groupIds.map((groupId) => describe(groupId, groups, topics, includeAuthorizedOperations)),
      )
      return { groups: described }
    },
    refuse: ({ groupIds }, error) => ({ groups: groupIds.map((groupId) => refused(groupId, error)) }),
  }
}

async function describe(
  groupId: string,
  groups: GroupCoordinator,
  topics: TopicLookup,
  includesOperations: boolean,
): Promise<Described> {
  try {
    if (groupId === '') throw new KafkaError('INVALID_GROUP_ID')
    const group = await groups.shareGroups(groupId).describe(groupId)
    if (group === undefined) throw new KafkaError('GROUP_ID_NOT_FOUND', `Group ${groupId} not found.`)
    return {
      ...shown(group, topics),
      ...(includesOperations ? { authorizedOperations: allGroupOperations } : {}),
    }
  } catch (error) {
    if (error instanceof KafkaError) return refused(groupId, error)
    throw error
  }
}

function shown(group: ShareGroup, topics: TopicLookup): Described {
  return {
    errorCode: NONE,
    groupId: group.groupId,
    groupState: shareGroupState(group),
    groupEpoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: 'simple',
    members: [...group.members.values()].map((member) => {
      const state = group.states.get(member.memberId)
      const topicPartitions = [...(state?.assigned ?? [])].flatMap(([topicId, partitions]) => {
        const topicName = topics.topicName(topicId)
        return topicName === undefined ? [] : [{ topicId, topicName, partitions }]
      })
      return { ...member, memberEpoch: state?.memberEpoch ?? 0, assignment: { topicPartitions } }
    }),
  }
}

function refused(groupId: string, error: KafkaError): Described {
  return {
    errorCode: error.code,
    errorMessage: error.message,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  }
}
