/**
 * Record type 12 in `__consumer_offsets`: the epoch of a share group's target assignment (KIP-932).
 */
import { int32, int64, string } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const shareGroupTargetAssignmentMetadataRecord = coordinatorRecord({
  type: 12,
  name: 'ShareGroupTargetAssignmentMetadata',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string },
  value: { assignmentEpoch: int32, assignmentTimestamp: int64.tag(0) },
})
