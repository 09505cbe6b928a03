/**
 * Record type 14 in `__consumer_offsets`: what a member of a share group has (KIP-932).
 */
import { array, int8, int32, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const shareGroupCurrentMemberAssignmentRecord = coordinatorRecord({
  type: 14,
  name: 'ShareGroupCurrentMemberAssignment',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string, memberId: string },
  value: {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: array(struct({ topicId: uuid, partitions: array(int32) })),
  },
})
