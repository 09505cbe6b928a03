/**
 * Record type 11 in `__consumer_offsets`: a share group's epoch (KIP-932). The hash of its topics may be any int64.
 */
import { bigint64, int32, string } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const shareGroupMetadataRecord = coordinatorRecord({
  type: 11,
  name: 'ShareGroupMetadata',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string },
  value: { epoch: int32, metadataHash: bigint64 },
})
