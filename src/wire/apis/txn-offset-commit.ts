/**
 * TxnOffsetCommit v0–6. Stores a group's offsets as part of a transaction (KIP-98).
 *
 * v2 adds leader epochs (KIP-320). v3 is flexible and names member and generation, so that a zombie is fenced
 * (KIP-447). v4 knows TRANSACTION_ABORTABLE, v5 adds the offsets' partition to the transaction implicitly (both
 * KIP-890), v6 names topics by id (KIP-1319).
 */
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
