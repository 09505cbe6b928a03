/**
 * AlterPartitionReassignments v0–1. Moves partitions to other brokers, or calls such a move off (KIP-455).
 *
 * v1 can forbid that the number of replicas changes (KIP-860).
 */
import { api } from '../schema/api.ts'
import { array, bool, int16, int32, string, struct } from '../schema/field.ts'

export const alterPartitionReassignments = api({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: [0, 1],
  flexible: 0,
  request: {
    timeoutMs: int32.default(60000),
    allowReplicationFactorChange: bool.from(1).default(true),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            replicas: array(int32).nullable().default(null),
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.default(0),
    allowReplicationFactorChange: bool.from(1).default(true),
    errorCode: int16,
    errorMessage: string.nullable(),
    responses: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: string.nullable(),
          }),
        ),
      }),
    ),
  },
})
