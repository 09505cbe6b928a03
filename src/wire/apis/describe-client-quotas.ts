/**
 * DescribeClientQuotas v0–1. Lists client quotas that match a filter (KIP-546).
 *
 * v1 is flexible.
 */
import { api } from '../schema/api.ts'
import { array, bool, float64, int8, int16, int32, string, struct } from '../schema/field.ts'

export const describeClientQuotas = api({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: [0, 1],
  flexible: 1,
  request: {
    components: array(struct({ entityType: string, matchType: int8, match: string.nullable() })),
    strict: bool,
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable(),
    entries: array(
      struct({
        entity: array(struct({ entityType: string, entityName: string.nullable() })),
        values: array(struct({ key: string, value: float64 })),
      }),
    ).nullable(),
  },
})
