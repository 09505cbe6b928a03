/**
 * Record type 7 in `__consumer_offsets`: what a member of a consumer group is to get (KIP-848).
 */
import { array, int32, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const consumerGroupTargetAssignmentMemberRecord = coordinatorRecord({
  type: 7,
  name: 'ConsumerGroupTargetAssignmentMember',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string, memberId: string },
  value: { topicPartitions: array(struct({ topicId: uuid, partitions: array(int32) })) },
})
