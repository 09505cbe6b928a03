/**
 * DeleteGroups v0–3. Deletes empty groups with their offsets (KIP-229).
 *
 * v2 is flexible, v3 answers with a message for each group.
 */
import { api } from '../schema/api.ts'
import { array, int16, int32, string, struct } from '../schema/field.ts'

export const deleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 3],
  flexible: 2,
  request: { groupsNames: array(string) },
  response: {
    throttleTimeMs: int32.default(0),
    results: array(
      struct({
        groupId: string,
        errorCode: int16,
        errorMessage: string.nullable().from(3).default(null),
      }),
    ),
  },
})
