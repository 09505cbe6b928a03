import { api } from '../schema/api.ts'
import { array, bigint64, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'

export const offsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [0, 10],
  flexible: 8,
  request: {
    groupId: string,
    generationIdOrMemberEpoch: int32.from(1).default(-1),
    memberId: string.from(1),
    groupInstanceId: string.nullable().from(7).default(null),
    retentionTimeMs: bigint64.from(2).until(4).default(-1n),
    topics: array(
      struct({
        name: string.until(9),
        topicId: uuid.from(10),
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: int32.from(6).default(-1),
            commitTimestamp: bigint64.from(1).until(1).default(-1n),
            committedMetadata: string.nullable(),
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.from(3),
    topics: array(
      struct({
        name: string.until(9),
        topicId: uuid.from(10),
        partitions: array(struct({ partitionIndex: int32, errorCode: int16 })),
      }),
    ),
  },
})
