/**
 * DescribeUserScramCredentials v0. Lists users with their SCRAM mechanisms and iterations (KIP-554).
 */
import { api } from '../schema/api.ts'
import { array, int8, int16, int32, string, struct } from '../schema/field.ts'

export const describeUserScramCredentials = api({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: [0, 0],
  flexible: 0,
  request: { users: array(struct({ name: string })).nullable() },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable(),
    results: array(
      struct({
        user: string,
        errorCode: int16,
        errorMessage: string.nullable(),
        credentialInfos: array(struct({ mechanism: int8, iterations: int32 })),
      }),
    ),
  },
})
