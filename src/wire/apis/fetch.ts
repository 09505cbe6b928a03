/**
 * Fetch v0–18. Reads record batches; consumers and following replicas use the same request.
 *
 * v1 answers with a throttle time; v2 may give message format 1; v3 limits the whole answer and makes the order of
 * partitions count (KIP-74). v4 brings record batches, isolation level and aborted transactions (KIP-98). v5 adds
 * log start offsets, v7 incremental sessions (KIP-227), v9 leader epochs for fencing (KIP-320), from v10 on batches
 * may be zstd (KIP-110), v11 adds rack-aware reading from followers (KIP-392). v12 is flexible and finds diverging
 * logs by last fetched epoch (KIP-595). v13 names topics by id (KIP-516), v14 knows OFFSET_MOVED_TO_TIERED_STORAGE
 * (KIP-405), v15 moves the replica into a tagged field with its epoch (KIP-903), v16 answers with new leaders
 * (KIP-951), v17 adds directory ids (KIP-853), v18 the follower's high watermark (KIP-1166).
 */
import { api } from '../schema/api.ts'
import {
  array,
  bigint64,
  int8,
  int16,
  int32,
  int64,
  recordChunks,
  string,
  struct,
  uuid,
} from '../schema/field.ts'

export const fetch = api({
  key: 1,
  name: 'Fetch',
  versions: [0, 18],
  flexible: 12,
  request: {
    clusterId: string.nullable().from(12).tag(0).default(null),
    replicaId: int32.until(14).default(-1),
    replicaState: struct({ replicaId: int32.default(-1), replicaEpoch: int64.default(-1) })
      .from(15)
      .tag(1),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32.from(3).default(0x7fffffff),
    isolationLevel: int8.from(4),
    sessionId: int32.from(7),
    sessionEpoch: int32.from(7).default(-1),
    topics: array(
      struct({
        topic: string.until(12),
        topicId: uuid.from(13),
        partitions: array(
          struct({
            partition: int32,
            currentLeaderEpoch: int32.from(9).default(-1),
            fetchOffset: int64,
            lastFetchedEpoch: int32.from(12).default(-1),
            logStartOffset: int64.from(5).default(-1),
            partitionMaxBytes: int32,
            replicaDirectoryId: uuid.from(17).tag(0),
            highWatermark: bigint64.from(18).tag(1).default(9223372036854775807n),
          }),
        ),
      }),
    ),
    forgottenTopicsData: array(
      struct({
        topic: string.until(12),
        topicId: uuid.from(13),
        partitions: array(int32),
      }),
    ).from(7),
    rackId: string.from(11),
  },
  response: {
    throttleTimeMs: int32.from(1),
    errorCode: int16.from(7),
    sessionId: int32.from(7),
    responses: array(
      struct({
        topic: string.until(12),
        topicId: uuid.from(13),
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            highWatermark: int64,
            lastStableOffset: int64.from(4).default(-1),
            logStartOffset: int64.from(5).default(-1),
            divergingEpoch: struct({ epoch: int32.default(-1), endOffset: int64.default(-1) })
              .from(12)
              .tag(0),
            currentLeader: struct({ leaderId: int32.default(-1), leaderEpoch: int32.default(-1) })
              .from(12)
              .tag(1),
            snapshotId: struct({ endOffset: int64.default(-1), epoch: int32.default(-1) })
              .from(12)
              .tag(2),
            abortedTransactions: array(struct({ producerId: int64, firstOffset: int64 }))
              .nullable()
              .from(4),
            preferredReadReplica: int32.from(11).default(-1),
            records: recordChunks.nullable(),
          }),
        ),
      }),
    ),
    nodeEndpoints: array(
      struct({
        nodeId: int32,
        host: string,
        port: int32,
        rack: string.nullable().default(null),
      }),
    )
      .from(16)
      .tag(0),
  },
})
