/**
 * ListConfigResources v0–1. Lists resources that have configs of their own.
 *
 * v0 lists client metrics subscriptions only (KIP-714, where it had that name); v1 any type of resource (KIP-1142).
 */
import { api } from '../schema/api.ts'
import { array, int8, int16, int32, string, struct } from '../schema/field.ts'

export const listConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexible: 0,
  request: { resourceTypes: array(int8).from(1) },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    configResources: array(struct({ resourceName: string, resourceType: int8.from(1).default(16) })),
  },
})
