/**
 * AlterReplicaLogDirs v0–2. Moves replicas between the log directories of one broker (KIP-113).
 *
 * v2 is flexible.
 */
import { api } from '../schema/api.ts'
import { array, int16, int32, string, struct } from '../schema/field.ts'

export const alterReplicaLogDirs = api({
  key: 34,
  name: 'AlterReplicaLogDirs',
  versions: [0, 2],
  flexible: 2,
  request: {
    dirs: array(
      struct({
        path: string,
        topics: array(struct({ name: string, partitions: array(int32) })),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.default(0),
    results: array(
      struct({
        topicName: string,
        partitions: array(struct({ partitionIndex: int32, errorCode: int16 })),
      }),
    ),
  },
})
