import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/log.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { CoordinatorLog, CoordinatorRecord } from '../coordinator-log.ts'
import { coordinatorError, Shard, type ShardStatus } from '../shard.ts'
import { type SharePartitionKey, sharePartitionName } from './share-partition-key.ts'
import {
  type SharePartitionState,
  type SharePartitionWrite,
  ShareState,
  snapshot,
  tombstone,
  update,
  written,
} from './share-state.ts'

export interface ShareStateEnvironment {
  readonly clock: Clock
  readonly logger: Logger
  /** share.coordinator.snapshot.update.records.per.snapshot. */
  readonly updatesPerSnapshot: () => number
  /** share.coordinator.cold.partition.snapshot.interval.ms. */
  readonly coldSnapshotIntervalMs: () => number
  readonly partitionExists: (topicId: string, partition: number) => boolean
}

/** A value that may have to wait for records to be committed. */
export type Soon<T> = T | Promise<T>

/** What the leader of a share partition begins with. A start offset of -1: that is for the leader to find out. */
export interface SharePartitionRead {
  readonly stateEpoch: number
  readonly startOffset: number
  readonly batches: SharePartitionState['batches']
}

export interface SharePartitionSummary {
  readonly stateEpoch: number
  readonly leaderEpoch: number
  readonly startOffset: number
  readonly deliveryCompleteCount: number
}

const NOTHING: SharePartitionSummary = {
  stateEpoch: 0,
  leaderEpoch: 0,
  startOffset: -1,
  deliveryCompleteCount: -1,
}

/**
 * The share partitions whose state is in one partition of `__share_group_state`. Who writes must know the newest
 * leader epoch and state epoch: FENCED_LEADER_EPOCH, FENCED_STATE_EPOCH. Sources: KIP-932; apache/kafka
 * `ShareCoordinatorShard`.
 */
export class ShareStateShard {
  readonly #environment: ShareStateEnvironment
  readonly #state: ShareState
  readonly #shard: Shard

  constructor(log: CoordinatorLog, environment: ShareStateEnvironment, onLost: (error: KafkaError) => void) {
    this.#environment = environment
    this.#state = new ShareState(environment.logger)
    this.#shard = new Shard(log, this.#state, environment.clock, onLost)
    if (log.isEmpty) this.#shard.activate()
  }

  get status(): ShardStatus {
    return this.#shard.status
  }

  load(): Promise<void> {
    return this.#shard.load()
  }

  close(error: KafkaError): void {
    this.#shard.close(error)
  }

  /** Begins a state anew, with a start offset or with -1 for "as the group's config says". */
  initialize(key: SharePartitionKey, stateEpoch: number, startOffset: number): Soon<void> {
    const before = this.#require(key)
    if (before !== undefined && stateEpoch !== -1 && stateEpoch < before.stateEpoch)
      throw new KafkaError('FENCED_STATE_EPOCH')
    const nowMs = this.#environment.clock.nowMs()
    const state = {
      snapshotEpoch: before === undefined ? 0 : before.snapshotEpoch + 1,
      stateEpoch,
      leaderEpoch: before?.leaderEpoch ?? 0,
      startOffset,
      deliveryCompleteCount: startOffset === -1 ? -1 : 0,
      createTimestampMs: nowMs,
      batches: [],
    }
    this.#append([snapshot(key, state, nowMs)])
    return this.#told(undefined)
  }

  /** For a leader: from now on, leaders of earlier epochs are fenced. */
  read(key: SharePartitionKey, leaderEpoch: number): Soon<SharePartitionRead> {
    const state = this.#require(key)
    // It is a group that begins a state, and a leader that goes on with it.
    if (state === undefined)
      throw new KafkaError('INVALID_REQUEST', 'The share partition is not initialized.')
    const { stateEpoch, startOffset, batches } = state
    if (leaderEpoch !== -1 && leaderEpoch < state.leaderEpoch) throw new KafkaError('FENCED_LEADER_EPOCH')
    if (leaderEpoch !== -1 && leaderEpoch !== state.leaderEpoch)
      this.#put(key, { stateEpoch, leaderEpoch, startOffset, deliveryCompleteCount: -1, batches: [] })
    return this.#told({ stateEpoch, startOffset, batches })
  }

