import type { ClusterMetadata } from '../../replication/cluster-metadata.ts'
import { shareFetch } from '../../wire/apis/share-fetch.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import type { Endpoints } from '../endpoints.ts'
import type { Handler, RequestContext } from '../handler.ts'
import { LeaderHints } from '../leader-hint.ts'
import { type Acknowledged, acknowledgesAny, acknowledgeTopics } from '../share/acknowledge-topics.ts'
import { type ShareDelivery, ShareFetch } from '../share/share-fetch.ts'
import { byTopic, requireMember, type ShareMember } from '../share/share-request.ts'
import type { ShareService } from '../share/share-service.ts'
import {
  FINAL_EPOCH,
  INITIAL_EPOCH,
  nameOf,
  type SharePartitionId,
  type ShareSession,
} from '../share/share-sessions.ts'

type Request = RequestOf<typeof shareFetch>
type Response = ResponseOf<typeof shareFetch>
type PartitionAnswer = Response['responses'][number]['partitions'][number]

export interface ShareHandlerDependencies {
  readonly share: ShareService
  readonly metadata: ClusterMetadata
  readonly endpoints: Endpoints
  /** Throws UNSUPPORTED_VERSION where share groups are not finalized. */
  readonly requireShareGroups: () => void
}

export interface ShareFetchDependencies extends ShareHandlerDependencies {
  readonly maxBytes: () => number
}

/** The acquire mode in which the limit of records is exact (KIP-1206). */
const RECORD_LIMIT = 1
const BATCH_OPTIMIZED = 0

/**
 * Takes acknowledgements, then delivers records to a member of a share group, or waits until there are some. Sources:
 * KIP-932; apache/kafka `KafkaApis.handleShareFetchRequest`, `SharePartitionManager.newContext`.
 */
export function shareFetchHandler(dependencies: ShareFetchDependencies): Handler<typeof shareFetch> {
  const { share, requireShareGroups } = dependencies
  return {
    api: shareFetch,
    mayWait: true,
    async handle(request, context) {
      requireShareGroups()
      const member = requireMember(request.groupId, request.memberId)
      requireFitting(request)
      const session = sessionOf(request, member, context, share)
      const acknowledging = acknowledgeTopics(
        { ...member, renews: request.isRenewAck },
        request.topics,
        share.shares,
      )
      const isFinal = request.shareSessionEpoch === FINAL_EPOCH
      const deliveries =
        isFinal || request.isRenewAck ? [] : await deliver(request, session, context, dependencies)
      const acknowledged = await acknowledging
      if (isFinal) await share.sessions.end(session)
      return response(request, member, deliveries, acknowledged, context, dependencies)
    },
    refuse: (_request, error) => ({
      errorCode: error.code,
      errorMessage: error.message,
      acquisitionLockTimeoutMs: 0,
      responses: [],
      nodeEndpoints: [],
    }),
  }
}

/** A request that renews locks does nothing else (KIP-1222). */
function requireFitting(request: Request): void {
  const { shareAcquireMode, isRenewAck, maxWaitMs, minBytes, maxBytes, maxRecords } = request
  if (shareAcquireMode !== BATCH_OPTIMIZED && shareAcquireMode !== RECORD_LIMIT)
    throw new KafkaError('INVALID_REQUEST')
  if (isRenewAck && (maxWaitMs !== 0 || minBytes !== 0 || maxBytes !== 0 || maxRecords !== 0))
    throw new KafkaError('INVALID_REQUEST')
}

function sessionOf(
  request: Request,
  { groupId, memberId }: ShareMember,
  { connection }: RequestContext,
  { sessions }: ShareService,
): ShareSession {
  const { shareSessionEpoch: epoch, topics, forgottenTopicsData } = request
  if (epoch === INITIAL_EPOCH && acknowledgesAny(topics)) throw new KafkaError('INVALID_REQUEST')
  const session =
    epoch === INITIAL_EPOCH
      ? sessions.open(groupId, memberId, connection)
      : sessions.use(groupId, memberId, epoch)
  if (epoch === FINAL_EPOCH) return session
  const added = topics.flatMap(({ topicId, partitions }) =>
    partitions.map(({ partitionIndex: partition }) => ({ topicId, partition })),
  )
  sessions.put(session, added)
  for (const { topicId, partitions } of forgottenTopicsData)
    for (const partition of partitions) session.forget({ topicId, partition })
  return session
}

async function deliver(
  request: Request,
  session: ShareSession,
  context: RequestContext,
  { share, maxBytes }: ShareFetchDependencies,
): Promise<readonly ShareDelivery[]> {
  const { groupId, memberId } = session
  const { maxWaitMs, minBytes, maxRecords, batchSize, shareAcquireMode } = request
  const wish = {
    groupId,
    memberId,
    maxWaitMs,
    minBytes,
    maxBytes: Math.min(request.maxBytes, maxBytes()),
    maxRecords,
    batchSize,
    isExact: shareAcquireMode === RECORD_LIMIT,
  }
  const fetch = new ShareFetch(wish, rotated(session), share.shares, share.clock)
  const deliveries = await share.during(session, fetch, () => fetch.run(context.connection))
  for (const { release } of deliveries) context.onSent(release)
  return deliveries
}

/** Each time another partition is first, so that none starves the others. */
function rotated({ partitions, nextEpoch }: ShareSession): readonly SharePartitionId[] {
  const first = partitions.length === 0 ? 0 : nextEpoch % partitions.length
  return [...partitions.slice(first), ...partitions.slice(0, first)]
}

function response(
  request: Request,
  { groupId }: ShareMember,
  deliveries: readonly ShareDelivery[],
  acknowledged: readonly Acknowledged[],
  { connection }: RequestContext,
  { share, metadata, endpoints }: ShareFetchDependencies,
): Response {
  const hints = new LeaderHints(metadata.image, endpoints, connection)
  const rows = new Map<string, { topicId: string; row: PartitionAnswer }>()
  const errors = new Map(acknowledged.map(({ id, error }) => [nameOf(id), error]))
  const tell = (id: SharePartitionId, delivery: ShareDelivery | undefined) => {
    const error = delivery?.error
    const acknowledgeError = errors.get(nameOf(id))
    const errorCode = error?.code ?? NONE
    const acknowledgeErrorCode = acknowledgeError?.code ?? NONE
    const row = {
      partitionIndex: id.partition,
      errorCode,
      errorMessage: error?.message ?? null,
      acknowledgeErrorCode,
      acknowledgeErrorMessage: acknowledgeError?.message ?? null,
      currentLeader: hints.ofShared(id.topicId, id.partition, errorCode, acknowledgeErrorCode),
      records: delivery?.chunks ?? [],
      acquiredRecords: delivery?.acquired ?? [],
    }
    rows.set(nameOf(id), { topicId: id.topicId, row })
  }
  for (const delivery of deliveries) tell(delivery.id, delivery)
  for (const { id } of acknowledged) if (!rows.has(nameOf(id))) tell(id, undefined)
  if (request.shareSessionEpoch === INITIAL_EPOCH)
    for (const { topicId, partitions } of request.topics)
      for (const { partitionIndex: partition } of partitions)
        if (!rows.has(nameOf({ topicId, partition }))) tell({ topicId, partition }, undefined)
  return {
    errorCode: NONE,
    acquisitionLockTimeoutMs: share.config(groupId).lockDurationMs,
    responses: byTopic([...rows.values()]),
    nodeEndpoints: hints.nodeEndpoints,
  }
}
