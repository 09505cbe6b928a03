/**
 * ReadShareGroupStateSummary v0–1. Reads how far share partitions are, without the details (KIP-932).
 *
 * v1 counts the deliveries that are complete (KIP-1226).
 */
import { api } from '../schema/api.ts'
import { array, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'

export const readShareGroupStateSummary = api({
  key: 87,
  name: 'ReadShareGroupStateSummary',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupId: string,
    topics: array(
      struct({
        topicId: uuid,
        partitions: array(struct({ partition: int32, leaderEpoch: int32 })),
      }),
    ),
  },
  response: {
    results: array(
      struct({
        topicId: uuid,
        partitions: array(
          struct({
            partition: int32,
            errorCode: int16,
            errorMessage: string.nullable().default(null),
            stateEpoch: int32,
            leaderEpoch: int32,
            startOffset: int64,
            deliveryCompleteCount: int32.from(1).default(-1),
          }),
        ),
      }),
    ),
  },
})
