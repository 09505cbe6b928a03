import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/log.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { CoordinatorLog } from '../coordinator-log.ts'
import { Shard, type ShardStatus, type Soon } from '../shard.ts'
import { type SharePartitionKey, sharePartitionName } from './share-partition-key.ts'
import {
  type KeptState,
  type SharePartitionState,
  type SharePartitionUpdate,
  type SharePartitionWrite,
  ShareState,
  snapshot,
  tombstone,
  update,
  updated,
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
    this.#shard.requireActive()
    requireNatural(key.partition, 'partition id')
    requireNatural(stateEpoch, 'state epoch')
    const before = this.#find(key)?.state
    if (before !== undefined && stateEpoch < before.stateEpoch) throw new KafkaError('FENCED_STATE_EPOCH')
    this.#requirePartition(key)
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
    this.#shard.write([snapshot(key, state, nowMs)])
    return this.#shard.told(undefined)
  }

  /** For a leader: from now on, leaders of earlier epochs are fenced. */
  read(key: SharePartitionKey, leaderEpoch: number): Soon<SharePartitionRead> {
    this.#shard.requireActive()
    requireNatural(key.partition, 'partition id')
    requireNatural(leaderEpoch, 'leader epoch')
    const kept = this.#require(key, 'Read')
    const { stateEpoch, startOffset, batches, deliveryCompleteCount } = kept.state
    if (leaderEpoch < kept.state.leaderEpoch) throw new KafkaError('FENCED_LEADER_EPOCH')
    this.#requirePartition(key)
    if (leaderEpoch !== kept.state.leaderEpoch)
      this.#put(kept, { leaderEpoch, startOffset, deliveryCompleteCount, batches: [] })
    return this.#shard.told({ stateEpoch, startOffset, batches })
  }

  /** How far the group is; nothing of it is a claim to lead. */
  summary(key: SharePartitionKey): Soon<SharePartitionSummary> {
    this.#shard.requireActive()
    requireNatural(key.partition, 'partition id')
    this.#requirePartition(key)
    return this.#shard.told(this.#find(key)?.state ?? NOTHING)
  }

  write(key: SharePartitionKey, { stateEpoch, ...write }: SharePartitionWrite): Soon<void> {
    this.#shard.requireActive()
    requireNatural(key.partition, 'partition id')
    requireNatural(write.leaderEpoch, 'leader epoch')
    requireNatural(stateEpoch, 'state epoch')
    const kept = this.#require(key, 'Write')
    if (write.leaderEpoch < kept.state.leaderEpoch) throw new KafkaError('FENCED_LEADER_EPOCH')
    if (stateEpoch < kept.state.stateEpoch) throw new KafkaError('FENCED_STATE_EPOCH')
    this.#requirePartition(key)
    this.#put(kept, furthered(kept.state, write))
    return this.#shard.told(undefined)
  }

  /** Whether or not there is a state. */
  delete(key: SharePartitionKey): Soon<void> {
    this.#shard.requireActive()
    requireNatural(key.partition, 'partition id')
    this.#requirePartition(key)
    if (this.#state.get(sharePartitionName(key)) !== undefined) this.#shard.write([tombstone(key)])
    return this.#shard.told(undefined)
  }

  /** Forgets partitions of a topic that is gone. */
  forgetTopic(topicId: string): void {
    if (this.#shard.status !== 'active') return
    const keys = [...this.#state.values()].map(({ key }) => key).filter((key) => key.topicId === topicId)
    if (keys.length > 0) this.#shard.write(keys.map(tombstone))
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
      this.#shard.write([snapshot(key, { ...state, snapshotEpoch: state.snapshotEpoch + 1 }, nowMs)])
    if (!this.#shard.isSettled) return 0
    let redundantBelow = Number.POSITIVE_INFINITY
    for (const { snapshotOffset } of this.#state.values())
      redundantBelow = Math.min(redundantBelow, snapshotOffset)
    return Number.isFinite(redundantBelow) ? redundantBelow : 0
  }

  #put({ key, state, updateCount }: KeptState, change: SharePartitionUpdate): void {
    const { clock, updatesPerSnapshot } = this.#environment
    const record =
      updateCount >= updatesPerSnapshot()
        ? snapshot(key, { ...updated(state, change), snapshotEpoch: state.snapshotEpoch + 1 }, clock.nowMs())
        : update(key, state.snapshotEpoch, change)
    this.#shard.write([record])
  }

  #find(key: SharePartitionKey): KeptState | undefined {
    return this.#state.get(sharePartitionName(key))
  }

  /** It is a group that begins a state, and a leader that goes on with it. */
  #require(key: SharePartitionKey, operation: 'Read' | 'Write'): KeptState {
    const kept = this.#find(key)
    if (kept === undefined)
      throw new KafkaError(
        'INVALID_REQUEST',
        `${operation} operation on uninitialized share partition not allowed.`,
      )
    return kept
  }

  #requirePartition({ topicId, partition }: SharePartitionKey): void {
    if (!this.#environment.partitionExists(topicId, partition))
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
  }
}

function requireNatural(number: number, what: string): void {
  if (number < 0) throw new KafkaError('INVALID_REQUEST', `The ${what} cannot be a negative number.`)
}

/** What a write changes: nothing goes back, and who leads is said when the state is read. */
function furthered(
  state: SharePartitionState,
  { startOffset, deliveryCompleteCount, batches }: SharePartitionUpdate,
): SharePartitionUpdate {
  const isSame = startOffset === state.startOffset
  const isBehind = startOffset < state.startOffset
  return {
    leaderEpoch: state.leaderEpoch,
    startOffset: Math.max(startOffset, state.startOffset),
    deliveryCompleteCount: isSame
      ? Math.max(deliveryCompleteCount, state.deliveryCompleteCount)
      : isBehind
        ? state.deliveryCompleteCount
        : deliveryCompleteCount,
    batches,
  }
}
