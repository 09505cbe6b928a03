import type { ClusterMetadata } from '../../replication/cluster-metadata.ts'
import type { Partition } from '../../replication/partition.ts'
import type { Partitions } from '../../replication/partitions.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { LogSlice } from '../../storage/log-slice.ts'
import { fetch } from '../../wire/apis/fetch.ts'
import { errorCodes, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import type { Endpoints } from '../endpoints.ts'
import { type FetchContext, fetchContext, type SessionRequest } from '../fetch/fetch-context.ts'
import type { FetchPartition } from '../fetch/fetch-partition.ts'
import { type FetchSessions, NO_SESSION } from '../fetch/fetch-sessions.ts'
import { FetchWaiter } from '../fetch/fetch-waiter.ts'
import { inOldFormat } from '../fetch/old-formats.ts'
import { type FetchLimits, type PartitionRead, readPartitions } from '../fetch/read-partitions.ts'
import type { Handler, RequestContext } from '../handler.ts'
import { LeaderHints, wantsLeaderHint } from '../leader-hint.ts'
import type { ClientQuotas } from '../quotas/client-quotas.ts'

type Request = RequestOf<typeof fetch>
type Response = ResponseOf<typeof fetch>
type TopicAnswer = Response['responses'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

/** First version that names topics by id. */
const BY_TOPIC_ID = 13
const READ_COMMITTED = 1
/** First version whose clients understand every batch as it is stored. */
const FIRST_AS_STORED = 10

export interface FetchDependencies {
  readonly partitions: Partitions
  readonly metadata: ClusterMetadata
  readonly endpoints: Endpoints
  readonly sessions: FetchSessions
  readonly clock: Clock
  /** `fetch.max.bytes`: the most that one answer holds, whatever the client asks for. */
  readonly maxBytes: () => number
  readonly quotas: ClientQuotas
}

/** Gives readers what is there, or waits until there is enough of it. */
export function fetchHandler(dependencies: FetchDependencies): Handler<typeof fetch> {
  return {
    api: fetch,
    mayWait: true,
    async handle(request, context) {
      const session = fetchContext(
        sessionRequest(request, context, dependencies.metadata),
        dependencies.sessions,
      )
      const limits = limitsOf(request, context, dependencies)
      if (request.maxWaitMs > 0 && request.minBytes > 0)
        await enough(request, session, limits, context, dependencies)
      const found = await readPartitions(session.partitions, limits, dependencies.partitions)
      const reads =
        context.apiVersion >= FIRST_AS_STORED
          ? found
          : found.map((read) => inOldFormat(read, context.apiVersion))
      for (const { slice } of reads)
        if (slice !== undefined && slice.sizeBytes > 0) context.onSent(() => slice.release())
      const throttleTimeMs = dependencies.quotas.isActive ? throttled(reads, context, dependencies.quotas) : 0
      if (throttleTimeMs > 0)
        return { throttleTimeMs, errorCode: NONE, sessionId: session.postpone(), responses: [] }
      return response(session, reads, limits, context, dependencies)
    },
    refuse: (_request, error) => ({ errorCode: error.code, sessionId: NO_SESSION, responses: [] }),
  }
}

/** How long the client has to wait for what was read, because it has had too much already. */
function throttled(reads: readonly PartitionRead[], context: RequestContext, quotas: ClientQuotas): number {
  return quotas.fetched(
    context,
    reads.reduce((sum, { slice }) => sum + (slice?.sizeBytes ?? 0), 0),
  )
}

async function enough(
  { maxWaitMs, minBytes }: Request,
  { partitions }: FetchContext,
  limits: FetchLimits,
  { connection }: RequestContext,
  dependencies: FetchDependencies,
): Promise<void> {
  const waiter = new FetchWaiter(
    limits,
    Math.min(minBytes, limits.maxBytes),
    partitions,
    dependencies.partitions,
  )
  if (!waiter.isSatisfied) await waiter.wait(maxWaitMs, dependencies.clock, connection)
}

function limitsOf(
  { isolationLevel, maxBytes }: Request,
  context: RequestContext,
  dependencies: FetchDependencies,
): FetchLimits {
  const { quotas } = dependencies
  const most = Math.min(maxBytes, dependencies.maxBytes())
  return {
    isolation: isolationLevel === READ_COMMITTED ? 'read_committed' : 'read_uncommitted',
    maxBytes: quotas.isActive ? Math.min(most, quotas.maxFetchBytes(context)) : most,
    minOneBatch: context.apiVersion >= 3,
  }
}

function sessionRequest(
  { sessionId, sessionEpoch, topics, forgottenTopicsData }: Request,
  { apiVersion }: RequestContext,
  { image }: ClusterMetadata,
): SessionRequest {
  const usesTopicIds = apiVersion >= BY_TOPIC_ID
  const nameOf = (topic: string, topicId: string) =>
    usesTopicIds ? image.topicNamesById.get(topicId) : topic
  const partitions: FetchPartition[] = []
  for (const { topic, topicId, partitions: asked } of topics) {
    const name = nameOf(topic, topicId)
    for (const partition of asked) {
      partitions.push({
        topicId,
        topic: name,
        index: partition.partition,
        currentLeaderEpoch: partition.currentLeaderEpoch,
        fetchOffset: partition.fetchOffset,
        lastFetchedEpoch: partition.lastFetchedEpoch,
        maxBytes: partition.partitionMaxBytes,
        answered: undefined,
      })
    }
  }
  const forgotten = forgottenTopicsData.flatMap(({ topic, topicId, partitions: indexes }) =>
    indexes.map((index) => ({ topicId, topic: nameOf(topic, topicId), index })),
  )
  return { sessionId, sessionEpoch, usesTopicIds, partitions, forgotten }
}

function response(
  session: FetchContext,
  reads: readonly PartitionRead[],
  limits: FetchLimits,
  { apiVersion, connection }: RequestContext,
  { metadata, endpoints }: FetchDependencies,
): Response {
  const hints = new LeaderHints(metadata.image, endpoints, connection)
  const responses: { topic: string; topicId: string; partitions: PartitionAnswer[] }[] = []
  let last: (typeof responses)[number] | undefined
  for (const read of session.select(reads)) {
    const { topic = '', topicId } = read.asked
    if (last === undefined || last.topic !== topic || last.topicId !== topicId) {
      last = { topic, topicId, partitions: [] }
      responses.push(last)
    }
    last.partitions.push(partitionAnswer(read, limits, hints, metadata))
  }
  return {
    errorCode: NONE,
    sessionId: session.sessionId,
    responses,
    ...(apiVersion >= 16 ? { nodeEndpoints: hints.nodeEndpoints } : {}),
  }
}

function partitionAnswer(
  read: PartitionRead,
  limits: FetchLimits,
  hints: LeaderHints,
  { image }: ClusterMetadata,
): PartitionAnswer {
  const { asked, partition, errorCode, divergingEpoch, slice } = read
  const isRead = errorCode === errorCodes.NONE && divergingEpoch === undefined
  const isCommittedRead = limits.isolation === 'read_committed' && isRead
  return {
    partitionIndex: asked.index,
    errorCode,
    highWatermark: read.highWatermark,
    lastStableOffset: read.lastStableOffset,
    logStartOffset: read.logStartOffset,
    ...(divergingEpoch === undefined ? {} : { divergingEpoch }),
    ...(wantsLeaderHint(errorCode)
      ? { currentLeader: hints.of(image.partition(asked.topic ?? '', asked.index)) }
      : {}),
    // Where there is no such partition Kafka gives an empty list to whoever asks.
    abortedTransactions: isCommittedRead || isOfNothing(errorCode) ? abortedIn(partition, slice) : null,
    // No records are zero bytes, never null: librdkafka insists.
    records: slice?.chunks ?? [],
  }
}

function isOfNothing(errorCode: number): boolean {
  return errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION || errorCode === errorCodes.UNKNOWN_TOPIC_ID
}

function abortedIn(
  partition: Partition | undefined,
  slice: LogSlice | undefined,
): { producerId: number; firstOffset: number }[] {
  if (partition === undefined || slice === undefined) return []
  return partition
    .abortedTransactions(slice)
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
}
