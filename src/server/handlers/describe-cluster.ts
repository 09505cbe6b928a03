import type { ClusterMetadata } from '../../replication/cluster-metadata.ts'
import { describeCluster } from '../../wire/apis/describe-cluster.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import { allClusterOperations, NOT_ASKED } from '../authorized-operations.ts'
import type { Endpoints } from '../endpoints.ts'
import type { Handler } from '../handler.ts'

/** `endpointType`: brokers, or the controllers of a KRaft quorum, which are asked on their own listeners (KIP-919). */
const BROKERS = 1
const CONTROLLERS = 2

export function describeClusterHandler(
  metadata: ClusterMetadata,
  endpoints: Endpoints,
): Handler<typeof describeCluster> {
  return {
    api: describeCluster,
    handle({ includeClusterAuthorizedOperations, endpointType }, { connection }) {
      if (endpointType === CONTROLLERS)
        throw new KafkaError('MISMATCHED_ENDPOINT_TYPE', 'The request was sent to an endpoint of type BROKER')
      if (endpointType !== BROKERS)
        throw new KafkaError('UNSUPPORTED_ENDPOINT_TYPE', `Unknown endpoint type ${endpointType}`)
      const { clusterId, brokers } = metadata.image
      return {
        errorCode: NONE,
        endpointType,
        clusterId: clusterId ?? '',
        controllerId: endpoints.nodeId,
        brokers: [...brokers.values()].map((broker) => ({
          brokerId: broker.id,
          ...endpoints.of(broker, connection),
          rack: broker.rack,
        })),
        clusterAuthorizedOperations: includeClusterAuthorizedOperations ? allClusterOperations : NOT_ASKED,
      }
    },
    refuse: ({ endpointType }, error) => ({
      errorCode: error.code,
      errorMessage: error.message,
      endpointType,
      clusterId: '',
      brokers: [],
    }),
  }
}
