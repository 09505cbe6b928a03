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
