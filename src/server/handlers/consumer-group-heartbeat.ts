import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { JOIN_EPOCH, LEAVE_EPOCH, STATIC_LEAVE_EPOCH } from '../../coordinator/modern/membership.ts'
import { consumerGroupHeartbeat } from '../../wire/apis/consumer-group-heartbeat.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import type { Handler, RequestContext } from '../handler.ts'
import { invalid, isLeaving, refuseBlank, requireInstance } from '../heartbeat-request.ts'

/** Until then a client left it to the broker to make up its id (KIP-1082). */
const FIRST_WITH_OWN_MEMBER_ID = 1

type Request = RequestOf<typeof consumerGroupHeartbeat>
type Response = ResponseOf<typeof consumerGroupHeartbeat>

/**
 * Everything that a member of a consumer group does: join (epoch 0), report, learn, leave (-1, or -2 for a static
 * member that will be back). What is wrong with the request itself is looked at first, as in apache/kafka
 * `GroupCoordinatorService.throwIfConsumerGroupHeartbeatRequestIsInvalid`.
 */
export function consumerGroupHeartbeatHandler(
  groups: GroupCoordinator,
  assignors: () => readonly string[],
): Handler<typeof consumerGroupHeartbeat> {
  return {
    api: consumerGroupHeartbeat,
    async handle(request, context) {
      requireValid(request, context.apiVersion)
      requireKnownAssignor(request, assignors())
      return isLeaving(request.memberEpoch) ? leave(groups, request) : heartbeat(groups, request, context)
    },
    refuse(_request, error) {
      return { errorCode: error.code, errorMessage: error.message, memberEpoch: 0, heartbeatIntervalMs: 0 }
    },
  }
}

async function leave(groups: GroupCoordinator, request: Request): Promise<Response> {
  const { groupId, memberId, memberEpoch, instanceId } = request
  await groups.consumerLeave({ groupId, memberId, memberEpoch, instanceId })
  return { errorCode: NONE, memberId, memberEpoch, heartbeatIntervalMs: 0 }
}

async function heartbeat(
  groups: GroupCoordinator,
  request: Request,
  { clientId, connection }: RequestContext,
): Promise<Response> {
  const { topicPartitions, ...rest } = request
  const owned =
    topicPartitions && new Map(topicPartitions.map(({ topicId, partitions }) => [topicId, partitions]))
  const intent = {
    ...rest,
    memberId: request.memberId === '' ? groups.freshConsumerMemberId() : request.memberId,
    owned,
    clientId: clientId ?? '',
    clientHost: connection.clientHost,
  }
  const { assignment, ...reply } = await groups.consumerHeartbeat(intent, connection)
  if (assignment === null) return { errorCode: NONE, ...reply }
  const assigned = [...assignment].map(([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()],
  }))
  return { errorCode: NONE, ...reply, assignment: { topicPartitions: assigned } }
}

function requireValid(request: Request, apiVersion: number): void {
  const { memberId, groupId, instanceId, rackId, memberEpoch } = request
  const needsId = apiVersion >= FIRST_WITH_OWN_MEMBER_ID || memberEpoch > 0 || memberEpoch === LEAVE_EPOCH
  refuseBlank({
    MemberId: needsId ? memberId : null,
    GroupId: groupId,
    InstanceId: instanceId,
    RackId: rackId,
  })
  requireInstance(memberEpoch, instanceId)
  if (memberEpoch === JOIN_EPOCH) requireWhole(request)
  if (memberEpoch < STATIC_LEAVE_EPOCH) throw invalid('MemberEpoch is invalid.')
}

/** Who joins must say everything. */
function requireWhole(request: Request): void {
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request
  if (rebalanceTimeoutMs === -1) throw invalid('RebalanceTimeoutMs must be provided in first request.')
  if (topicPartitions === null || topicPartitions.length > 0)
    throw invalid('TopicPartitions must be empty when (re-)joining.')
  if (subscribedTopicNames === null && subscribedTopicRegex === null)
    throw invalid('Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.')
}

function requireKnownAssignor({ serverAssignor }: Request, assignors: readonly string[]): void {
  if (serverAssignor === null || assignors.includes(serverAssignor)) return
  const message = `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${assignors.join(', ')}.`
  throw new KafkaError('UNSUPPORTED_ASSIGNOR', message)
}
