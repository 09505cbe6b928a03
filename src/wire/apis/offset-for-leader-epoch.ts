/**
 * OffsetForLeaderEpoch v0–4. Says where a leader epoch ended, so that followers and consumers find where logs part.
 *
 * v1 answers with the epoch that was found (KIP-279), v2 is fenced by the current leader epoch (KIP-320) and adds
 * the throttle time, v3 says which replica asks, v4 is flexible.
 */
import { api } from '../schema/api.ts'
import { array, int16, int32, int64, string, struct } from '../schema/field.ts'

export const offsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [0, 4],
  flexible: 4,
  request: {
    replicaId: int32.from(3).default(-2),
    topics: array(
      struct({
        topic: string,
        partitions: array(
          struct({
            partition: int32,
            currentLeaderEpoch: int32.from(2).default(-1),
            leaderEpoch: int32,
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.from(2),
    topics: array(
      struct({
        topic: string,
        partitions: array(
          struct({
            errorCode: int16,
            partition: int32,
            leaderEpoch: int32.from(1).default(-1),
            endOffset: int64.default(-1),
          }),
        ),
      }),
    ),
  },
})
