import { KafkaError } from '../../wire/errors.ts'
import type { FetchPartition } from './fetch-partition.ts'
import {
  epochAfter,
  type FetchSession,
  type FetchSessions,
  FINAL_EPOCH,
  INITIAL_EPOCH,
  NO_SESSION,
} from './fetch-sessions.ts'
import type { PartitionRead } from './read-partitions.ts'

/** The part of a Fetch request that concerns sessions. */
export interface SessionRequest {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly usesTopicIds: boolean
  readonly partitions: readonly FetchPartition[]
  readonly forgotten: readonly Pick<FetchPartition, 'topicId' | 'topic' | 'index'>[]
}

/** Which partitions a request is about, and how its answer is to be told (KIP-227). */
export interface FetchContext {
  readonly sessionId: number
  readonly partitions: readonly FetchPartition[]
  /** The partitions that the answer has to mention. */
  select(reads: readonly PartitionRead[]): readonly PartitionRead[]
  /** The session to name in an answer that tells nothing, for a client over its quota. One that was to begin doesn't. */
  postpone(): number
}

/**
 * Finds or makes the session of a request. Errors: FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH,
 * FETCH_SESSION_TOPIC_ID_ERROR; the client then starts anew with a full request.
 * Source: apache/kafka `FetchManager.newContext`.
 */
export function fetchContext(request: SessionRequest, sessions: FetchSessions): FetchContext {
  const { sessionId, sessionEpoch } = request
  const isFull = sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH
  if (!isFull) return incremental(request, sessions)
  if (sessionId !== NO_SESSION) sessions.close(sessionId)
  if (sessionEpoch === FINAL_EPOCH) return everything(NO_SESSION, request.partitions)
  return newSession(request, sessions)
}

function everything(sessionId: number, partitions: readonly FetchPartition[]): FetchContext {
  return { sessionId, partitions, select: (reads) => reads, postpone: () => sessionId }
}

function newSession(request: SessionRequest, sessions: FetchSessions): FetchContext {
  const session = request.partitions.length === 0 ? undefined : sessions.open(request.usesTopicIds)
  if (session === undefined || !sessions.put(session, request.partitions))
    return everything(NO_SESSION, request.partitions)
  return {
    sessionId: session.id,
    partitions: request.partitions,
    select: (reads) => {
      for (const read of reads) remember(read)
      return reads
    },
    postpone: () => {
      sessions.close(session.id)
      return NO_SESSION
    },
  }
}

function incremental(request: SessionRequest, sessions: FetchSessions): FetchContext {
  const session = sessions.use(request.sessionId)
  if (session === undefined) throw new KafkaError('FETCH_SESSION_ID_NOT_FOUND')
  if (session.nextEpoch !== request.sessionEpoch) throw new KafkaError('INVALID_FETCH_SESSION_EPOCH')
  if (session.usesTopicIds !== request.usesTopicIds) throw new KafkaError('FETCH_SESSION_TOPIC_ID_ERROR')
  if (!sessions.put(session, request.partitions)) throw new KafkaError('FETCH_SESSION_ID_NOT_FOUND')
  for (const partition of request.forgotten) session.forget(partition)
  session.nextEpoch = epochAfter(session.nextEpoch)
  if (session.size === 0) {
    // Nothing is left to fetch: the session ends, and the client learns it from the answer.
    sessions.close(session.id)
    return everything(NO_SESSION, [])
  }
  return {
    sessionId: session.id,
    partitions: [...session.partitions],
    select: (reads) => news(reads, session),
    postpone: () => session.id,
  }
}

/** Leaves out the partitions of which the client knows everything, and puts those that gave data at the end of the line. */
function news(reads: readonly PartitionRead[], session: FetchSession): readonly PartitionRead[] {
  const told: PartitionRead[] = []
  for (const read of reads) {
    if (!remember(read)) continue
    told.push(read)
    if (read.slice !== undefined && read.slice.sizeBytes > 0) session.servedLast(read.asked)
  }
  return told
}

/** Notes what the client is told of a partition; says whether there is anything new in it. */
function remember({
  asked,
  errorCode,
  highWatermark,
  logStartOffset,
  slice,
  divergingEpoch,
}: PartitionRead): boolean {
  const before = asked.answered
  if (errorCode !== 0) {
    // Told again each time, and everything else again once the error is over.
    asked.answered = undefined
    return true
  }
  asked.answered = { highWatermark, logStartOffset }
  return (
    (slice !== undefined && slice.sizeBytes > 0) ||
    divergingEpoch !== undefined ||
    before?.highWatermark !== highWatermark ||
    before.logStartOffset !== logStartOffset
  )
}
