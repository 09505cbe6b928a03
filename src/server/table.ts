import type { GroupCoordinator } from '../coordinator/group-coordinator.ts'
import type { TransactionCoordinator } from '../coordinator/transactions/transaction-coordinator.ts'
import type { ClusterMetadata } from '../replication/cluster-metadata.ts'
import type { Controller } from '../replication/controller.ts'
import { Elections } from '../replication/elections.ts'
import type { Partitions } from '../replication/partitions.ts'
import type { ProducerIds } from '../replication/producer-ids.ts'
import { brokerIds } from '../replication/topic-plan.ts'
import type { Clock } from '../runtime/clock.ts'
import { KafkaError } from '../wire/errors.ts'
import type { Api } from '../wire/schema/api.ts'
import { actingAs, type Release, supportedFeatures } from './act-as/release.ts'
import type { BrokerConfigs } from './configs/broker-configs.ts'
import type { BrokerLoggers } from './configs/broker-loggers.ts'
import { servesStreamsGroups } from './configs/streams-group-config.ts'
import type { HandlerTable } from './dispatch.ts'
import type { Endpoints } from './endpoints.ts'
import type { FetchSessions } from './fetch/fetch-sessions.ts'
import type { Handler } from './handler.ts'
import { createAclsHandler, deleteAclsHandler, describeAclsHandler } from './handlers/acls.ts'
import { addOffsetsToTxnHandler } from './handlers/add-offsets-to-txn.ts'
import { addPartitionsToTxnHandler } from './handlers/add-partitions-to-txn.ts'
import { alterClientQuotasHandler } from './handlers/alter-client-quotas.ts'
import { alterConfigsHandler } from './handlers/alter-configs.ts'
import { alterPartitionReassignmentsHandler } from './handlers/alter-partition-reassignments.ts'
import { alterReplicaLogDirsHandler } from './handlers/alter-replica-log-dirs.ts'
import { alterShareGroupOffsetsHandler } from './handlers/alter-share-group-offsets.ts'
import { alterUserScramCredentialsHandler } from './handlers/alter-user-scram-credentials.ts'
import { apiVersionsHandler } from './handlers/api-versions.ts'
import { consumerGroupDescribeHandler } from './handlers/consumer-group-describe.ts'
import { consumerGroupHeartbeatHandler } from './handlers/consumer-group-heartbeat.ts'
import { createPartitionsHandler } from './handlers/create-partitions.ts'
import { createTopicsHandler } from './handlers/create-topics.ts'
import {
  createDelegationTokenHandler,
  describeDelegationTokenHandler,
  expireDelegationTokenHandler,
  renewDelegationTokenHandler,
} from './handlers/delegation-tokens.ts'
import { deleteGroupsHandler } from './handlers/delete-groups.ts'
import { deleteRecordsHandler } from './handlers/delete-records.ts'
import { deleteShareGroupOffsetsHandler } from './handlers/delete-share-group-offsets.ts'
import { deleteTopicsHandler } from './handlers/delete-topics.ts'
import { describeClientQuotasHandler } from './handlers/describe-client-quotas.ts'
import { describeClusterHandler } from './handlers/describe-cluster.ts'
import { describeConfigsHandler } from './handlers/describe-configs.ts'
import { describeGroupsHandler } from './handlers/describe-groups.ts'
import { type DescribedDirectory, describeLogDirsHandler } from './handlers/describe-log-dirs.ts'
import { describeProducersHandler } from './handlers/describe-producers.ts'
import { describeQuorumHandler } from './handlers/describe-quorum.ts'
import { describeShareGroupOffsetsHandler } from './handlers/describe-share-group-offsets.ts'
import { describeTopicPartitionsHandler } from './handlers/describe-topic-partitions.ts'
import { describeTransactionsHandler } from './handlers/describe-transactions.ts'
import { describeUserScramCredentialsHandler } from './handlers/describe-user-scram-credentials.ts'
import { electLeadersHandler } from './handlers/elect-leaders.ts'
import { endTxnHandler } from './handlers/end-txn.ts'
import { fetchHandler } from './handlers/fetch.ts'
import { type CoordinatorLocator, findCoordinatorHandler } from './handlers/find-coordinator.ts'
import { getTelemetrySubscriptionsHandler } from './handlers/get-telemetry-subscriptions.ts'
import { heartbeatHandler } from './handlers/heartbeat.ts'
import { incrementalAlterConfigsHandler } from './handlers/incremental-alter-configs.ts'
import { initProducerIdHandler } from './handlers/init-producer-id.ts'
import { joinGroupHandler } from './handlers/join-group.ts'
import { leaveGroupHandler } from './handlers/leave-group.ts'
import { listConfigResourcesHandler } from './handlers/list-config-resources.ts'
import { listGroupsHandler } from './handlers/list-groups.ts'
import { listOffsetsHandler } from './handlers/list-offsets.ts'
import { listPartitionReassignmentsHandler } from './handlers/list-partition-reassignments.ts'
import { listTransactionsHandler } from './handlers/list-transactions.ts'
import { metadataHandler } from './handlers/metadata.ts'
import { offsetCommitHandler } from './handlers/offset-commit.ts'
import { offsetDeleteHandler } from './handlers/offset-delete.ts'
import { offsetFetchHandler } from './handlers/offset-fetch.ts'
import { offsetForLeaderEpochHandler } from './handlers/offset-for-leader-epoch.ts'
import { produceHandler } from './handlers/produce.ts'
import { pushTelemetryHandler } from './handlers/push-telemetry.ts'
import { addRaftVoterHandler, removeRaftVoterHandler } from './handlers/raft-voters.ts'
import { saslAuthenticateHandler, saslHandshakeHandler } from './handlers/sasl.ts'
import { shareAcknowledgeHandler } from './handlers/share-acknowledge.ts'
import { shareFetchHandler } from './handlers/share-fetch.ts'
import { shareGroupDescribeHandler } from './handlers/share-group-describe.ts'
import { shareGroupHeartbeatHandler } from './handlers/share-group-heartbeat.ts'
import {
  deleteShareGroupStateHandler,
  initializeShareGroupStateHandler,
  readShareGroupStateHandler,
  readShareGroupStateSummaryHandler,
  writeShareGroupStateHandler,
} from './handlers/share-group-states.ts'
import { streamsGroupDescribeHandler } from './handlers/streams-group-describe.ts'
import { streamsGroupHeartbeatHandler } from './handlers/streams-group-heartbeat.ts'
import { streamsGroupTopologyDescriptionUpdateHandler } from './handlers/streams-group-topology-description-update.ts'
import { syncGroupHandler } from './handlers/sync-group.ts'
import { txnOffsetCommitHandler } from './handlers/txn-offset-commit.ts'
import { unregisterBrokerHandler } from './handlers/unregister-broker.ts'
import { unregisterControllerHandler } from './handlers/unregister-controller.ts'
import { updateFeaturesHandler } from './handlers/update-features.ts'
import { writeTxnMarkersHandler } from './handlers/write-txn-markers.ts'
import { autoCreatedTopic } from './internal-topics.ts'
import type { PendingProduces } from './produce/pending-produces.ts'
import type { ClientQuotas } from './quotas/client-quotas.ts'
import type { ShareService } from './share/share-service.ts'
import type { ClientTelemetry } from './telemetry/client-telemetry.ts'
import type { TopicLookup } from './topic-lookup.ts'
import type { LocalMarkers } from './transactions/local-markers.ts'

