/**
 * CreateDelegationToken v0–3. Issues a token that stands for its owner (KIP-48).
 *
 * v2 is flexible, v3 issues tokens for somebody else, the requester being named beside the owner (KIP-373).
 */
import { api } from '../schema/api.ts'
import { array, bytes, int16, int32, int64, string, struct } from '../schema/field.ts'

export const createDelegationToken = api({
  key: 38,
  name: 'CreateDelegationToken',
  versions: [0, 3],
  flexible: 2,
  request: {
    ownerPrincipalType: string.nullable().from(3),
    ownerPrincipalName: string.nullable().from(3),
    renewers: array(struct({ principalType: string, principalName: string })),
    maxLifetimeMs: int64,
  },
  response: {
    errorCode: int16,
    principalType: string,
    principalName: string,
    tokenRequesterPrincipalType: string.from(3),
    tokenRequesterPrincipalName: string.from(3),
    issueTimestampMs: int64,
    expiryTimestampMs: int64,
    maxTimestampMs: int64,
    tokenId: string,
    hmac: bytes,
    throttleTimeMs: int32.default(0),
  },
})
