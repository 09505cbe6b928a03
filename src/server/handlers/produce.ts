import type { TransactionCoordinator } from '../../coordinator/transactions/transaction-coordinator.ts'
import type { ClusterMetadata } from '../../replication/cluster-metadata.ts'
import type { Partition } from '../../replication/partition.ts'
import type { Partitions } from '../../replication/partitions.ts'
import { isInternalTopic } from '../../replication/topic-name.ts'
import type { Clock } from '../../runtime/clock.ts'
import { produce } from '../../wire/apis/produce.ts'
import { errorCodes, KafkaError } from '../../wire/errors.ts'
import {
  BATCH_HEADER_BYTES,
  isTransactional,
  readAttributes,
  readMagic,
} from '../../wire/records/batch-header.ts'
import { InvalidRecords } from '../../wire/records/record-error.ts'
import type { AcceptedBatch } from '../../wire/records/validation.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import type { Endpoints } from '../endpoints.ts'
import type { Handler, RequestContext } from '../handler.ts'
import { LeaderHints, wantsLeaderHint } from '../leader-hint.ts'
import { acceptFor } from '../produce/accept-for.ts'
import { emptyAnswer, type PartitionAnswer, recordErrorsOf } from '../produce/partition-answer.ts'
import type { PendingProduce } from '../produce/pending-produce.ts'
import type { PendingProduces } from '../produce/pending-produces.ts'
import {
  type PlacedBatch,
  requireOneTransaction,
  TransactionConsent,
} from '../produce/transaction-consent.ts'

type Request = RequestOf<typeof produce>
type Response = ResponseOf<typeof produce>
type RequestTopic = Request['topicData'][number]
type RequestPartition = RequestTopic['partitionData'][number]

const ACKS_NONE = 0
const ACKS_LEADER = 1
const ACKS_ALL = -1

const withoutLogStart: ReadonlySet<number> = new Set([
  errorCodes.INVALID_REQUIRED_ACKS,
  errorCodes.NOT_LEADER_OR_FOLLOWER,
  errorCodes.MESSAGE_TOO_LARGE,
  errorCodes.RECORD_LIST_TOO_LARGE,
  errorCodes.CORRUPT_MESSAGE,
  errorCodes.KAFKA_STORAGE_ERROR,
  errorCodes.UNSUPPORTED_COMPRESSION_TYPE,
])

export interface ProduceDependencies {
  readonly partitions: Partitions
  readonly metadata: ClusterMetadata
  readonly endpoints: Endpoints
  readonly clock: Clock
  readonly pending: PendingProduces
  readonly transactions: TransactionCoordinator
  /** transaction.partition.verification.enable */
  readonly verifyPartitions: () => boolean
}

interface TopicAnswer {
  readonly topic: RequestTopic
  /** The name as asked, or as its id resolves. */
  readonly name: string | undefined
  readonly partitions: readonly PartitionAnswer[]
}

/**
 * Appends what producers send. All partitions of a request are validated and appended in this very turn, in the
 * order of the request; only the answer waits for the write, or for the in-sync replicas.
 */
