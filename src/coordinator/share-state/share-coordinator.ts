import { SHARE_GROUP_STATE } from '../../replication/topic-name.ts'
import type { CoordinatorLog } from '../coordinator-log.ts'
import { LedShards } from '../led-shards.ts'
import type { Soon } from '../shard.ts'
import { partitionOfShareState, type SharePartitionKey, sharePartitionName } from './share-partition-key.ts'
import type { SharePartitionWrite } from './share-state.ts'
import {
  type SharePartitionRead,
  type SharePartitionSummary,
  type ShareStateEnvironment,
  ShareStateShard,
} from './share-state-shard.ts'

export interface ShareCoordinatorOptions extends ShareStateEnvironment {
  /** share.coordinator.state.topic.num.partitions; must never change while there are states. */
  readonly partitionCount: () => number
  /** share.coordinator.state.topic.prune.interval.ms. */
  readonly pruneIntervalMs: () => number
  /** Cuts a partition of the topic at the front: what is there is superseded. */
  readonly deleteBelow: (partition: number, offset: number) => void
}

/**
 * Where the states of share partitions are kept: what partition leaders and groups use. On one broker that is its own
 * coordinator; the answer of another broker's would take the same form. Every method rejects with a `KafkaError`.
 */
export interface SharePartitionStates {
  initialize(key: SharePartitionKey, stateEpoch: number, startOffset: number): Promise<void>
  read(key: SharePartitionKey, leaderEpoch: number): Promise<SharePartitionRead>
  summary(key: SharePartitionKey): Promise<SharePartitionSummary>
  write(key: SharePartitionKey, write: SharePartitionWrite): Promise<void>
  delete(key: SharePartitionKey): Promise<void>
}

/** The states that this broker keeps: those whose partition of `__share_group_state` it leads. */
export class ShareCoordinator {
  readonly #options: ShareCoordinatorOptions
  readonly #shards: LedShards<ShareStateShard>

  constructor(options: ShareCoordinatorOptions) {
    this.#options = options
    const { clock, logger, pruneIntervalMs, deleteBelow } = options
    this.#shards = new LedShards({
      clock,
      logger,
      topic: SHARE_GROUP_STATE,
      tidying: {
        intervalMs: pruneIntervalMs,
        tidy: (shard, partition) => {
          const redundantBelow = shard.prune()
          if (redundantBelow > 0) deleteBelow(partition, redundantBelow)
        },
      },
    })
  }

  get partitionCount(): number {
    return this.#options.partitionCount()
  }

  /** Which partition of `__share_group_state` a key of the form `group:topicId:partition` belongs to. */
  partitionOf(name: string): number {
    return partitionOfShareState(name, this.partitionCount)
  }

  /** This broker leads the partition now; serves it at once when its log is empty, else when the promise resolves. */
  lead(partition: number, log: CoordinatorLog): Promise<void> | undefined {
    return this.#shards.lead(partition, (onLost) => new ShareStateShard(log, this.#options, onLost))
  }

  /** This broker doesn't lead the partition any more. */
  resign(partition: number): void {
    this.#shards.resign(partition)
  }

  close(): void {
    this.#shards.close()
  }

  initialize(key: SharePartitionKey, stateEpoch: number, startOffset: number): Soon<void> {
    return this.#shardOf(key).initialize(key, stateEpoch, startOffset)
  }

  read(key: SharePartitionKey, leaderEpoch: number): Soon<SharePartitionRead> {
    return this.#shardOf(key).read(key, leaderEpoch)
  }

  summary(key: SharePartitionKey): Soon<SharePartitionSummary> {
    return this.#shardOf(key).summary(key)
  }

  write(key: SharePartitionKey, write: SharePartitionWrite): Soon<void> {
    return this.#shardOf(key).write(key, write)
  }

  delete(key: SharePartitionKey): Soon<void> {
    return this.#shardOf(key).delete(key)
  }

  /** Topics are gone, and with them the states of their partitions. */
  topicsDeleted(topicIds: readonly string[]): void {
    for (const shard of this.#shards.values())
      for (const topicId of topicIds) this.#shards.tidy(() => shard.forgetTopic(topicId))
  }

  #shardOf(key: SharePartitionKey): ShareStateShard {
    return this.#shards.require(this.partitionOf(sharePartitionName(key)))
  }
}
