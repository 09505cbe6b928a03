/**
 * DescribeAcls v0–3. Lists the ACL rules that match a filter.
 *
 * v1 adds pattern types, literal and prefixed (KIP-290), v2 is flexible, v3 knows the resource type "user"
 * (KIP-373).
 */
import { api } from '../schema/api.ts'
import { array, int8, int16, int32, string, struct } from '../schema/field.ts'

export const describeAcls = api({
  key: 29,
  name: 'DescribeAcls',
  versions: [0, 3],
  flexible: 2,
  request: {
    resourceTypeFilter: int8,
    resourceNameFilter: string.nullable(),
    patternTypeFilter: int8.from(1).default(3),
    principalFilter: string.nullable(),
    hostFilter: string.nullable(),
    operation: int8,
    permissionType: int8,
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable(),
    resources: array(
      struct({
        resourceType: int8,
        resourceName: string,
        patternType: int8.from(1).default(3),
        acls: array(
          struct({
            principal: string,
            host: string,
            operation: int8,
            permissionType: int8,
          }),
        ),
      }),
    ),
  },
})
