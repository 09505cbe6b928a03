import type { Partitions } from '../../replication/partitions.ts'
import { isInternalTopic } from '../../replication/topic-name.ts'
import { deleteRecords } from '../../wire/apis/delete-records.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

type RequestPartition = RequestOf<typeof deleteRecords>['topics'][number]['partitions'][number]
type PartitionAnswer = ResponseOf<typeof deleteRecords>['topics'][number]['partitions'][number]

/** Stands for the high watermark: everything that may be read. */
const UP_TO_HIGH_WATERMARK = -1
const NO_LOW_WATERMARK = -1

/** Moves the start of logs up. The low watermark, the smallest log start over all replicas, follows at once. */
export function deleteRecordsHandler(partitions: Partitions): Handler<typeof deleteRecords> {
  return {
    api: deleteRecords,
    handle: ({ topics }) => ({
      topics: topics.map(({ name, partitions: asked }) => ({
        name,
        partitions: asked.map((each) => deleteBefore(name, each, partitions)),
      })),
    }),
    refuse: ({ topics }, error) => ({
      topics: topics.map(({ name, partitions: asked }) => ({
        name,
        partitions: asked.map((each) => refused(each, error)),
      })),
    }),
  }
}

function deleteBefore(topic: string, asked: RequestPartition, partitions: Partitions): PartitionAnswer {
  try {
    if (isInternalTopic(topic))
      throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Cannot delete records of internal topic ${topic}`)
    const partition = partitions.require(topic, asked.partitionIndex)
    partition.requireLeader(-1)
    if (!partition.config.deletes)
      throw new KafkaError(
        'POLICY_VIOLATION',
        `Records of ${topic} are kept by key: its cleanup.policy is compact`,
      )
    const { highWatermark, log } = partition
    const offset = asked.offset === UP_TO_HIGH_WATERMARK ? highWatermark : asked.offset
    if (offset < 0 || offset > highWatermark)
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `${offset} is beyond the high watermark, ${highWatermark}`)
    log.deleteRecordsBefore(offset)
    return { partitionIndex: asked.partitionIndex, lowWatermark: log.logStartOffset, errorCode: NONE }
  } catch (error) {
    if (error instanceof KafkaError) return refused(asked, error)
    throw error
  }
}

function refused({ partitionIndex }: RequestPartition, error: KafkaError): PartitionAnswer {
  return { partitionIndex, lowWatermark: NO_LOW_WATERMARK, errorCode: error.code }
}
