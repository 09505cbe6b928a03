/**
 * Record type 6 in `__consumer_offsets`: the epoch of a consumer group's target assignment (KIP-848), and when it
 * was worked out (KIP-1263).
 */
import { int32, int64, string } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const consumerGroupTargetAssignmentMetadataRecord = coordinatorRecord({
  type: 6,
  name: 'ConsumerGroupTargetAssignmentMetadata',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string },
  value: { assignmentEpoch: int32, assignmentTimestamp: int64.tag(0) },
})
