/**
 * LeaveGroup v0–5. Takes members out of a classic group.
 *
 * v1 adds the throttle time. v3 takes several members at once, by member id or by group instance id (KIP-345), v4
 * is flexible, v5 takes a reason (KIP-800).
 */
import { api } from '../schema/api.ts'
import { array, int16, int32, string, struct } from '../schema/field.ts'

export const leaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: string,
    memberId: string.until(2),
    members: array(
      struct({
        memberId: string,
        groupInstanceId: string.nullable().default(null),
        reason: string.nullable().from(5).default(null),
      }),
    ).from(3),
  },
  response: {
    throttleTimeMs: int32.from(1),
    errorCode: int16,
    members: array(
      struct({
        memberId: string,
        groupInstanceId: string.nullable(),
        errorCode: int16,
      }),
    ).from(3),
  },
})
