/**
 * ListGroups v0–5. Lists the groups that this broker coordinates.
 *
 * v1 adds the throttle time, v3 is flexible, v4 shows states and selects by them (KIP-518), v5 does the same with
 * types (KIP-848).
 */
import { api } from '../schema/api.ts'
import { array, int16, int32, string, struct } from '../schema/field.ts'

export const listGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexible: 3,
  request: { statesFilter: array(string).from(4), typesFilter: array(string).from(5) },
  response: {
    throttleTimeMs: int32.from(1),
    errorCode: int16,
    groups: array(
      struct({
        groupId: string,
        protocolType: string,
        groupState: string.from(4),
        groupType: string.from(5),
      }),
    ),
  },
})
