/**
 * Record type 17 in `__consumer_offsets`: a streams group's epoch, and which topology it was validated for
 * (KIP-1071). The hash of its topics may be any int64.
 */
import { array, bigint64, int32, string, struct } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const streamsGroupMetadataRecord = coordinatorRecord({
  type: 17,
  name: 'StreamsGroupMetadata',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string },
  value: {
    epoch: int32,
    metadataHash: bigint64,
    validatedTopologyEpoch: int32.tag(0).default(-1),
    lastAssignmentConfigs: array(struct({ key: string, value: string }))
      .nullable()
      .tag(1),
    storedDescriptionTopologyEpoch: int32.tag(2).default(-1),
    failedDescriptionTopologyEpoch: int32.tag(3).default(-1),
  },
})