  /** How far the group is; nothing of it is a claim to lead. */
  summary(key: SharePartitionKey): Soon<SharePartitionSummary> {
    return this.#told(this.#require(key) ?? NOTHING)
  }

  write(key: SharePartitionKey, write: SharePartitionWrite): Soon<void> {
    const state = this.#require(key)
    if (state !== undefined && write.leaderEpoch !== -1 && write.leaderEpoch < state.leaderEpoch)
      throw new KafkaError('FENCED_LEADER_EPOCH')
    if (state !== undefined && write.stateEpoch !== -1 && write.stateEpoch < state.stateEpoch)
      throw new KafkaError('FENCED_STATE_EPOCH')
    this.#put(key, write)
    return this.#told(undefined)
  }

  /** Whether or not there is a state. */
  delete(key: SharePartitionKey): Soon<void> {
    this.#shard.requireActive()
    if (this.#state.get(sharePartitionName(key)) !== undefined) this.#append([tombstone(key)])
    return this.#told(undefined)
  }

  /** Forgets partitions of a topic that is gone. */
  forgetTopic(topicId: string): void {
    if (this.#shard.status !== 'active') return
    const keys = [...this.#state.values()].map(({ key }) => key).filter((key) => key.topicId === topicId)
    if (keys.length > 0) this.#append(keys.map(tombstone))
  }

  /**
   * Below this offset of the log every record is superseded. States that have not changed for long get a new snapshot,
   * so that they don't hold on to the log.
   */
  prune(): number {
    if (this.#shard.status !== 'active') return 0
    const { clock, coldSnapshotIntervalMs } = this.#environment
    const nowMs = clock.nowMs()
    const oldest = nowMs - coldSnapshotIntervalMs()
    const cold = [...this.#state.values()].filter(({ writtenMs }) => writtenMs <= oldest)
    for (const { key, state } of cold)
      this.#append([snapshot(key, { ...state, snapshotEpoch: state.snapshotEpoch + 1 }, nowMs)])
    if (!this.#shard.isSettled) return 0
    let redundantBelow = Number.POSITIVE_INFINITY
    for (const { snapshotOffset } of this.#state.values())
      redundantBelow = Math.min(redundantBelow, snapshotOffset)
    return Number.isFinite(redundantBelow) ? redundantBelow : 0
  }

  #put(key: SharePartitionKey, write: SharePartitionWrite): void {
    const nowMs = this.#environment.clock.nowMs()
    const kept = this.#state.get(sharePartitionName(key))
    if (kept === undefined) {
      const fresh = { snapshotEpoch: 0, ...NOTHING, createTimestampMs: nowMs, batches: [] }
      this.#append([snapshot(key, written(fresh, write), nowMs)])
      return
    }
    const { state, updateCount } = kept
    // An update has no room for a state epoch.
    const needsSnapshot =
      updateCount >= this.#environment.updatesPerSnapshot() ||
      (write.stateEpoch !== -1 && write.stateEpoch !== state.stateEpoch)
    this.#append([
      needsSnapshot
        ? snapshot(key, { ...written(state, write), snapshotEpoch: state.snapshotEpoch + 1 }, nowMs)
        : update(key, state.snapshotEpoch, write),
    ])
  }

  #require(key: SharePartitionKey): SharePartitionState | undefined {
    this.#shard.requireActive()
    if (!this.#environment.partitionExists(key.topicId, key.partition))
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    return this.#state.get(sharePartitionName(key))?.state
  }

  #append(records: readonly CoordinatorRecord[]): void {
    try {
      this.#shard.append(records)
    } catch (error) {
      if (error instanceof KafkaError) throw coordinatorError(error)
      throw error
    }
  }

  #told<T>(value: T): Soon<T> {
    if (this.#shard.isSettled) return value
    return new Promise((resolve, reject) => {
      this.#shard.whenSettled((error) => (error === undefined ? resolve(value) : reject(error)))
    })
  }
}
