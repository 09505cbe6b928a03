/**
 * CreateAcls v0–3. Adds ACL rules.
 *
 * v1 adds pattern types, literal and prefixed (KIP-290), v2 is flexible, v3 knows the resource type "user"
 * (KIP-373).
 */
import { api } from '../schema/api.ts'
import { array, int8, int16, int32, string, struct } from '../schema/field.ts'

export const createAcls = api({
  key: 30,
  name: 'CreateAcls',
  versions: [0, 3],
  flexible: 2,
  request: {
    creations: array(
      struct({
        resourceType: int8,
        resourceName: string,
        resourcePatternType: int8.from(1).default(3),
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.default(0),
    results: array(struct({ errorCode: int16, errorMessage: string.nullable() })),
  },
})
