/**
 * Record type 3 in `__consumer_offsets`: a consumer group's epoch (KIP-848).
 *
 * The hash covers the subscribed topics, so that a change in their partitions or racks is noticed (KIP-1101); it
 * may be any int64.
 */
import { bigint64, int32, string } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const consumerGroupMetadataRecord = coordinatorRecord({
  type: 3,
  name: 'ConsumerGroupMetadata',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string },
  value: { epoch: int32, metadataHash: bigint64.tag(0) },
})
