/**
 * Record type 13 in `__consumer_offsets`: what a member of a share group is to get (KIP-932).
 */
import { array, int32, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const shareGroupTargetAssignmentMemberRecord = coordinatorRecord({
  type: 13,
  name: 'ShareGroupTargetAssignmentMember',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string, memberId: string },
  value: { topicPartitions: array(struct({ topicId: uuid, partitions: array(int32) })) },
})
