/**
 * Record type 1 in `__share_group_state`: what has changed in a share partition since its last snapshot (KIP-932).
 */
import { array, int8, int16, int32, int64, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const shareUpdateRecord = coordinatorRecord({
  type: 1,
  name: 'ShareUpdate',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string, topicId: uuid, partition: int32 },
  value: {
    snapshotEpoch: int32,
    leaderEpoch: int32,
    startOffset: int64,
    deliveryCompleteCount: int32.tag(0).default(-1),
    stateBatches: array(
      struct({
        firstOffset: int64,
        lastOffset: int64,
        deliveryState: int8,
        deliveryCount: int16,
      }),
    ),
  },
})
