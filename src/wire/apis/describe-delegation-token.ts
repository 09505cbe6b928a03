/**
 * DescribeDelegationToken v0–3. Lists delegation tokens by owner (KIP-48).
 *
 * v2 is flexible, v3 names the requester beside the owner (KIP-373).
 */
import { api } from '../schema/api.ts'
import { array, bytes, int16, int32, int64, string, struct } from '../schema/field.ts'

export const describeDelegationToken = api({
  key: 41,
  name: 'DescribeDelegationToken',
  versions: [0, 3],
  flexible: 2,
  request: { owners: array(struct({ principalType: string, principalName: string })).nullable() },
  response: {
    errorCode: int16,
    tokens: array(
      struct({
        principalType: string,
        principalName: string,
        tokenRequesterPrincipalType: string.from(3),
        tokenRequesterPrincipalName: string.from(3),
        issueTimestamp: int64,
        expiryTimestamp: int64,
        maxTimestamp: int64,
        tokenId: string,
        hmac: bytes,
        renewers: array(struct({ principalType: string, principalName: string })),
      }),
    ),
    throttleTimeMs: int32.default(0),
  },
})
