/**
 * Record type 8 in `__consumer_offsets`: what a member of a consumer group has, and what it has yet to give back
 * (KIP-848).
 */
import { array, int8, int32, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

const topicPartitions = struct({
  topicId: uuid,
  partitions: array(int32),
  assignmentEpochs: array(int32).nullable().tag(0),
})

export const consumerGroupCurrentMemberAssignmentRecord = coordinatorRecord({
  type: 8,
  name: 'ConsumerGroupCurrentMemberAssignment',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string, memberId: string },
  value: {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: array(topicPartitions),
    partitionsPendingRevocation: array(topicPartitions),
  },
})
