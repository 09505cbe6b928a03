/**
 * Record type 15 in `__consumer_offsets`: the share partitions whose state is being created, is there, or is being
 * deleted (KIP-932).
 */
import { array, int32, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

const topicPartitionsInfo = struct({ topicId: uuid, topicName: string, partitions: array(int32) })

export const shareGroupStatePartitionMetadataRecord = coordinatorRecord({
  type: 15,
  name: 'ShareGroupStatePartitionMetadata',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string },
  value: {
    initializingTopics: array(topicPartitionsInfo),
    initializedTopics: array(topicPartitionsInfo),
    deletingTopics: array(struct({ topicId: uuid, topicName: string })),
  },
})
