import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { JOIN_EPOCH, STATIC_LEAVE_EPOCH } from '../../coordinator/modern/membership.ts'
import { rowsOf, tasksOf } from '../../coordinator/streams/tasks.ts'
import { isInternalTopic, isValidTopicName } from '../../replication/topic-name.ts'
import { streamsGroupHeartbeat } from '../../wire/apis/streams-group-heartbeat.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import { shortened } from '../../wire/message-text.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import type { Handler, RequestContext } from '../handler.ts'
import { invalid, isLeaving, refuseBlank, requireInstance } from '../heartbeat-request.ts'

/** Before, clients took an int32 for the lag, which nobody has sent since. */
const FIRST_WITH_TAGS = 1

type Request = RequestOf<typeof streamsGroupHeartbeat>
type Response = ResponseOf<typeof streamsGroupHeartbeat>
type TaskOffsetRows = NonNullable<Request['taskOffsets']>

/**
 * Everything that a member of a streams group does (KIP-1071): join (epoch 0) with its topology, report, learn, leave
 * (-1, or -2 for a static member that will be back). What is wrong with the request itself is looked at first, as in
 * apache/kafka `KafkaApis.handleStreamsGroupHeartbeat` and `GroupCoordinatorService` of 4.4.
 */
export function streamsGroupHeartbeatHandler(
  groups: GroupCoordinator,
  requireStreamsGroups: () => void,
): Handler<typeof streamsGroupHeartbeat> {
  return {
    api: streamsGroupHeartbeat,
    async handle(request, context) {
      requireStreamsGroups()
      requireValidTopics(request)
      requireValid(request)
      return isLeaving(request.memberEpoch) ? leave(groups, request) : heartbeat(groups, request, context)
    },
    refuse(_request, error) {
      return {
        errorCode: error.code,
        errorMessage: error.message,
        memberId: '',
        memberEpoch: 0,
        heartbeatIntervalMs: 0,
        acceptableRecoveryLagLegacy: 0,
        taskOffsetIntervalMs: 0,
        status: null,
        topologyDescriptionRequired: false,
        endpointInformationEpoch: 0,
      }
    },
  }
}

async function leave(groups: GroupCoordinator, request: Request): Promise<Response> {
  await groups.streamsLeave(request)
  return {
    errorCode: NONE,
    memberId: request.memberId,
    memberEpoch: request.memberEpoch,
    heartbeatIntervalMs: 0,
    acceptableRecoveryLagLegacy: 0,
    taskOffsetIntervalMs: 0,
    status: [],
    topologyDescriptionRequired: false,
    endpointInformationEpoch: 0,
  }
}

async function heartbeat(
  groups: GroupCoordinator,
  request: Request,
  { apiVersion, clientId, connection }: RequestContext,
): Promise<Response> {
  const { activeTasks, standbyTasks, warmupTasks, clientTags } = request
  const isTold = activeTasks !== null && standbyTasks !== null && warmupTasks !== null
  const intent = {
    ...request,
    owned: isTold
      ? { active: tasksOf(activeTasks), standby: tasksOf(standbyTasks), warmup: tasksOf(warmupTasks) }
      : null,
    clientTags: clientTags && new Map(clientTags.map(({ key, value }) => [key, value])),
    taskOffsets: request.taskOffsets && offsetsOf(request.taskOffsets),
    taskEndOffsets: request.taskEndOffsets && offsetsOf(request.taskEndOffsets),
    clientId: clientId ?? '',
    clientHost: connection.clientHost,
    knowsTags: apiVersion >= FIRST_WITH_TAGS,
  }
  const { tasks, status, partitionsByUserEndpoint, ...reply } = await groups.streamsHeartbeat(
    intent,
    connection,
  )
  return {
    errorCode: NONE,
    ...reply,
    status: status.map(({ statusCode, statusDetail }) => ({
      statusCode,
      statusDetail: shortened(statusDetail),
    })),
    acceptableRecoveryLagLegacy: 0,
    topologyDescriptionRequired: false,
    activeTasks: tasks && rowsOf(tasks.active),
    standbyTasks: tasks && rowsOf(tasks.standby),
    warmupTasks: tasks && rowsOf(tasks.warmup),
    partitionsByUserEndpoint,
  }
}

