import { SHARE_GROUP_STATE } from '../../replication/topic-name.ts'
import type { Logger } from '../../runtime/log.ts'
import { readRecordType } from '../../wire/messages/coordinator-record.ts'
import { shareSnapshotRecord } from '../../wire/messages/share-coordinator/share-snapshot-record.ts'
import { shareUpdateRecord } from '../../wire/messages/share-coordinator/share-update-record.ts'
import type { CoordinatorRecord, RecordOrigin } from '../coordinator-log.ts'
import { LogState } from '../log-state.ts'
import { type SharePartitionKey, sharePartitionName } from './share-partition-key.ts'
import { combineStateBatches, type StateBatch } from './state-batches.ts'

/** What is kept of a share partition. -1 stands for what isn't known. */
export interface SharePartitionState {
  /** Counts the snapshots. */
  readonly snapshotEpoch: number
  /** Raised when the offsets are set anew; who knows an older one is fenced. */
  readonly stateEpoch: number
  readonly leaderEpoch: number
  /** Where delivery begins; -1 until the partition's leader has found out where that is. */
  readonly startOffset: number
  /** Offsets from the start offset on that are done with. */
  readonly deliveryCompleteCount: number
  readonly createTimestampMs: number
  readonly batches: readonly StateBatch[]
}

/** A state, and what is known of its records. */
export interface KeptState {
  readonly key: SharePartitionKey
  readonly state: SharePartitionState
  /** Update records since the last snapshot. */
  readonly updateCount: number
  /** Where the last snapshot is: nothing about the partition is needed from before. */
  readonly snapshotOffset: number
  readonly writtenMs: number
}

/** What an update changes; -1 for what stays. */
export interface SharePartitionUpdate {
  readonly leaderEpoch: number
  readonly startOffset: number
  readonly deliveryCompleteCount: number
  readonly batches: readonly StateBatch[]
}

/** What a leader has stored, with the state epoch that it goes by. */
export interface SharePartitionWrite extends SharePartitionUpdate {
  readonly stateEpoch: number
}

const VALUE_VERSION = 0

/**
 * The states of the share partitions of one partition of `__share_group_state`: each is a snapshot, and the updates
 * behind it. Sources: KIP-932; apache/kafka `ShareCoordinatorShard`.
 */
export class ShareState extends LogState {
  readonly #kept = new Map<string, KeptState>()

  constructor(logger: Logger) {
    super(SHARE_GROUP_STATE, logger)
  }

  get(name: string): KeptState | undefined {
    return this.#kept.get(name)
  }

  values(): Iterable<KeptState> {
    return this.#kept.values()
  }

  protected apply({ key, value }: CoordinatorRecord, origin: RecordOrigin): void {
    const type = readRecordType(key)
    if (type === shareSnapshotRecord.type)
      this.#applySnapshot(shareSnapshotRecord.decodeKey(key), value, origin)
    else if (type === shareUpdateRecord.type)
      this.#applyUpdate(shareUpdateRecord.decodeKey(key), value, origin)
  }

  #applySnapshot(key: SharePartitionKey, bytes: Buffer | null, { offset, timestampMs }: RecordOrigin): void {
    if (bytes === null) {
      this.#kept.delete(sharePartitionName(key))
      return
    }
    const value = shareSnapshotRecord.decodeValue(bytes)
    this.#kept.set(sharePartitionName(key), {
      key,
      state: {
        snapshotEpoch: value.snapshotEpoch,
        stateEpoch: value.stateEpoch,
        leaderEpoch: value.leaderEpoch,
        startOffset: value.startOffset,
        deliveryCompleteCount: value.deliveryCompleteCount,
        createTimestampMs: value.createTimestamp,
        batches: value.stateBatches,
      },
      updateCount: 0,
      snapshotOffset: offset,
      writtenMs: timestampMs,
    })
  }

  #applyUpdate(key: SharePartitionKey, bytes: Buffer | null, { timestampMs }: RecordOrigin): void {
    const name = sharePartitionName(key)
    const kept = this.#kept.get(name)
    // Without its snapshot an update says nothing: the state was deleted before it.
    if (kept === undefined || bytes === null) return
    const value = shareUpdateRecord.decodeValue(bytes)
    this.#kept.set(name, {
      ...kept,
      state: updated(kept.state, { ...value, batches: value.stateBatches }),
      updateCount: kept.updateCount + 1,
      writtenMs: timestampMs,
    })
  }
}

/** The state after an update. */
export function updated(state: SharePartitionState, write: SharePartitionUpdate): SharePartitionState {
  const startOffset = write.startOffset === -1 ? state.startOffset : write.startOffset
  return {
    ...state,
    leaderEpoch: write.leaderEpoch === -1 ? state.leaderEpoch : write.leaderEpoch,
    startOffset,
    deliveryCompleteCount:
      write.deliveryCompleteCount === -1 ? state.deliveryCompleteCount : write.deliveryCompleteCount,
    batches: combineStateBatches(state.batches, write.batches, startOffset),
  }
}

export function snapshot(
  key: SharePartitionKey,
  state: SharePartitionState,
  nowMs: number,
): CoordinatorRecord {
  const value = {
    snapshotEpoch: state.snapshotEpoch,
    stateEpoch: state.stateEpoch,
    leaderEpoch: state.leaderEpoch,
    startOffset: state.startOffset,
    deliveryCompleteCount: state.deliveryCompleteCount,
    createTimestamp: state.createTimestampMs,
    writeTimestamp: nowMs,
    stateBatches: state.batches,
  }
  return {
    key: shareSnapshotRecord.encodeKey(key),
    value: shareSnapshotRecord.encodeValue(value, VALUE_VERSION),
  }
}

export function update(
  key: SharePartitionKey,
  snapshotEpoch: number,
  write: SharePartitionUpdate,
): CoordinatorRecord {
  const value = {
    snapshotEpoch,
    leaderEpoch: write.leaderEpoch,
    startOffset: write.startOffset,
    deliveryCompleteCount: write.deliveryCompleteCount,
    stateBatches: combineStateBatches([], write.batches, write.startOffset),
  }
  return {
    key: shareUpdateRecord.encodeKey(key),
    value: shareUpdateRecord.encodeValue(value, VALUE_VERSION),
  }
}

export function tombstone(key: SharePartitionKey): CoordinatorRecord {
  return { key: shareSnapshotRecord.encodeKey(key), value: null }
}
