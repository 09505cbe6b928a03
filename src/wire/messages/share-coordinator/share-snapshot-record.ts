/**
 * Record type 0 in `__share_group_state`: the whole state of a share partition (KIP-932).
 *
 * Delivery states: 0 available, 2 acknowledged, 4 archived.
 */
import { array, int8, int16, int32, int64, string, struct, uuid } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const shareSnapshotRecord = coordinatorRecord({
  type: 0,
  name: 'ShareSnapshot',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string, topicId: uuid, partition: int32 },
  value: {
    snapshotEpoch: int32,
    stateEpoch: int32,
    leaderEpoch: int32,
    startOffset: int64,
    deliveryCompleteCount: int32.tag(0).default(-1),
    createTimestamp: int64,
    writeTimestamp: int64,
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
