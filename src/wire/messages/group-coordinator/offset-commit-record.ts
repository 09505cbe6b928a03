/**
 * Record type 1 in `__consumer_offsets`: a group's offset for a partition. No value means that it was deleted.
 *
 * v1 says when the offset expires, which later versions leave to the group; v3 adds the leader epoch (KIP-320), v4
 * is flexible and may say which topic id was meant.
 */
import { int32, int64, string, uuid } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const offsetCommitRecord = coordinatorRecord({
  type: 1,
  name: 'OffsetCommit',
  versions: [0, 4],
  flexible: 4,
  key: { group: string, topic: string, partition: int32 },
  value: {
    offset: int64,
    leaderEpoch: int32.from(3).default(-1),
    metadata: string,
    commitTimestamp: int64,
    expireTimestamp: int64.from(1).until(1).default(-1),
    topicId: uuid.from(4).tag(0),
  },
})