/** What the handlers work with. */
export interface BrokerParts {
  readonly clock: Clock
  readonly configs: BrokerConfigs
  readonly loggers: BrokerLoggers
  readonly controller: Controller
  readonly directory: DescribedDirectory
  readonly endpoints: Endpoints
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly markers: LocalMarkers
  readonly coordinators: CoordinatorLocator
  readonly metadata: ClusterMetadata
  readonly partitions: Partitions
  readonly pendingProduces: PendingProduces
  readonly producerIds: ProducerIds
  readonly quotas: ClientQuotas
  /** The release of Kafka that the broker acts as; undefined for its own newest self. */
  readonly release: Release | undefined
  readonly sessions: FetchSessions
  readonly telemetry: ClientTelemetry
  readonly share: ShareService
  readonly topics: TopicLookup
}

/**
 * Everything that is served. Dispatch, ApiVersions and the protocol table of the documentation come from this list; an
 * API that isn't here isn't advertised.
 */
export function handlerTable(parts: BrokerParts): HandlerTable {
  const { configs, controller, groups, loggers, metadata, partitions, topics } = parts
  const current = () => configs.current()
  const all: readonly Handler<Api>[] = [
    produceHandler({
      ...parts,
      pending: parts.pendingProduces,
      verifyPartitions: () => current().transactions.verifyPartitions,
    }),
    fetchHandler({ ...parts, maxBytes: () => current().network.fetchMaxBytes }),
    listOffsetsHandler(partitions),
    metadataHandler({
      ...parts,
      autoCreateTopics: () => current().topics.autoCreateTopicsEnable,
      topicToCreate: (name) => autoCreatedTopic(name, current(), brokerIds(metadata.image).length),
    }),
    offsetCommitHandler(groups, topics),
    offsetFetchHandler(groups, topics),
    findCoordinatorHandler(parts.coordinators),
    joinGroupHandler(groups),
    heartbeatHandler(groups),
    leaveGroupHandler(groups),
    syncGroupHandler(groups),
    describeGroupsHandler(groups),
    listGroupsHandler(groups),
    consumerGroupHeartbeatHandler(groups, () => current().consumerGroups.assignors),
    consumerGroupDescribeHandler(groups),
    apiVersionsHandler(
      () => served.map(({ api }) => api),
      () => ({ clusterId: metadata.image.clusterId, nodeId: parts.endpoints.nodeId }),
      () => metadata.image,
      parts.release,
    ),
    createTopicsHandler(controller, configs, parts.quotas),
    deleteTopicsHandler(metadata, controller, () => current().topics.deleteTopicEnable, parts.quotas),
    deleteRecordsHandler(partitions),
    offsetForLeaderEpochHandler(partitions),
    describeConfigsHandler(configs, loggers, parts.release),
    alterConfigsHandler(configs, loggers),
    describeLogDirsHandler(partitions, parts.directory),
    createPartitionsHandler(metadata, controller, parts.quotas),
    deleteGroupsHandler(groups),
    incrementalAlterConfigsHandler(configs, loggers),
    offsetDeleteHandler(groups, topics),
    describeClusterHandler(metadata, parts.endpoints),
    describeProducersHandler(partitions),
    describeTopicPartitionsHandler(metadata, () => current().topics.maxRequestPartitionSizeLimit),
    ...transactionHandlers(parts),
    ...clusterHandlers(parts),
    ...clientHandlers(parts),
    ...shareHandlers(parts),
    ...streamsHandlers(parts),
    ...securityHandlers(),
  ]
  const served = parts.release === undefined ? all : actingAs(parts.release, all)
  return new Map(served.map((handler) => [handler.api.key, handler]))
}

