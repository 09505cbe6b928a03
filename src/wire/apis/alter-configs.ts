/**
 * AlterConfigs v0–2. Sets the configs of resources: what isn't named goes back to its default.
 *
 * v2 is flexible. IncrementalAlterConfigs replaces it.
 */
import { api } from '../schema/api.ts'
import { array, bool, int8, int16, int32, string, struct } from '../schema/field.ts'

export const alterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexible: 2,
  request: {
    resources: array(
      struct({
        resourceType: int8,
        resourceName: string,
        configs: array(struct({ name: string, value: string.nullable() })),
      }),
    ),
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32.default(0),
    responses: array(
      struct({
        errorCode: int16,
        errorMessage: string.nullable(),
        resourceType: int8,
        resourceName: string,
      }),
    ),
  },
})
