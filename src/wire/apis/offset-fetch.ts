/**
 * OffsetFetch v0–10. Reads how far groups have read.
 *
 * v0 once read from ZooKeeper and looks like v1. v2 may ask for all topics (null) and has an error for the whole
 * answer, v3 adds the throttle time, v5 leader epochs (KIP-320). v6 is flexible, v7 can insist on offsets that no
 * open transaction may still change (KIP-447). v8 asks for several groups at once (KIP-709), v9 checks the member
 * epoch (KIP-848), v10 names topics by id.
 */
import { api } from '../schema/api.ts'
import { array, bool, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'

export const offsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: [0, 10],
  flexible: 6,
  request: {
    groupId: string.until(7),
    topics: array(struct({ name: string, partitionIndexes: array(int32) }))
      .nullable(2)
      .until(7),
    groups: array(
      struct({
        groupId: string,
        memberId: string.nullable().from(9).default(null),
        memberEpoch: int32.from(9).default(-1),
        topics: array(
          struct({
            name: string.until(9),
            topicId: uuid.from(10),
            partitionIndexes: array(int32),
          }),
        ).nullable(),
      }),
    ).from(8),
    requireStable: bool.from(7),
  },
  response: {
    throttleTimeMs: int32.from(3),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: int32.from(5).default(-1),
            metadata: string.nullable(),
            errorCode: int16,
          }),
        ),
      }),
    ).until(7),
    errorCode: int16.from(2).until(7),
    groups: array(
      struct({
        groupId: string,
        topics: array(
          struct({
            name: string.until(9),
            topicId: uuid.from(10),
            partitions: array(
              struct({
                partitionIndex: int32,
                committedOffset: int64,
                committedLeaderEpoch: int32.default(-1),
                metadata: string.nullable(),
                errorCode: int16,
              }),
            ),
          }),
        ),
        errorCode: int16.default(0),
      }),
    ).from(8),
  },
})