/** Transactions: their steps, and what is told of them. */
function transactionHandlers(parts: BrokerParts): readonly Handler<Api>[] {
  const { clock, configs, groups, markers, metadata, transactions } = parts
  const config = () => configs.current().transactions
  return [
    initProducerIdHandler(parts.producerIds, transactions, config),
    addPartitionsToTxnHandler(transactions, (topic, partition) => metadata.image.partition(topic, partition)),
    addOffsetsToTxnHandler(transactions, groups),
    endTxnHandler(transactions),
    writeTxnMarkersHandler(markers),
    txnOffsetCommitHandler({ ...parts, verifyPartitions: () => config().verifyPartitions }),
    describeTransactionsHandler(transactions),
    listTransactionsHandler(transactions, clock),
  ]
}

/** How the cluster is made up, and who may change that. */
function clusterHandlers(parts: BrokerParts): readonly Handler<Api>[] {
  const { clock, controller, directory, endpoints, metadata, partitions } = parts
  const { nodeId } = endpoints
  const image = () => metadata.image
  return [
    alterReplicaLogDirsHandler(partitions, directory),
    electLeadersHandler(new Elections(metadata)),
    alterPartitionReassignmentsHandler(image),
    listPartitionReassignmentsHandler,
    describeQuorumHandler(metadata, endpoints, clock),
    updateFeaturesHandler(image, controller, nodeId, supportedFeatures(parts.release)),
    unregisterBrokerHandler(image),
    listConfigResourcesHandler(image),
    addRaftVoterHandler(image, nodeId),
    removeRaftVoterHandler(image),
    unregisterControllerHandler(nodeId),
  ]
}

