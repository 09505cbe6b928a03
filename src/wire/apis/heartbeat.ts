/**
 * Heartbeat v0–4. Keeps a member of a classic group alive and tells it about rebalances.
 *
 * v1 adds the throttle time, v3 static membership (KIP-345), v4 is flexible.
 */
import { api } from '../schema/api.ts'
import { int16, int32, string } from '../schema/field.ts'

export const heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexible: 4,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.nullable().from(3).default(null),
  },
  response: { throttleTimeMs: int32.from(1), errorCode: int16 },
})
