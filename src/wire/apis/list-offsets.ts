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
