/**
 * ListOffsets v0–11. Finds offsets by time, or the special ones: -1 the latest, -2 the earliest.
 *
 * v0 gives up to `maxNumOffsets` segment starts, descending; v1 gives one offset with its timestamp. v2 adds the
 * isolation level and the throttle time, v4 leader epochs (KIP-320), v5 knows OFFSET_NOT_AVAILABLE (KIP-207), v6 is
 * flexible. v7 asks for the largest timestamp (-3, KIP-734), v8 for the local log start (-4, KIP-405), v9 for the
 * last tiered offset (-5, KIP-1005), v10 limits the wait for remote storage (KIP-1075), v11 asks for the earliest
 * offset not yet uploaded (-6, KIP-1023). Timestamps are whatever producers chose, so they may be any int64.
 */
import { api } from '../schema/api.ts'
import { array, bigint64, int8, int16, int32, int64, string, struct } from '../schema/field.ts'

export const listOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [0, 11],
  flexible: 6,
  request: {
    replicaId: int32,
    isolationLevel: int8.from(2),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            currentLeaderEpoch: int32.from(4).default(-1),
            timestamp: bigint64,
            maxNumOffsets: int32.until(0).default(1),
          }),
        ),
      }),
    ),
    timeoutMs: int32.from(10),
  },
  response: {
    throttleTimeMs: int32.from(2),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            oldStyleOffsets: array(bigint64).until(0),
            timestamp: bigint64.from(1).default(-1n),
            offset: int64.from(1).default(-1),
            leaderEpoch: int32.from(4).default(-1),
          }),
        ),
      }),
    ),
  },
})
