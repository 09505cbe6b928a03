import type { SharePartitionStates } from '../../coordinator/share-state/share-coordinator.ts'
import {
  type SharePartitionKey,
  sharePartitionName,
} from '../../coordinator/share-state/share-partition-key.ts'
import type { ClusterMetadata } from '../../replication/cluster-metadata.ts'
import type { Partitions } from '../../replication/partitions.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/log.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { ShareGroupConfig } from '../configs/share-group-config.ts'
import type { DeadLetterOffice } from './dead-letters/dead-letter.ts'
import { SharePartition } from './share-partition.ts'

export interface SharePartitionsOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly metadata: ClusterMetadata
  readonly partitions: Partitions
  readonly states: SharePartitionStates
  readonly config: (groupId: string) => ShareGroupConfig
  readonly deadLetters: DeadLetterOffice
}

/** The share partitions that are in use on this broker: those of partitions that it leads. */
export class SharePartitions {
  readonly #options: SharePartitionsOptions
  readonly #used = new Map<string, SharePartition>()

  constructor(options: SharePartitionsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#used.size
  }

  /** One that is in use already. */
  get(key: SharePartitionKey): SharePartition | undefined {
    return this.#used.get(sharePartitionName(key))
  }

  /** The topic's name, or UNKNOWN_TOPIC_ID. */
  requireTopic(topicId: string): string {
    const topic = this.#options.metadata.image.topicNamesById.get(topicId)
    if (topic === undefined) throw new KafkaError('UNKNOWN_TOPIC_ID')
    return topic
  }

  /**
   * One to deliver from; it may have to be loaded first. Throws UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION,
   * NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR.
   */
  use(key: SharePartitionKey): SharePartition {
    const topic = this.requireTopic(key.topicId)
    const partition = this.#options.partitions.require(topic, key.partition)
    partition.requireLeader(-1)
    const known = this.get(key)
    if (known !== undefined && known.partition === partition && known.leaderEpoch === partition.leaderEpoch)
      return known
    known?.close(new KafkaError('NOT_LEADER_OR_FOLLOWER'))
    const share = new SharePartition(key, partition, {
      ...this.#options,
      onFenced: (fenced) => this.#forget(fenced, new KafkaError('NOT_LEADER_OR_FOLLOWER')),
    })
    this.#used.set(sharePartitionName(key), share)
    return share
  }

  ofGroup(groupId: string): SharePartition[] {
    return [...this.#used.values()].filter(({ key }) => key.groupId === groupId)
  }

  /** Nobody is in the group any more, or its offsets are set anew: it starts over from what is stored. */
  forgetGroup(groupId: string): void {
    for (const share of this.ofGroup(groupId))
      this.#forget(share, new KafkaError('UNKNOWN_TOPIC_OR_PARTITION'))
  }

  /** Topics are gone. */
  topicsDeleted(topicIds: ReadonlySet<string>): void {
    for (const share of [...this.#used.values()])
      if (topicIds.has(share.key.topicId)) this.#forget(share, new KafkaError('UNKNOWN_TOPIC_OR_PARTITION'))
  }

  close(): void {
    for (const share of [...this.#used.values()])
      this.#forget(share, new KafkaError('NOT_LEADER_OR_FOLLOWER'))
  }

  #forget(share: SharePartition, error: KafkaError): void {
    const name = sharePartitionName(share.key)
    if (this.#used.get(name) === share) this.#used.delete(name)
    share.close(error)
  }
}
