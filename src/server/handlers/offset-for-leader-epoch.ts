import type { Partitions } from '../../replication/partitions.ts'
import { offsetForLeaderEpoch } from '../../wire/apis/offset-for-leader-epoch.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

type RequestPartition = RequestOf<typeof offsetForLeaderEpoch>['topics'][number]['partitions'][number]
type PartitionAnswer = ResponseOf<typeof offsetForLeaderEpoch>['topics'][number]['partitions'][number]

/** Says where a leader epoch ended, so that a reader finds out up to where its own history still holds (KIP-320). */
export function offsetForLeaderEpochHandler(partitions: Partitions): Handler<typeof offsetForLeaderEpoch> {
  return {
    api: offsetForLeaderEpoch,
    handle: ({ topics }) => ({
      topics: topics.map(({ topic, partitions: asked }) => ({
        topic,
        partitions: asked.map((each) => answer(topic, each, partitions)),
      })),
    }),
    refuse: ({ topics }, error) => ({
      topics: topics.map(({ topic, partitions: asked }) => ({
        topic,
        partitions: asked.map(({ partition }) => ({ partition, errorCode: error.code })),
      })),
    }),
  }
}

function answer(topic: string, asked: RequestPartition, partitions: Partitions): PartitionAnswer {
  try {
    const partition = partitions.require(topic, asked.partition)
    partition.requireLeader(asked.currentLeaderEpoch)
    return { partition: asked.partition, errorCode: NONE, ...partition.endOffsetForEpoch(asked.leaderEpoch) }
  } catch (error) {
    if (error instanceof KafkaError) return { partition: asked.partition, errorCode: error.code }
    throw error
  }
}
