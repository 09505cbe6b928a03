/**
 * OffsetCommit v0–10. Stores how far a group has read.
 *
 * v1 names the member and its generation, and for that version only a timestamp per partition; v2 puts a retention
 * time in its place, which v5 drops again (KIP-211). v3 adds the throttle time, v6 leader epochs (KIP-320), v7
 * static membership (KIP-345). v8 is flexible, v9 serves consumer groups too (KIP-848: the generation is the member
 * epoch), v10 names topics by id.
 */
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
