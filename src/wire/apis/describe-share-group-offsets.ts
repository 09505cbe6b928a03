/**
 * DescribeShareGroupOffsets v0–1. Shows where share groups start reading (KIP-932).
 *
 * v1 adds the lag (KIP-1226).
 */
import { api } from '../schema/api.ts'
import { array, bigint64, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'

export const describeShareGroupOffsets = api({
  key: 90,
  name: 'DescribeShareGroupOffsets',
  versions: [0, 1],
  flexible: 0,
  request: {
    groups: array(
      struct({
        groupId: string,
        topics: array(struct({ topicName: string, partitions: array(int32) })).nullable(),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.default(0),
    groups: array(
      struct({
        groupId: string,
        topics: array(
          struct({
            topicName: string,
            topicId: uuid,
            partitions: array(
              struct({
                partitionIndex: int32,
                startOffset: int64,
                leaderEpoch: int32,
                lag: bigint64.from(1).default(-1n),
                errorCode: int16,
                errorMessage: string.nullable().default(null),
              }),
            ),
          }),
        ),
        errorCode: int16,
        errorMessage: string.nullable().default(null),
      }),
    ),
  },
})
