/**
 * Record type 0 in `__consumer_offsets`: a group's offset for a partition, in the form before Kafka 0.9. Only read.
 */
import { int32, int64, string } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const legacyOffsetCommitRecord = coordinatorRecord({
  type: 0,
  name: 'LegacyOffsetCommit',
  versions: [0, 0],
  key: { group: string, topic: string, partition: int32 },
  value: { offset: int64, metadata: string, commitTimestamp: int64 },
})
