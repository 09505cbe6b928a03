import type { IsolationLevel, OffsetAndTimestamp, Partition } from '../../replication/partition.ts'
import type { Partitions } from '../../replication/partitions.ts'
import { listOffsets } from '../../wire/apis/list-offsets.ts'
import { errorCodes, KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

type Request = RequestOf<typeof listOffsets>
type RequestPartition = Request['topics'][number]['partitions'][number]
type PartitionAnswer = ResponseOf<typeof listOffsets>['topics'][number]['partitions'][number]

const LATEST = -1n
const EARLIEST = -2n
const MAX_TIMESTAMP = -3n
const EARLIEST_LOCAL = -4n
const LATEST_TIERED = -5n
const EARLIEST_PENDING_UPLOAD = -6n

/** Timestamps below zero are questions of their own; each came with a version. */
const firstVersions: ReadonlyMap<bigint, number> = new Map([
  [LATEST, 0],
  [EARLIEST, 0],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
])

const READ_COMMITTED = 1
/** `replicaId` of a consumer; brokers send their own id, and the debugging consumer -2. */
const CONSUMER = -1

/** Finds offsets by time: the first record at or after a timestamp, or one of the ends of the log. */
export function listOffsetsHandler(partitions: Partitions): Handler<typeof listOffsets> {
  return {
    api: listOffsets,
    async handle(request, { apiVersion }) {
      const isolation = request.isolationLevel === READ_COMMITTED ? 'read_committed' : 'read_uncommitted'
      const counts = countPartitions(request)
      const topics = request.topics.map(async ({ name, partitions: asked }) => ({
        name,
        partitions: await Promise.all(
          oncePerPartition(asked).map((each) =>
            (counts.get(name)?.get(each.partitionIndex) ?? 0) > 1
              ? refusal(each, errorCodes.INVALID_REQUEST)
              : answer(name, each, { isolation, apiVersion, replicaId: request.replicaId }, partitions),
          ),
        ),
      }))
      return { topics: await Promise.all(topics) }
    },
    refuse: ({ topics }, error) => ({
      topics: topics.map(({ name, partitions: asked }) => ({
        name,
        partitions: asked.map((each) => refusal(each, error.code)),
      })),
    }),
  }
}

interface Question {
  readonly isolation: IsolationLevel
  readonly apiVersion: number
  readonly replicaId: number
}

function oncePerPartition(asked: readonly RequestPartition[]): readonly RequestPartition[] {
  const byIndex = new Map(asked.map((each) => [each.partitionIndex, each]))
  return byIndex.size === asked.length ? asked : [...byIndex.values()]
}

/** How often each partition is asked about, by topic: one that is so twice gets INVALID_REQUEST, once. */
function countPartitions({ topics }: Request): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const counts = new Map<string, Map<number, number>>()
  for (const { name, partitions } of topics) {
    const ofTopic = counts.get(name) ?? new Map<number, number>()
    counts.set(name, ofTopic)
    for (const { partitionIndex } of partitions)
      ofTopic.set(partitionIndex, (ofTopic.get(partitionIndex) ?? 0) + 1)
  }
  return counts
}

async function answer(
  topic: string,
  asked: RequestPartition,
  question: Question,
  partitions: Partitions,
): Promise<PartitionAnswer> {
  try {
    requireVersion(asked.timestamp, question.apiVersion)
    const partition = partitions.require(topic, asked.partitionIndex)
    partition.requireLeader(asked.currentLeaderEpoch)
    if (question.apiVersion === 0) return oldStyle(asked, partition)
    const found = await find(asked.timestamp, question, partition)
    return { partitionIndex: asked.partitionIndex, errorCode: NONE, ...found }
  } catch (error) {
    if (error instanceof KafkaError) return refusal(asked, error.code)
    throw error
  }
}

function requireVersion(timestamp: bigint, version: number): void {
  if (timestamp >= 0n) return
  const first = firstVersions.get(timestamp)
  if (first === undefined || version < first) throw new KafkaError('UNSUPPORTED_VERSION')
}

/** Without tiered storage nothing lies elsewhere: the local log is all of it, and no offset was ever uploaded. */
async function find(
  timestamp: bigint,
  question: Question,
  partition: Partition,
): Promise<OffsetAndTimestamp> {
  switch (timestamp) {
    case LATEST:
      return { offset: latest(question, partition), timestamp: -1n, leaderEpoch: partition.leaderEpoch }
    case EARLIEST:
    case EARLIEST_LOCAL:
      return partition.earliest()
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return { offset: -1, timestamp: -1n, leaderEpoch: -1 }
    default: {
      const found =
        timestamp === MAX_TIMESTAMP
          ? await partition.log.offsetOfMaxTimestamp()
          : await partition.log.offsetForTimestamp(timestamp)
      const none = { offset: -1, timestamp: -1n, leaderEpoch: -1 }
      // What a consumer may not read yet must not be found either.
      return found === undefined || found.offset >= latest(question, partition) ? none : found
    }
  }
}

function latest({ isolation, replicaId }: Question, partition: Partition): number {
  return replicaId === CONSUMER ? partition.readableEnd(isolation) : partition.log.logEndOffset
}

/**
 * ListOffsets v0 answers with a list, newest first: the end of the log and the starts of its segments, of those that
 * are not newer than the timestamp.
 */
function oldStyle(asked: RequestPartition, partition: Partition): PartitionAnswer {
  const { log, highWatermark } = partition
  const segments = log.segments.map(({ baseOffset, maxTimestamp }) => ({
    offset: Math.max(baseOffset, log.logStartOffset),
    timestamp: maxTimestamp?.timestamp ?? LATEST,
  }))
  const candidates = [...segments, { offset: highWatermark, timestamp: LATEST }]
  const matching =
    asked.timestamp === EARLIEST
      ? [log.logStartOffset]
      : candidates
          .filter(
            ({ timestamp }) =>
              asked.timestamp === LATEST || (timestamp !== LATEST && timestamp <= asked.timestamp),
          )
          .map(({ offset }) => offset)
  const newestFirst = [...new Set(matching)].sort((one, other) => other - one)
  return {
    partitionIndex: asked.partitionIndex,
    errorCode: NONE,
    oldStyleOffsets: newestFirst.slice(0, Math.max(0, asked.maxNumOffsets)).map(BigInt),
  }
}

function refusal({ partitionIndex }: RequestPartition, errorCode: number): PartitionAnswer {
  return { partitionIndex, errorCode }
}
