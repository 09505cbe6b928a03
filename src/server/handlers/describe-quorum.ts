/**
 * DescribeQuorum v0–2: who keeps the cluster's metadata, and how far each of them is. Here this broker keeps it alone: it
 * leads, and the store's revision is how far it is. v1 adds times (KIP-836), v2 directory ids, nodes and messages (KIP-853).
 */
import type { ClusterMetadata } from '../../replication/cluster-metadata.ts'
import type { Clock } from '../../runtime/clock.ts'
import { describeQuorum } from '../../wire/apis/describe-quorum.ts'
import { errorCodes, NONE } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import type { Endpoints } from '../endpoints.ts'
import type { Handler } from '../handler.ts'

type Request = RequestOf<typeof describeQuorum>

/** The name that Kafka's metadata log has. */
const METADATA_LOG = '__cluster_metadata'
const LEADER_EPOCH = 1

export function describeQuorumHandler(
  metadata: ClusterMetadata,
  endpoints: Endpoints,
  clock: Clock,
): Handler<typeof describeQuorum> {
  return {
    api: describeQuorum,
    handle(request, { connection }) {
      if (!isAboutMetadata(request)) return { errorCode: NONE, errorMessage: '', topics: strangers(request) }
      const nodeId = endpoints.nodeId
      const own = metadata.image.brokers.get(nodeId)
      const nowMs = clock.nowMs()
      const { revision } = metadata.image
      const voter = {
        replicaId: nodeId,
        replicaDirectoryId: ZERO_UUID,
        logEndOffset: revision,
        lastFetchTimestamp: nowMs,
        lastCaughtUpTimestamp: nowMs,
      }
      const partition = {
        partitionIndex: 0,
        errorCode: NONE,
        errorMessage: '',
        leaderId: nodeId,
        leaderEpoch: LEADER_EPOCH,
        highWatermark: revision,
        currentVoters: [voter],
        observers: [],
      }
      const listeners =
        own === undefined ? [] : [{ name: connection.listener, ...endpoints.of(own, connection) }]
      return {
        errorCode: NONE,
        errorMessage: '',
        topics: [{ topicName: METADATA_LOG, partitions: [partition] }],
        nodes: [{ nodeId, listeners }],
      }
    },
    refuse: (_request, error) => ({ errorCode: error.code, errorMessage: error.message, topics: [] }),
  }
}

/** The metadata's one partition, and nothing beside it: Kafka knows no other question (`KafkaRaftClient`). */
function isAboutMetadata({ topics: [topic, ...others] }: Request): boolean {
  if (topic === undefined || others.length > 0 || topic.topicName !== METADATA_LOG) return false
  return topic.partitions.length === 1 && topic.partitions[0]?.partitionIndex === 0
}

function strangers({ topics }: Request) {
  return topics.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
      errorMessage: 'This server does not host this topic-partition.',
      leaderId: 0,
      leaderEpoch: 0,
      highWatermark: 0,
      currentVoters: [],
      observers: [],
    })),
  }))
}
