/**
 * Produce v0–13. Appends record batches to partitions.
 *
 * v0–2 carry message sets of the old formats (magic 0 and 1); v1 answers with a throttle time, v2 with the log
 * append time. v3 brings record batches (magic 2) and the transactional id. v5 answers with the log start offset,
 * from v7 on batches may be compressed with zstd (KIP-110), v8 says which records spoiled a batch (KIP-467), v9 is
 * flexible. v10 answers with the new leader after a move (KIP-951), v11 knows TRANSACTION_ABORTABLE, v12 adds
 * partitions to the transaction implicitly (both KIP-890). v13 names topics by id (KIP-516).
 */
import { api } from '../schema/api.ts'
import { array, int16, int32, int64, records, string, struct, uuid } from '../schema/field.ts'

export const produce = api({
  key: 0,
  name: 'Produce',
  versions: [0, 13],
  flexible: 9,
  request: {
    transactionalId: string.nullable().from(3).default(null),
    acks: int16,
    timeoutMs: int32,
    topicData: array(
      struct({
        name: string.until(12),
        topicId: uuid.from(13),
        partitionData: array(struct({ index: int32, records: records.nullable() })),
      }),
    ),
  },
  response: {
    responses: array(
      struct({
        name: string.until(12),
        topicId: uuid.from(13),
        partitionResponses: array(
          struct({
            index: int32,
            errorCode: int16,
            baseOffset: int64,
            logAppendTimeMs: int64.from(2).default(-1),
            logStartOffset: int64.from(5).default(-1),
            recordErrors: array(
              struct({
                batchIndex: int32,
                batchIndexErrorMessage: string.nullable().default(null),
              }),
            ).from(8),
            errorMessage: string.nullable().from(8).default(null),
            currentLeader: struct({ leaderId: int32.default(-1), leaderEpoch: int32.default(-1) })
              .from(10)
              .tag(0),
          }),
        ),
      }),
    ),
    throttleTimeMs: int32.from(1),
    nodeEndpoints: array(
      struct({
        nodeId: int32,
        host: string,
        port: int32,
        rack: string.nullable().default(null),
      }),
    )
      .from(10)
      .tag(0),
  },
})
