import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { syncGroup } from '../../wire/apis/sync-group.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'

const FIRST_WITH_PROTOCOL = 5

/**
 * Hands a member its assignment, and takes everybody's from the leader. From version 5 on the client must say which
 * protocol it takes the group to speak (KIP-559).
 */
export function syncGroupHandler(groups: GroupCoordinator): Handler<typeof syncGroup> {
  return {
    api: syncGroup,
    mayWait: true,
    async handle(request, { apiVersion, connection }) {
      const { groupId, generationId, memberId, groupInstanceId, protocolType, protocolName } = request
      if (apiVersion >= FIRST_WITH_PROTOCOL && (protocolType === null || protocolName === null))
        throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
      const assignments = new Map(
        request.assignments.map(({ memberId: member, assignment }) => [member, Buffer.from(assignment)]),
      )
      const intent = { groupId, generationId, memberId, groupInstanceId, protocolType, protocolName }
      return await groups.sync({ ...intent, assignments }, connection)
    },
    refuse(_request, error) {
      return { errorCode: error.code, assignment: Buffer.alloc(0) }
    },
  }
}
