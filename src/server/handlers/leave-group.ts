import type { LeaveResult, LeavingMember } from '../../coordinator/classic/membership.ts'
import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { leaveGroup } from '../../wire/apis/leave-group.ts'
import { errorCodes, KafkaError, NONE } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'

const FIRST_BATCHED_VERSION = 3

/** Lets members go at once instead of by expiry: one until version 2, any number from version 3 on (KIP-345). */
export function leaveGroupHandler(groups: GroupCoordinator): Handler<typeof leaveGroup> {
  return {
    api: leaveGroup,
    async handle({ groupId, memberId, members }, { apiVersion }) {
      if (apiVersion >= FIRST_BATCHED_VERSION)
        return { errorCode: NONE, members: await leaveAll(groups, groupId, members) }
      const [result] = await groups.leave(groupId, [{ memberId, groupInstanceId: null, reason: null }])
      return { errorCode: result?.errorCode ?? NONE }
    },
    refuse(_request, error) {
      return { errorCode: error.code }
    },
  }
}

/** Of a group that doesn't exist nobody is a member: each is told so, and the request as a whole is fine. */
async function leaveAll(
  groups: GroupCoordinator,
  groupId: string,
  members: readonly LeavingMember[],
): Promise<readonly LeaveResult[]> {
  try {
    return await groups.leave(groupId, members)
  } catch (error) {
    if (!(error instanceof KafkaError) || error.error !== 'UNKNOWN_MEMBER_ID') throw error
    const errorCode = errorCodes.UNKNOWN_MEMBER_ID
    return members.map(({ memberId, groupInstanceId }) => ({ memberId, groupInstanceId, errorCode }))
  }
}
