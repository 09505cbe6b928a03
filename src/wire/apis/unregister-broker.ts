/**
 * UnregisterBroker v0. Makes the cluster forget a broker that is gone for good (KIP-631).
 */
import { api } from '../schema/api.ts'
import { int16, int32, string } from '../schema/field.ts'

export const unregisterBroker = api({
  key: 64,
  name: 'UnregisterBroker',
  versions: [0, 0],
  flexible: 0,
  request: { brokerId: int32 },
  response: { throttleTimeMs: int32.default(0), errorCode: int16, errorMessage: string.nullable() },
})
