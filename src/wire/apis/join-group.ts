/**
 * JoinGroup v0–9. Enters a classic group and waits until its members are gathered.
 *
 * v1 parts the rebalance timeout from the session timeout, v2 adds the throttle time. From v4 on a newcomer is sent
 * away once with MEMBER_ID_REQUIRED and the id to come back with (KIP-394). v5 adds static membership (KIP-345), v6
 * is flexible, v7 answers with the protocol type (KIP-559), v8 takes a reason (KIP-800), v9 may tell a returning
 * leader to skip the assignment (KIP-814).
 */
import { api } from '../schema/api.ts'
import { array, bool, bytes, int16, int32, string, struct } from '../schema/field.ts'

export const joinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexible: 6,
  request: {
    groupId: string,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: int32.from(1).default(-1),
    memberId: string,
    groupInstanceId: string.nullable().from(5).default(null),
    protocolType: string,
    protocols: array(struct({ name: string, metadata: bytes })),
    reason: string.nullable().from(8).default(null),
  },
  response: {
    throttleTimeMs: int32.from(2),
    errorCode: int16,
    generationId: int32.default(-1),
    protocolType: string.nullable().from(7).default(null),
    protocolName: string.nullable(7),
    leader: string,
    skipAssignment: bool.from(9),
    memberId: string,
    members: array(
      struct({
        memberId: string,
        groupInstanceId: string.nullable().from(5).default(null),
        metadata: bytes,
      }),
    ),
  },
})
