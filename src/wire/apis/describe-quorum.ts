/**
 * DescribeQuorum v0–2. Shows the replicas of the metadata log and how far each of them is (KIP-642).
 *
 * v1 adds when each replica last fetched and last was caught up (KIP-836), v2 directory ids, nodes and messages
 * (KIP-853).
 */
import { api } from '../schema/api.ts'
import { array, int16, int32, int64, string, struct, uint16, uuid } from '../schema/field.ts'

const replicaState = struct({
  replicaId: int32,
  replicaDirectoryId: uuid.from(2),
  logEndOffset: int64,
  lastFetchTimestamp: int64.from(1).default(-1),
  lastCaughtUpTimestamp: int64.from(1).default(-1),
})

export const describeQuorum = api({
  key: 55,
  name: 'DescribeQuorum',
  versions: [0, 2],
  flexible: 0,
  request: {
    topics: array(
      struct({
        topicName: string,
        partitions: array(struct({ partitionIndex: int32 })),
      }),
    ),
  },
  response: {
    errorCode: int16,
    errorMessage: string.nullable().from(2),
    topics: array(
      struct({
        topicName: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: string.nullable().from(2),
            leaderId: int32,
            leaderEpoch: int32,
            highWatermark: int64,
            currentVoters: array(replicaState),
            observers: array(replicaState),
          }),
        ),
      }),
    ),
    nodes: array(
      struct({
        nodeId: int32,
        listeners: array(struct({ name: string, host: string, port: uint16 })),
      }),
    ).from(2),
  },
})
