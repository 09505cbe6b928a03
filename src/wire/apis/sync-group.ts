/**
 * SyncGroup v0–5. The leader of a classic group hands in the assignment, everybody gets their part of it.
 *
 * v1 adds the throttle time, v3 static membership (KIP-345), v4 is flexible, v5 names protocol type and protocol on
 * both sides, to be compared (KIP-559).
 */
import { api } from '../schema/api.ts'
import { array, bytes, int16, int32, string, struct } from '../schema/field.ts'

export const syncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.nullable().from(3).default(null),
    protocolType: string.nullable().from(5).default(null),
    protocolName: string.nullable().from(5).default(null),
    assignments: array(struct({ memberId: string, assignment: bytes })),
  },
  response: {
    throttleTimeMs: int32.from(1),
    errorCode: int16,
    protocolType: string.nullable().from(5).default(null),
    protocolName: string.nullable().from(5).default(null),
    assignment: bytes,
  },
})
