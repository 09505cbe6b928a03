import type { JoinReply, MemberProtocol } from '../../coordinator/classic/group.ts'
import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { joinGroup } from '../../wire/apis/join-group.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

const FIRST_WITH_REBALANCE_TIMEOUT = 1
const FIRST_TO_REQUIRE_MEMBER_ID = 4
const FIRST_WITH_NULLABLE_PROTOCOL = 7
const FIRST_TO_SKIP_ASSIGNMENT = 9

/**
 * Lets a client into a group. The answer comes when all members have come, so it may take as long as the slowest of
 * them. Before version 1 the session timeout also said how long to wait for a rebalance.
 */
export function joinGroupHandler(groups: GroupCoordinator): Handler<typeof joinGroup> {
  return {
    api: joinGroup,
    mayWait: true,
    async handle(request, { apiVersion, clientId, connection }) {
      const { sessionTimeoutMs } = request
      const hasRebalanceTimeout = apiVersion >= FIRST_WITH_REBALANCE_TIMEOUT
      const intent = {
        groupId: request.groupId,
        memberId: request.memberId,
        groupInstanceId: request.groupInstanceId,
        protocolType: request.protocolType,
        protocols: protocolsOf(request),
        sessionTimeoutMs,
        rebalanceTimeoutMs: hasRebalanceTimeout ? request.rebalanceTimeoutMs : sessionTimeoutMs,
        reason: request.reason,
        clientId: clientId ?? '',
        clientHost: connection.clientHost,
        requiresMemberId: apiVersion >= FIRST_TO_REQUIRE_MEMBER_ID,
        canSkipAssignment: apiVersion >= FIRST_TO_SKIP_ASSIGNMENT,
      }
      return responseOf(await groups.join(intent, connection), apiVersion)
    },
    refuse({ memberId }, error, { apiVersion }) {
      const protocolName = apiVersion < FIRST_WITH_NULLABLE_PROTOCOL ? '' : null
      return { errorCode: error.code, protocolName, leader: '', memberId, members: [] }
    },
  }
}

/** Copies of what the member says about itself, which outlive the request. Of a name that comes twice the first counts. */
function protocolsOf(request: RequestOf<typeof joinGroup>): MemberProtocol[] {
  const byName = new Map<string, MemberProtocol>()
  for (const { name, metadata } of request.protocols)
    if (!byName.has(name)) byName.set(name, { name, metadata: Buffer.from(metadata) })
  return [...byName.values()]
}

/** Old versions know no null, and some clients fail on one where they expect a string. */
function responseOf(reply: JoinReply, apiVersion: number): ResponseOf<typeof joinGroup> {
  const isNullable = apiVersion >= FIRST_WITH_NULLABLE_PROTOCOL
  return { ...reply, protocolName: isNullable ? reply.protocolName : (reply.protocolName ?? '') }
}
