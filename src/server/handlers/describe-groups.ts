import type { ClassicGroup } from '../../coordinator/classic/group.ts'
import { metadataOf, NO_BYTES } from '../../coordinator/classic/group.ts'
import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { describeGroups } from '../../wire/apis/describe-groups.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { ResponseOf } from '../../wire/schema/api.ts'
import { answerEach } from '../answer-each.ts'
import { allGroupOperations, NOT_ASKED } from '../authorized-operations.ts'
import type { Handler } from '../handler.ts'

const FIRST_TO_TELL_UNKNOWN_GROUP = 6

type Described = ResponseOf<typeof describeGroups>['groups'][number]

/**
 * Shows groups and their members. A group that doesn't exist is `Dead`, and from version 6 on also an error
 * (KIP-1043); so is one of another kind. What members said and were assigned is shown while the group is stable.
 */
export function describeGroupsHandler(groups: GroupCoordinator): Handler<typeof describeGroups> {
  return {
    api: describeGroups,
    async handle(request, { apiVersion }) {
      const authorizedOperations = request.includeAuthorizedOperations ? allGroupOperations : NOT_ASKED
      const describe = async (groupId: string): Promise<Described> => {
        const group = await groups.describe(groupId)
        if (group !== undefined) return { ...described(group), authorizedOperations }
        if (apiVersion < FIRST_TO_TELL_UNKNOWN_GROUP) return { ...dead(groupId), authorizedOperations }
        const isOther = groups.typeOf(groupId) !== undefined
        const reason = isOther ? 'is not a classic group' : 'not found'
        throw new KafkaError('GROUP_ID_NOT_FOUND', `Group ${groupId} ${reason}.`)
      }
      return { groups: await answerEach(request.groups, describe, failed) }
    },
    refuse(request, error) {
      return { groups: request.groups.map((groupId) => failed(groupId, error)) }
    },
  }
}

function described(group: ClassicGroup): Described {
  const isStable = group.phase === 'Stable'
  return {
    errorCode: NONE,
    groupId: group.groupId,
    groupState: group.phase,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataOf(member, group.protocolName) : NO_BYTES,
      memberAssignment: isStable ? member.assignment : NO_BYTES,
    })),
  }
}

function dead(groupId: string): Described {
  return {
    errorCode: NONE,
    groupId,
    groupState: 'Dead',
    protocolType: '',
    protocolData: '',
    members: [],
  }
}

function failed(groupId: string, error: KafkaError): Described {
  const groupState = error.error === 'GROUP_ID_NOT_FOUND' ? 'Dead' : ''
  return { ...dead(groupId), groupState, errorCode: error.code, errorMessage: error.message }
}
