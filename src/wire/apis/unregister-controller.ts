/**
 * UnregisterController v0. Makes the cluster forget a controller that is gone for good.
 */
import { api } from '../schema/api.ts'
import { int16, int32, string } from '../schema/field.ts'

export const unregisterController = api({
  key: 94,
  name: 'UnregisterController',
  versions: [0, 0],
  flexible: 0,
  request: { controllerId: int32 },
  response: { throttleTimeMs: int32.default(0), errorCode: int16, errorMessage: string.nullable() },
})
