import type { MetadataImage, PartitionImage } from '../replication/metadata/image.ts'
import { errorCodes, NONE } from '../wire/errors.ts'

/** What is told of a partition wherever topics are described. A leader that isn't alive is no leader to a client. */
export function describedPartition(
  { leader, leaderEpoch, replicas, isr }: PartitionImage,
  partitionIndex: number,
  { brokers }: MetadataImage,
) {
  return {
    errorCode: brokers.has(leader) ? NONE : errorCodes.LEADER_NOT_AVAILABLE,
    partitionIndex,
    leaderId: brokers.has(leader) ? leader : -1,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: isr,
    offlineReplicas: replicas.filter((replica) => !brokers.has(replica)),
  }
}
