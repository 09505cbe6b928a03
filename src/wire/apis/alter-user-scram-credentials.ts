/**
 * AlterUserScramCredentials v0. Sets and removes users' SCRAM credentials (KIP-554).
 */
import { api } from '../schema/api.ts'
import { array, bytes, int8, int16, int32, string, struct } from '../schema/field.ts'

export const alterUserScramCredentials = api({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: [0, 0],
  flexible: 0,
  request: {
    deletions: array(struct({ name: string, mechanism: int8 })),
    upsertions: array(
      struct({
        name: string,
        mechanism: int8,
        iterations: int32,
        salt: bytes,
        saltedPassword: bytes,
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.default(0),
    results: array(struct({ user: string, errorCode: int16, errorMessage: string.nullable() })),
  },
})