function offsetsOf(rows: TaskOffsetRows): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const offsets = new Map<string, Map<number, number>>()
  for (const { subtopologyId, partition, offset } of rows) {
    const known = offsets.get(subtopologyId) ?? new Map<number, number>()
    if (known.has(partition))
      throw invalid(
        `Task offsets contain a duplicate entry for subtopology ${subtopologyId} and partition ${partition}.`,
      )
    offsets.set(subtopologyId, known.set(partition, offset))
  }
  return offsets
}

function requireValidTopics({ topology }: Request): void {
  const names = (topology?.subtopologies ?? []).flatMap((each) => [
    ...each.sourceTopics,
    ...each.repartitionSinkTopics,
    ...each.repartitionSourceTopics.map(({ name }) => name),
    ...each.stateChangelogTopics.map(({ name }) => name),
  ])
  const internal = names.filter(isInternalTopic)
  if (internal.length > 0)
    throw unsound(
      `Use of Kafka internal topics ${internal.join(',')} in a Kafka Streams topology is prohibited.`,
    )
  const unnamable = names.filter((name) => !isValidTopicName(name))
  if (unnamable.length > 0) throw unsound(`Topic names ${unnamable.join(',')} are not valid topic names.`)
}

function requireValid(request: Request): void {
  const { memberId, groupId, instanceId, rackId, memberEpoch, topology } = request
  if (topology?.subtopologies.some(({ sourceTopicRegex }) => sourceTopicRegex.length > 0))
    throw invalid('Regular expressions for source topics are not supported yet.')
  refuseBlank({ MemberId: memberId, GroupId: groupId, InstanceId: instanceId, RackId: rackId })
  requireInstance(memberEpoch, instanceId)
  if (memberEpoch === JOIN_EPOCH) requireWhole(request)
  if (memberEpoch < STATIC_LEAVE_EPOCH)
    throw invalid(`MemberEpoch is ${memberEpoch}, but must be greater than or equal to -2.`)
  const told = [request.activeTasks, request.standbyTasks, request.warmupTasks]
  if (told.some((tasks) => tasks !== null) && told.includes(null))
    throw invalid('If one task-type is non-null, all must be non-null.')
  if (memberEpoch !== 0 && topology !== null)
    throw invalid('Topology can only be provided when (re-)joining.')
}

/** Who joins must say everything, and has nothing. */
function requireWhole({ rebalanceTimeoutMs, topology, ...tasks }: Request): void {
  if (rebalanceTimeoutMs === -1) throw invalid('RebalanceTimeoutMs must be provided in first request.')
  refuseTasks(tasks.activeTasks, 'ActiveTasks')
  refuseTasks(tasks.standbyTasks, 'StandbyTasks')
  refuseTasks(tasks.warmupTasks, 'WarmupTasks')
  if (topology === null) throw invalid('Topology must be non-null when (re-)joining.')
  const ids = new Set(topology.subtopologies.map(({ subtopologyId }) => subtopologyId))
  if (ids.size < topology.subtopologies.length) throw unsound('Two subtopologies have the same id.')
  for (const { stateChangelogTopics } of topology.subtopologies)
    for (const { name, partitions } of stateChangelogTopics)
      if (partitions !== 0)
        throw unsound(
          `Changelog topic ${name} must have an undefined partition count, but it is set to ${partitions}.`,
        )
}

/** A list that is there must be empty; one that isn't there is refused too, as in Kafka. */
function refuseTasks(tasks: readonly unknown[] | null, name: string): void {
  if (tasks === null || tasks.length > 0) throw invalid(`${name} must be empty when (re-)joining.`)
}

function unsound(message: string): KafkaError {
  return new KafkaError('STREAMS_INVALID_TOPOLOGY', message)
}
