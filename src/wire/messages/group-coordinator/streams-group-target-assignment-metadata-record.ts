/**
 * Record type 20 in `__consumer_offsets`: the epoch of a streams group's target assignment (KIP-1071).
 */
import { int32, int64, string } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const streamsGroupTargetAssignmentMetadataRecord = coordinatorRecord({
  type: 20,
  name: 'StreamsGroupTargetAssignmentMetadata',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string },
  value: { assignmentEpoch: int32, assignmentTimestamp: int64.tag(0) },
})
