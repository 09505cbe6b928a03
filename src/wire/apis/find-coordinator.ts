/**
 * FindCoordinator v0–6. Says which broker coordinates a group, a transactional id or a share partition.
 *
 * v1 adds the key's type (0 group, 1 transaction), throttle time and error message, v3 is flexible, v4 asks for
 * many keys at once (KIP-699), v5 knows TRANSACTION_ABORTABLE (KIP-890), v6 the type 2, share, whose keys are
 * `groupId:topicId:partition` (KIP-932).
 */
import { api } from '../schema/api.ts'
import { array, int8, int16, int32, string, struct } from '../schema/field.ts'

export const findCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexible: 3,
  request: { key: string.until(3), keyType: int8.from(1), coordinatorKeys: array(string).from(4) },
  response: {
    throttleTimeMs: int32.from(1),
    errorCode: int16.until(3),
    errorMessage: string.nullable().from(1).until(3),
    nodeId: int32.until(3),
    host: string.until(3),
    port: int32.until(3),
    coordinators: array(
      struct({
        key: string,
        nodeId: int32,
        host: string,
        port: int32,
        errorCode: int16,
        errorMessage: string.nullable(),
      }),
    ).from(4),
  },
})
