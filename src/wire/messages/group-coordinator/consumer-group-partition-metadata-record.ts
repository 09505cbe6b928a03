/**
 * Record type 4 in `__consumer_offsets`: what a consumer group knew of its topics (KIP-848). Only read: since Kafka
 * 4.1 a hash in the group's own record does this (KIP-1101).
 */
import { array, int32, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const consumerGroupPartitionMetadataRecord = coordinatorRecord({
  type: 4,
  name: 'ConsumerGroupPartitionMetadata',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string },
  value: {
    topics: array(
      struct({
        topicId: uuid,
        topicName: string,
        numPartitions: int32,
        partitionMetadata: array(struct({ partition: int32, racks: array(string) })),
      }),
    ),
  },
})
