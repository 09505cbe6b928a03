/**
 * AlterClientQuotas v0–1. Sets and removes client quotas (KIP-546).
 *
 * v1 is flexible.
 */
import { api } from '../schema/api.ts'
import { array, bool, float64, int16, int32, string, struct } from '../schema/field.ts'

export const alterClientQuotas = api({
  key: 49,
  name: 'AlterClientQuotas',
  versions: [0, 1],
  flexible: 1,
  request: {
    entries: array(
      struct({
        entity: array(struct({ entityType: string, entityName: string.nullable() })),
        ops: array(struct({ key: string, value: float64, remove: bool })),
      }),
    ),
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32.default(0),
    entries: array(
      struct({
        errorCode: int16,
        errorMessage: string.nullable(),
        entity: array(struct({ entityType: string, entityName: string.nullable() })),
      }),
    ),
  },
})