/** What the cluster knows of its clients, and allows them. */
function clientHandlers({ configs, metadata, telemetry }: BrokerParts): readonly Handler<Api>[] {
  const image = () => metadata.image
  const { inTurn } = configs
  return [
    describeClientQuotasHandler(image),
    alterClientQuotasHandler(metadata, inTurn),
    describeUserScramCredentialsHandler(image),
    alterUserScramCredentialsHandler(metadata, inTurn),
    getTelemetrySubscriptionsHandler(telemetry),
    pushTelemetryHandler(telemetry),
  ]
}

/** Share groups (KIP-932). */
function shareHandlers(parts: BrokerParts): readonly Handler<Api>[] {
  const { configs, groups, metadata, share, topics } = parts
  const dependencies = {
    ...parts,
    requireShareGroups: () => {
      if (metadata.image.featureLevel('share.version') < 1) throw new KafkaError('UNSUPPORTED_VERSION')
    },
  }
  return [
    shareFetchHandler({ ...dependencies, maxBytes: () => configs.current().network.fetchMaxBytes }),
    shareAcknowledgeHandler(dependencies),
    shareGroupHeartbeatHandler(groups, dependencies.requireShareGroups),
    shareGroupDescribeHandler(groups, topics, dependencies.requireShareGroups),
    describeShareGroupOffsetsHandler(dependencies),
    alterShareGroupOffsetsHandler(dependencies),
    deleteShareGroupOffsetsHandler(dependencies),
    initializeShareGroupStateHandler(share.states),
    readShareGroupStateHandler(share.states),
    writeShareGroupStateHandler(share.states),
    deleteShareGroupStateHandler(share.states),
    readShareGroupStateSummaryHandler(share.states),
  ]
}

/** Streams groups (KIP-1071). */
function streamsHandlers({ configs, groups, metadata }: BrokerParts): readonly Handler<Api>[] {
  const requireStreamsGroups = () => {
    if (!servesStreamsGroups(configs.current(), metadata.image)) throw new KafkaError('UNSUPPORTED_VERSION')
  }
  return [
    streamsGroupHeartbeatHandler(groups, requireStreamsGroups),
    streamsGroupDescribeHandler(groups, requireStreamsGroups),
    streamsGroupTopologyDescriptionUpdateHandler(requireStreamsGroups),
  ]
}

/** Logins, ACLs and tokens, none of which there are. */
function securityHandlers(): readonly Handler<Api>[] {
  return [
    saslHandshakeHandler,
    saslAuthenticateHandler,
    describeAclsHandler,
    createAclsHandler,
    deleteAclsHandler,
    createDelegationTokenHandler,
    renewDelegationTokenHandler,
    expireDelegationTokenHandler,
    describeDelegationTokenHandler,
  ]
}
