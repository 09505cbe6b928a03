/**
 * ExpireDelegationToken v0–2. Makes a delegation token end sooner, or at once (KIP-48).
 *
 * v2 is flexible.
 */
import { api } from '../schema/api.ts'
import { bytes, int16, int32, int64 } from '../schema/field.ts'

export const expireDelegationToken = api({
  key: 40,
  name: 'ExpireDelegationToken',
  versions: [0, 2],
  flexible: 2,
  request: { hmac: bytes, expiryTimePeriodMs: int64 },
  response: { errorCode: int16, expiryTimestampMs: int64, throttleTimeMs: int32.default(0) },
})
