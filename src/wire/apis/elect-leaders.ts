/**
 * ElectLeaders v0–2. Has leaders elected for partitions.
 *
 * v0 knows only the preferred replica (KIP-183); v1 adds unclean elections and an error for the whole answer
 * (KIP-460), v2 is flexible.
 */
import { api } from '../schema/api.ts'
import { array, int8, int16, int32, string, struct } from '../schema/field.ts'

export const electLeaders = api({
  key: 43,
  name: 'ElectLeaders',
  versions: [0, 2],
  flexible: 2,
  request: {
    electionType: int8.from(1),
    topicPartitions: array(struct({ topic: string, partitions: array(int32) })).nullable(),
    timeoutMs: int32.default(60000),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16.from(1),
    replicaElectionResults: array(
      struct({
        topic: string,
        partitionResult: array(
          struct({ partitionId: int32, errorCode: int16, errorMessage: string.nullable() }),
        ),
      }),
    ),
  },
})