export function produceHandler(dependencies: ProduceDependencies): Handler<typeof produce> {
  return {
    api: produce,
    handle(request, context) {
      requireOneTransaction(request)
      const topics = request.topicData.map((topic) => beginTopic(topic, context, dependencies))
      const answers = topics.flatMap(({ partitions }) => partitions)
      const pending = dependencies.pending.begin(answers, request.timeoutMs)
      if (isStrayTransaction(request))
        for (const each of answers) refuse(each, new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED'))
      else appendAll(request, topics, pending, context, dependencies)
      if (request.acks === ACKS_NONE) return withoutAnswer(answers, context)
      if (pending.isComplete) return response(topics, context, dependencies)
      return dependencies.pending.wait(pending).then(() => response(topics, context, dependencies))
    },
    refuse(request, error) {
      const refused = (partition: RequestPartition) => ({
        ...emptyAnswer(partition.index),
        errorCode: error.code,
        errorMessage: error.message,
      })
      return {
        responses: request.topicData.map(({ name, topicId, partitionData }) => ({
          name,
          topicId,
          partitionResponses: partitionData.map(refused),
        })),
      }
    },
  }
}

function beginTopic(
  topic: RequestTopic,
  { apiVersion }: RequestContext,
  { metadata }: ProduceDependencies,
): TopicAnswer {
  return {
    topic,
    name: apiVersion >= 13 ? metadata.image.topicNamesById.get(topic.topicId) : topic.name,
    partitions: topic.partitionData.map(({ index }) => emptyAnswer(index)),
  }
}

/**
 * Records of a transaction that the request doesn't name spoil all of it.
 * Source: apache/kafka `KafkaApis.handleProduceRequest`.
 */
function isStrayTransaction({ transactionalId, topicData }: Request): boolean {
  if (transactionalId !== null) return false
  return topicData.some(({ partitionData }) =>
    partitionData.some(({ records }) => records !== null && holdsTransactional(records)),
  )
}

function appendAll(
  request: Request,
  topics: readonly TopicAnswer[],
  pending: PendingProduce,
  context: RequestContext,
  dependencies: ProduceDependencies,
): void {
  const nowMs = dependencies.clock.nowMs()
  const consent = new TransactionConsent(request.transactionalId, context.apiVersion, dependencies)
  let slot = 0
  for (const { topic, name, partitions } of topics) {
    for (const [at, answer] of partitions.entries()) {
      const data = topic.partitionData[at]
      let partition: Partition | undefined
      try {
        partition = findPartition(name, answer.index, dependencies.partitions)
        const batch = accept(data, partition, request, context, nowMs)
        const place = { partition, batch, acks: request.acks, answer, pending, slot, nowMs }
        if (batch.transactional && consent.isNeeded(partition, batch)) consent.later(place)
        else append(place)
      } catch (error) {
        refuse(answer, error)
        if (partition !== undefined && tellsLogStart(answer.errorCode))
          answer.logStartOffset = partition.log.logStartOffset
      }
      slot++
    }
  }
  consent.ask(appendLate)
}

/**
 * Refusals that come from looking at the log tell where it starts.
 * Source: apache/kafka `ReplicaManager.appendRecordsToLeader`.
 */
function tellsLogStart(errorCode: number): boolean {
  return !withoutLogStart.has(errorCode)
}

function findPartition(name: string | undefined, index: number, partitions: Partitions): Partition {
  if (name === undefined) throw new KafkaError('UNKNOWN_TOPIC_ID')
  if (isInternalTopic(name))
    throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Cannot append to internal topic ${name}`)
  return partitions.require(name, index)
}

/** Checks what was sent for one partition; the batch that comes back is fit for the log. */
function accept(
  data: RequestPartition | undefined,
  partition: Partition,
  { acks }: Request,
  { apiVersion }: RequestContext,
  nowMs: number,
): AcceptedBatch {
  if (acks !== ACKS_NONE && acks !== ACKS_LEADER && acks !== ACKS_ALL)
    throw new KafkaError('INVALID_REQUIRED_ACKS')
  partition.requireLeader(-1)
  if (acks === ACKS_ALL) partition.requireEnoughReplicas()
  return acceptFor(partition, data?.records ?? Buffer.alloc(0), apiVersion, nowMs)
}

function append(place: PlacedBatch): void {
  const endOffset = write(place)
  if (place.acks === ACKS_NONE) return
  place.pending.expect(place.slot)
  follow(place, endOffset)
}

/** Appends once the transaction coordinator has agreed, unless the client has been answered by then. */
function appendLate(place: PlacedBatch): void {
  const { acks, pending, slot } = place
  if (acks !== ACKS_NONE && !pending.isExpected(slot)) return
  try {
    const endOffset = write(place)
    if (acks !== ACKS_NONE) follow(place, endOffset)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    pending.failed(slot, error)
  }
}

/** The offset after the batch. */
function write({ partition, batch, answer, nowMs }: PlacedBatch): number {
  const { baseOffset, lastOffset, logStartOffset } = partition.append(batch.bytes)
  answer.baseOffset = baseOffset
  answer.logStartOffset = logStartOffset
  if (partition.config.messageTimestampType === 'LogAppendTime') answer.logAppendTimeMs = nowMs
  return lastOffset + 1
}

function follow({ partition, acks, pending, slot }: PlacedBatch, endOffset: number): void {
  if (acks === ACKS_ALL) partition.whenCommitted(endOffset, pending, slot)
  else partition.whenWritten(endOffset, pending, slot)
}

function holdsTransactional(records: Buffer): boolean {
  return (
    records.length >= BATCH_HEADER_BYTES &&
    readMagic(records, 0) === 2 &&
    isTransactional(readAttributes(records, 0))
  )
}

function refuse(answer: PartitionAnswer, error: unknown): void {
  if (!(error instanceof KafkaError)) throw error
  answer.errorCode = error.code
  answer.errorMessage = error.message
  if (error instanceof InvalidRecords) answer.recordErrors = recordErrorsOf(error.recordErrors)
}

/** A producer that wants no answer learns of an error by losing its connection, as with Kafka. */
function withoutAnswer(answers: readonly PartitionAnswer[], { connection }: RequestContext): undefined {
  const failed = answers.find(({ errorCode }) => errorCode !== 0)
  if (failed !== undefined)
    connection.close(`Produce with acks=0 failed in partition ${failed.index}: ${failed.errorMessage}`)
}

function response(
  topics: readonly TopicAnswer[],
  { connection, apiVersion }: RequestContext,
  { metadata, endpoints }: ProduceDependencies,
): Response {
  const responses = topics.map(({ topic, partitions }) => ({
    name: topic.name,
    topicId: topic.topicId,
    partitionResponses: partitions,
  }))
  if (apiVersion < 10) return { responses }
  const hints = new LeaderHints(metadata.image, endpoints, connection)
  for (const { name, partitions } of topics) {
    for (const answer of partitions) {
      if (wantsLeaderHint(answer.errorCode))
        answer.currentLeader = hints.of(metadata.image.partition(name ?? '', answer.index))
    }
  }
  return { responses, nodeEndpoints: hints.nodeEndpoints }
}
