/**
 * Metadata v0–13. Says which brokers there are, which topics, and who leads their partitions.
 *
 * In v0 an empty list of topics asks for all of them; from v1 on null does and an empty list asks for none. v1 adds
 * racks, the controller and whether a topic is internal, v2 the cluster id, v3 the throttle time. v4 lets the
 * client forbid automatic creation (KIP-204), v5 adds offline replicas (KIP-112), v7 leader epochs (KIP-320), v8
 * authorized operations (KIP-430). v9 is flexible. v10 gives topic ids, v11 leaves the cluster's operations to
 * DescribeCluster (KIP-700), v12 asks for topics by id (KIP-516), v13 has an error for the whole answer (KIP-1102).
 */
import { api } from '../schema/api.ts'
import { array, bool, int16, int32, string, struct, uuid } from '../schema/field.ts'

export const metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexible: 9,
  request: {
    topics: array(struct({ topicId: uuid.from(10), name: string.nullable(10) })).nullable(1),
    allowAutoTopicCreation: bool.from(4).default(true),
    includeClusterAuthorizedOperations: bool.from(8).until(10),
    includeTopicAuthorizedOperations: bool.from(8),
  },
  response: {
    throttleTimeMs: int32.from(3),
    brokers: array(
      struct({
        nodeId: int32,
        host: string,
        port: int32,
        rack: string.nullable().from(1).default(null),
      }),
    ),
    clusterId: string.nullable().from(2).default(null),
    controllerId: int32.from(1).default(-1),
    topics: array(
      struct({
        errorCode: int16,
        name: string.nullable(12),
        topicId: uuid.from(10),
        isInternal: bool.from(1),
        partitions: array(
          struct({
            errorCode: int16,
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: int32.from(7).default(-1),
            replicaNodes: array(int32),
            isrNodes: array(int32),
            offlineReplicas: array(int32).from(5),
          }),
        ),
        topicAuthorizedOperations: int32.from(8).default(-2147483648),
      }),
    ),
    clusterAuthorizedOperations: int32.from(8).until(10).default(-2147483648),
    errorCode: int16.from(13),
  },
})
