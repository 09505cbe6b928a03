import type { Clock, Timer } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/log.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { CoordinatorLog } from '../coordinator-log.ts'
import { partitionOfShareState, type SharePartitionKey, sharePartitionName } from './share-partition-key.ts'
import type { SharePartitionWrite } from './share-state.ts'
import {
  type SharePartitionRead,
  type SharePartitionSummary,
  type ShareStateEnvironment,
  ShareStateShard,
  type Soon,
} from './share-state-shard.ts'

export interface ShareCoordinatorOptions extends ShareStateEnvironment {
  readonly clock: Clock
  readonly logger: Logger
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
  readonly #shards = new Map<number, ShareStateShard>()
  #pruneTimer: Timer | undefined

  constructor(options: ShareCoordinatorOptions) {
    this.#options = options
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
    this.resign(partition)
    const shard = new ShareStateShard(log, this.#options, (error) =>
      this.#rebuild(partition, shard, log, error),
    )
    this.#shards.set(partition, shard)
    if (this.#pruneTimer === undefined) this.#schedulePruning()
    return shard.status === 'active' ? undefined : this.#load(partition, shard)
  }

  /** This broker doesn't lead the partition any more. */
  resign(partition: number): void {
    this.#shards.get(partition)?.close(new KafkaError('NOT_COORDINATOR'))
    this.#shards.delete(partition)
  }

  close(): void {
    for (const partition of [...this.#shards.keys()]) this.resign(partition)
    this.#pruneTimer?.cancel()
    this.#pruneTimer = undefined
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
      for (const topicId of topicIds) this.#tidy(() => shard.forgetTopic(topicId))
  }

  #shardOf(key: SharePartitionKey): ShareStateShard {
    const shard = this.#shards.get(this.partitionOf(sharePartitionName(key)))
    if (shard === undefined) throw new KafkaError('NOT_COORDINATOR')
    return shard
  }

  async #load(partition: number, shard: ShareStateShard): Promise<void> {
    try {
      await shard.load()
    } catch (error) {
      this.#options.logger.error({ partition, error }, 'states could not be read from __share_group_state')
      shard.close(new KafkaError('NOT_COORDINATOR'))
    }
  }

  /** A record was lost that the states rest on: everybody starts over from what the log says. */
  #rebuild(partition: number, shard: ShareStateShard, log: CoordinatorLog, error: KafkaError): void {
    this.#options.logger.warn({ partition, error: error.error }, 'a record of the share coordinator was lost')
    if (this.#shards.get(partition) === shard) void this.lead(partition, log)
  }

  #schedulePruning(): void {
    this.#pruneTimer = this.#options.clock.setTimer(this.#options.pruneIntervalMs(), () => {
      for (const [partition, shard] of this.#shards)
        this.#tidy(() => {
          const redundantBelow = shard.prune()
          if (redundantBelow > 0) this.#options.deleteBelow(partition, redundantBelow)
        })
      this.#schedulePruning()
    })
  }

  /** Clean-up that can't be done now is done another time. */
  #tidy(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.#options.logger.warn({ error: error.error }, 'cleaning up share states has to wait')
    }
  }
}
