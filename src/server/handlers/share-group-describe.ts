import { groupNotFound } from '../../coordinator/group.ts'
import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { type ShareGroup, shareGroupState } from '../../coordinator/share/share-group.ts'
import { shareGroupDescribe } from '../../wire/apis/share-group-describe.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { ResponseOf } from '../../wire/schema/api.ts'
import { answerEach } from '../answer-each.ts'
import { allGroupOperations, NOT_ASKED } from '../authorized-operations.ts'
import type { Handler } from '../handler.ts'
import type { TopicLookup } from '../topic-lookup.ts'
import { undescribedGroup } from '../undescribed-group.ts'

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
      const authorizedOperations = includeAuthorizedOperations ? allGroupOperations : NOT_ASKED
      const describe = async (groupId: string): Promise<Described> => ({
        ...shown(await groupOf(groupId, groups), topics),
        authorizedOperations,
      })
      return { groups: await answerEach(groupIds, describe, refused) }
    },
    refuse: ({ groupIds }, error) => ({ groups: groupIds.map((groupId) => refused(groupId, error)) }),
  }
}

async function groupOf(groupId: string, groups: GroupCoordinator): Promise<ShareGroup> {
  if (groupId === '') throw new KafkaError('INVALID_GROUP_ID')
  const group = await groups.shareGroups(groupId).describe(groupId)
  if (group === undefined) throw groupNotFound(groupId)
  return group
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
  return { ...undescribedGroup(groupId, error), assignorName: '' }
}
