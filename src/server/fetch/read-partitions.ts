import type { IsolationLevel, Partition } from '../../replication/partition.ts'
import type { Partitions } from '../../replication/partitions.ts'
import type { LogSlice } from '../../storage/log-slice.ts'
import { errorCodes, KafkaError } from '../../wire/errors.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import type { FetchPartition } from './fetch-partition.ts'

/** What a Fetch request wants as a whole. */
export interface FetchLimits {
  readonly isolation: IsolationLevel
  readonly maxBytes: number
  /**
   * Whether the first batch is given even when it is larger than the limits (KIP-74). Before Fetch v3 limits are
   * hard, and a consumer with too small a limit is told nothing.
   */
  readonly minOneBatch: boolean
}

/** What was found at one partition. */
export interface PartitionRead {
  readonly asked: FetchPartition
  readonly partition: Partition | undefined
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  /** Set when the reader's log has branched off: the epoch and the offset up to which it agrees with the leader's. */
  readonly divergingEpoch: { readonly epoch: number; readonly endOffset: number } | undefined
  readonly slice: LogSlice | undefined
}

/** Reads partitions in order until the limits are used up; later ones are then answered without records. */
export async function readPartitions(
  asked: Iterable<FetchPartition>,
  limits: FetchLimits,
  partitions: Partitions,
): Promise<PartitionRead[]> {
  const reads: PartitionRead[] = []
  let remainingBytes = limits.maxBytes
  let minOneBatch = limits.minOneBatch
  for (const each of asked) {
    const read = readPartition(each, remainingBytes, minOneBatch, limits.isolation, partitions)
    const done = read instanceof Promise ? await read : read
    reads.push(done)
    const sizeBytes = done.slice?.sizeBytes ?? 0
    remainingBytes = Math.max(0, remainingBytes - sizeBytes)
    if (sizeBytes > 0) minOneBatch = false
  }
  return reads
}

function readPartition(
  asked: FetchPartition,
  remainingBytes: number,
  minOneBatch: boolean,
  isolation: IsolationLevel,
  partitions: Partitions,
): PartitionRead | Promise<PartitionRead> {
  try {
    const partition = findPartition(asked, partitions)
    const divergingEpoch = divergence(asked, partition)
    if (divergingEpoch !== undefined) return found(asked, partition, undefined, divergingEpoch)
    const maxBytes = Math.min(remainingBytes, asked.maxBytes)
    const slice = partition.read(asked.fetchOffset, maxBytes, isolation, minOneBatch)
    if (!(slice instanceof Promise)) return found(asked, partition, slice)
    return slice.then(
      (read) => found(asked, partition, read),
      (error: unknown) => refused(asked, error),
    )
  } catch (error) {
    return refused(asked, error)
  }
}

/** The partition that is asked for, if this broker leads it in the epoch that the reader knows. */
export function findPartition(asked: FetchPartition, partitions: Partitions): Partition {
  // A session may have been told of the id before this broker knew the topic.
  if (asked.topicId !== ZERO_UUID) asked.topic ??= partitions.topicName(asked.topicId)
  if (asked.topic === undefined) throw new KafkaError('UNKNOWN_TOPIC_ID')
  const partition = partitions.require(asked.topic, asked.index)
  // The name may stand for another topic by now than the one that the session is about.
  if (asked.topicId !== ZERO_UUID && asked.topicId !== partition.topicId)
    throw new KafkaError('INCONSISTENT_TOPIC_ID')
  partition.requireLeader(asked.currentLeaderEpoch)
  return partition
}

/**
 * Compares histories (KIP-595): the reader says in which epoch it read the last record. If the leader's log ended that
 * epoch earlier, or never had it, the reader holds records that are no longer part of the log.
 */
export function divergence(
  { lastFetchedEpoch, fetchOffset }: FetchPartition,
  partition: Partition,
): { epoch: number; endOffset: number } | undefined {
  if (lastFetchedEpoch === -1) return undefined
  const { leaderEpoch, endOffset } = partition.endOffsetForEpoch(lastFetchedEpoch)
  if (leaderEpoch === -1 || endOffset === -1)
    throw new KafkaError('OFFSET_OUT_OF_RANGE', `No end offset is known for epoch ${lastFetchedEpoch}`)
  if (leaderEpoch < lastFetchedEpoch || endOffset < fetchOffset) return { epoch: leaderEpoch, endOffset }
  return undefined
}

function found(
  asked: FetchPartition,
  partition: Partition,
  slice: LogSlice | undefined,
  divergingEpoch?: { epoch: number; endOffset: number },
): PartitionRead {
  return {
    asked,
    partition,
    errorCode: errorCodes.NONE,
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.log.logStartOffset,
    divergingEpoch,
    slice,
  }
}

function refused(asked: FetchPartition, error: unknown): PartitionRead {
  if (!(error instanceof KafkaError)) throw error
  return {
    asked,
    partition: undefined,
    errorCode: error.code,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    divergingEpoch: undefined,
    slice: undefined,
  }
}
