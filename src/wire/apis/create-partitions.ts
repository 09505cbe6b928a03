/**
 * CreatePartitions v0–3. Gives topics more partitions (KIP-195).
 *
 * v2 is flexible, v3 knows THROTTLING_QUOTA_EXCEEDED (KIP-599).
 */
import { api } from '../schema/api.ts'
import { array, bool, int16, int32, string, struct } from '../schema/field.ts'

export const createPartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexible: 2,
  request: {
    topics: array(
      struct({
        name: string,
        count: int32,
        assignments: array(struct({ brokerIds: array(int32) })).nullable(),
      }),
    ),
    timeoutMs: int32,
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32.default(0),
    results: array(
      struct({
        name: string,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
      }),
    ),
  },
})
