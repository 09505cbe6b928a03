/**
 * DescribeCluster v0–2. Shows the cluster id, the controller and the brokers (KIP-700).
 *
 * v1 asks for either brokers or controllers (KIP-919), v2 includes fenced brokers if asked to (KIP-1073).
 */
import { api } from '../schema/api.ts'
import { array, bool, int8, int16, int32, string, struct } from '../schema/field.ts'

export const describeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexible: 0,
  request: {
    includeClusterAuthorizedOperations: bool,
    endpointType: int8.from(1).default(1),
    includeFencedBrokers: bool.from(2),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    endpointType: int8.from(1).default(1),
    clusterId: string,
    controllerId: int32.default(-1),
    brokers: array(
      struct({
        brokerId: int32,
        host: string,
        port: int32,
        rack: string.nullable().default(null),
        isFenced: bool.from(2),
      }),
    ),
    clusterAuthorizedOperations: int32.default(-2147483648),
  },
})
