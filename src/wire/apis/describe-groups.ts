/**
 * DescribeGroups v0–6. Shows classic groups with their members.
 *
 * v1 adds the throttle time, v3 authorized operations (KIP-430), v4 group instance ids (KIP-345). v5 is flexible,
 * v6 answers GROUP_ID_NOT_FOUND, with a message, for a group that isn't there (KIP-1043).
 */
import { api } from '../schema/api.ts'
import { array, bool, bytes, int16, int32, string, struct } from '../schema/field.ts'

export const describeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexible: 5,
  request: { groups: array(string), includeAuthorizedOperations: bool.from(3) },
  response: {
    throttleTimeMs: int32.from(1),
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: string.nullable().from(6).default(null),
        groupId: string,
        groupState: string,
        protocolType: string,
        protocolData: string,
        members: array(
          struct({
            memberId: string,
            groupInstanceId: string.nullable().from(4).default(null),
            clientId: string,
            clientHost: string,
            memberMetadata: bytes,
            memberAssignment: bytes,
          }),
        ),
        authorizedOperations: int32.from(3).default(-2147483648),
      }),
    ),
  },
})
