import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { heartbeat } from '../../wire/apis/heartbeat.ts'
import type { Handler } from '../handler.ts'

/** Keeps a classic-group member alive, and tells it when a rebalance calls for it. */
export function heartbeatHandler(groups: GroupCoordinator): Handler<typeof heartbeat> {
  return {
    api: heartbeat,
    handle(request, { connection }) {
      const errorCode = groups.heartbeat(request, connection)
      return errorCode instanceof Promise ? errorCode.then((code) => ({ errorCode: code })) : { errorCode }
    },
    refuse(_request, error) {
      return { errorCode: error.code }
    },
  }
}
