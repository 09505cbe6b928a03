import { api } from '../schema/api.ts'
import { array, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'

export const txnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 6],
  flexible: 3,
  request: {
    transactionalId: string,
    groupId: string,
    producerId: int64,
    producerEpoch: int16,
    generationIdOrMemberEpoch: int32.from(3).default(-1),
    memberId: string.from(3),
    groupInstanceId: string.nullable().from(3).default(null),
    topics: array(
      struct({
        name: string.until(5),
        topicId: uuid.from(6),
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: int32.from(2).default(-1),
            committedMetadata: string.nullable(),
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.default(0),
    topics: array(
      struct({
        name: string.until(5),
        topicId: uuid.from(6),
        partitions: array(struct({ partitionIndex: int32, errorCode: int16 })),
      }),
    ),
  },
})
