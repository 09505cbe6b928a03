import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { rows } from '../../coordinator/share/share-group-records.ts'
import { shareGroupHeartbeat } from '../../wire/apis/share-group-heartbeat.ts'
import { NONE } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'

/** Everything that a member of a share group does: join, report, learn, leave (KIP-932). */
export function shareGroupHeartbeatHandler(
  groups: GroupCoordinator,
  requireShareGroups: () => void,
): Handler<typeof shareGroupHeartbeat> {
  return {
    api: shareGroupHeartbeat,
    async handle(request, { clientId, connection }) {
      requireShareGroups()
      const who = { clientId: clientId ?? '', clientHost: connection.clientHost }
      const { assignment, ...told } = await groups.shareHeartbeat({ ...request, ...who }, connection)
      return {
        errorCode: NONE,
        ...told,
        assignment: assignment === null ? null : { topicPartitions: rows(assignment) },
      }
    },
    refuse: (_request, error) => ({
      errorCode: error.code,
      errorMessage: error.message,
      memberEpoch: 0,
      heartbeatIntervalMs: 0,
    }),
  }
}
