/**
 * One partition's log: batches in the order of their offsets. Everything is decided at once and in memory; writing
 * follows at the end of the turn, and `onWritten` tells how far it has come.
 *
 * Source: apache/kafka `UnifiedLog.java`.
 */
import type { Timer } from '../runtime/clock.ts'
import { DiskError } from '../runtime/disk.ts'
import { KafkaError } from '../wire/errors.ts'
import {
  hasLogAppendTime,
  readAttributes,
  readBaseOffset,
  readBatchSizeBytes,
  readLastOffset,
  readLastOffsetDelta,
  readMaxTimestamp,
  readPartitionLeaderEpoch,
  stampBatch,
} from '../wire/records/batch-header.ts'
import { type AppendInfo, type AppendOptions, duplicateInfo } from './append-info.ts'
import { planProducers } from './append-plan.ts'
import { PARTITION_METADATA_FILE } from './file-names.ts'
import type { LoadedLog, LogState } from './loaded-log.ts'
import type { LogConfig } from './log-config.ts'
import type { LogContext } from './log-context.ts'
import { encodePartitionMetadata } from './log-folder.ts'
import { deletableSegments } from './log-retention.ts'
import { LogView, storageError } from './log-view.ts'
import { rebuildProducers } from './producer-replay.ts'
import { ProducerSnapshots, removeSnapshotsBeyond } from './producer-snapshots.ts'
import type { StagedBatch } from './producer-state.ts'
import { checkReplicated } from './replicated-batches.ts'
import { type Replacement, replaceSegments } from './segment-replacement.ts'

export class Log extends LogView {
  /** Told, once per write, that everything before `writtenOffset` is written (or synced, with `flush.messages`). */
  onWritten: (writtenOffset: number) => void = () => undefined
  /**
   * Told that appends which were accepted have been lost: the log ends at `logEndOffset` again. Whoever waits for more
   * is to be answered with the error.
   */
  onLost: (error: KafkaError, logEndOffset: number) => void = () => undefined
  /** Told by the partition; nothing at or beyond it is deleted or compacted. */
  highWatermark = 0

  /** Whether anything was appended, cut or deleted since the log was opened. */
  isChanged = false
  /** Whether the checkpoint of log start offsets is behind. */
  startOffsetChanged = false

  readonly #snapshots: ProducerSnapshots
  #flushTimer: Timer | undefined

  constructor(context: LogContext, loaded: LoadedLog) {
    super(context, loaded)
    this.#snapshots = new ProducerSnapshots(context.disk, this)
  }

  updateConfig(config: LogConfig): void {
    this.settings.config = config
    this.#noteCleanable()
  }

  /**
   * Appends as a leader. `records` are whole batches that passed validation, in a buffer that nobody will change any
   * more; base offsets and leader epoch are stamped into it. The write is queued.
   *
   * Throws KafkaError: KAFKA_STORAGE_ERROR, RECORD_LIST_TOO_LARGE, and what `ProducerState.stage` refuses.
   */
  append(records: Buffer, options: AppendOptions): AppendInfo {
    this.#assertWritable()
    const origin = options.origin ?? 'client'
    const duplicate = origin === 'client' ? this.producers.duplicateOf(records, 0) : undefined
    if (duplicate !== undefined) return duplicateInfo(duplicate, this.startOffset)
    if (records.length > this.config.segmentBytes) {
      throw new KafkaError(
        'RECORD_LIST_TOO_LARGE',
        `Message batch size is ${records.length} bytes in append to partition ${this.name}, which exceeds the maximum configured segment size of ${this.config.segmentBytes}.`,
      )
    }
    const baseOffset = this.endOffset
    const transactionVersion = options.transactionVersion ?? 0
    const staged = planProducers(this.producers, records, baseOffset, { origin, transactionVersion })
    this.assignEpoch(options.leaderEpoch, baseOffset)
    let offset = baseOffset
    for (let at = 0; at < records.length; at += readBatchSizeBytes(records, at)) {
      stampBatch(records, at, offset, options.leaderEpoch)
      offset += readLastOffsetDelta(records, at) + 1
    }
    this.#place(records, staged)
    return {
      baseOffset,
      lastOffset: this.endOffset - 1,
      logAppendTimeMs: hasLogAppendTime(readAttributes(records, 0))
        ? Number(readMaxTimestamp(records, 0))
        : -1,
      logStartOffset: this.startOffset,
      duplicate: false,
    }
  }

  /**
   * Appends what a leader sent: whole batches with their offsets and epochs. Throws KafkaError: KAFKA_STORAGE_ERROR;
   * CORRUPT_MESSAGE for damaged batches; OFFSET_OUT_OF_RANGE for batches that don't follow the log's end.
   */
  appendReplicated(records: Buffer): void {
    this.#assertWritable()
    if (records.length === 0) return
    checkReplicated(records, this.endOffset, this.name)
    const options = { origin: 'replication', transactionVersion: 0 } as const
    const staged = planProducers(this.producers, records, this.endOffset, options)
    for (let at = 0; at < records.length; at += readBatchSizeBytes(records, at))
      this.assignEpoch(readPartitionLeaderEpoch(records, at), readBaseOffset(records, at))
    this.#place(records, staged)
  }

  /** Notes that a leader epoch begins at an offset, which an append does by itself. */
  assignEpoch(epoch: number, startOffset: number): void {
    if (epoch >= 0) this.epochs.assign(epoch, startOffset)
  }

  /** Moves the log start offset up; segments wholly before it are deleted. */
  deleteRecordsBefore(offset: number): void {
    this.assertServing()
    if (offset > this.endOffset)
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `${this.name} ends at ${this.endOffset}`)
    if (offset <= this.startOffset) return
    this.#raiseStart(offset)
    this.#deleteSegments(
      deletableSegments(this.segments, { ...this.config, deletes: false }, this.#retention(0)),
    )
  }

  /** Deletes what `retention.ms`, `retention.bytes` and the log start offset say. Returns how many segments went. */
  applyRetention(nowMs: number): number {
    if (this.currentState !== 'open') return 0
    return this.#deleteSegments(deletableSegments(this.segments, this.config, this.#retention(nowMs)))
  }

  /** Begins a new segment, unless the active one is empty. */
  roll(): void {
    this.assertServing()
    if (this.store.segments.active.sizeBytes > 0) this.#roll(this.endOffset)
  }

  /** For compaction: see `replaceSegments`. */
  async replaceSegments(replacement: Replacement, cuts: number): Promise<boolean> {
    if (this.currentState !== 'open') return false
    const isDone = await replaceSegments(this.store, replacement, cuts, () => this.reader.forgetPlaces())
    if (!isDone) return false
    this.isChanged = true
    return true
  }

  /** Cuts everything from `offset` on, as a follower does that has more than its leader. */
  truncateTo(offset: number): void {
    this.assertServing()
    if (offset >= this.endOffset) return
    if (offset < this.store.segments.first.baseOffset) this.truncateFully(offset)
    else this.#cut(offset)
  }

  /** Forgets everything and begins anew at `offset`, as a follower does whose leader has deleted what it would need. */
  truncateFully(offset: number): void {
    this.assertServing()
    this.context.beforeCut(this.name, Math.min(offset, this.startOffset))
    this.store.restartAt(offset)
    this.reader.forgetPlaces()
    this.producers.reset()
    removeSnapshotsBeyond(this.context.disk, this.folder, -1)
    this.epochs.clear()
    this.startOffset = offset
    this.endOffset = offset
    this.announcedOffset = offset
    this.isChanged = true
    this.startOffsetChanged = true
  }

  /** Makes what is written survive a power cut. Rejects with KAFKA_STORAGE_ERROR, and the log has then failed. */
  async flush(): Promise<void> {
    if (this.currentState !== 'open') return
    try {
      // Before the epochs, which begin no earlier: or a crash might bring back records without an epoch.
      if (this.startOffsetChanged) await this.context.saveLogStartOffsets()
      await this.store.flush(this.epochs)
    } catch (error) {
      throw this.#fail(error)
    }
  }

  /** Writes out everything, so that the next opening needs no scan. */
  async close(): Promise<void> {
    if (this.currentState === 'open' && this.isChanged) {
      await this.store.writer.whenIdle()
      this.store.writeIndexFiles()
      this.#writeSnapshot(this.endOffset)
      await this.flush()
    }
    this.#end('closed')
  }

  /** Takes the log out of service for good; its folder is renamed at once and removed later. */
  delete(deletedFolder: string): void {
    const hadFolder = this.store.home.exists
    this.setAside(deletedFolder)
    if (hadFolder) this.context.removeFolder(deletedFolder)
  }

  /** Takes the log out of service, and leaves its folder under another name. */
  setAside(newFolder: string): void {
    const { folder } = this
    this.#end('closed')
    if (!this.store.home.exists) return
    this.context.disk.rename(folder, newFolder)
    this.store.moveTo(newFolder)
  }

  /** Makes the folder of a new log, which else is made with its first records. Throws `DiskError`. */
  makeFolder(): void {
    this.store.home.make()
  }

  /** Notes which topic the log is of; nobody knew. Throws `DiskError`. */
  assignTopicId(topicId: string): void {
    const { disk } = this.context
    const path = `${this.folder}/${PARTITION_METADATA_FILE}`
    // An empty log loses nothing with the file, as when it is made.
    if (this.sizeBytes === 0) disk.writeWhole(path, encodePartitionMetadata(topicId))
    else disk.replaceWhole(path, encodePartitionMetadata(topicId))
    this.store.home.noteNew()
    this.currentTopicId = topicId
  }

  /** For the writer. */
  onRunWritten(endOffset: number): void {
    this.store.wrote(endOffset)
    this.#flushInTime()
    const unsynced = endOffset - this.store.recoveryPoint
    if (unsynced < this.config.flushMessages) this.#announce(endOffset)
    else this.#announceAfterFlush(endOffset)
    this.#noteCleanable()
  }

  /** For the writer: what was queued is lost, and the log ends where its file does. */
  onWriteFailed(error: unknown): void {
    if (!(error instanceof DiskError) || error.code !== 'NO_SPACE') {
      this.#fail(error)
      return
    }
    this.context.noteFull()
    this.context.logger.error({ error, log: this.name }, 'The disk is full; appends are refused.')
    this.#cut(this.store.writtenOffset)
    this.onLost(storageError(error), this.endOffset)
  }

  /** For the writer. */
  onActionFailed(error: unknown): void {
    this.#fail(error)
  }

  /** Now and then a file must be looked into before an append; when that fails, the append does, as if it were lost. */
  #place(records: Buffer, staged: readonly (StagedBatch | undefined)[]): void {
    try {
      this.#placeBatches(records, staged)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.onWriteFailed(error)
      throw storageError(error)
    }
  }

  #placeBatches(records: Buffer, staged: readonly (StagedBatch | undefined)[]): void {
    const { store } = this
    const baseOffset = readBaseOffset(records, 0)
    let index = 0
    const owned = store.beginAppend(records)
    for (let at = 0; at < records.length; index++) {
      const sizeBytes = readBatchSizeBytes(records, at)
      const lastOffset = readLastOffset(records, at)
      const maxTimestamp = readMaxTimestamp(records, at)
      if (store.mustRollFor(sizeBytes, lastOffset, maxTimestamp)) {
        store.queue(owned.bytes, at)
        this.#roll(readBaseOffset(records, at))
      }
      store.add(sizeBytes, lastOffset, maxTimestamp)
      const next = staged[index]
      if (next !== undefined) this.#commit(next)
      this.endOffset = lastOffset + 1
      at += sizeBytes
    }
    store.endAppend(owned, baseOffset, this.endOffset)
    this.isChanged = true
  }

  #noteCleanable(): void {
    if (this.config.compacts && this.segments.length > 1) this.context.noteCleanable(this)
  }

  #commit(staged: StagedBatch): void {
    for (const aborted of this.producers.commit([staged])) this.store.segments.active.addAborted(aborted)
  }

  #roll(baseOffset: number): void {
    this.store.roll(baseOffset)
    this.#writeSnapshot(baseOffset)
  }
  // A snapshot spares the next opening the reading of all that lies before it.
  #writeSnapshot(offset: number): void {
    try {
      this.#snapshots.write(offset, this.producers.entries(), this.segments)
    } catch (error) {
      this.context.logger.warn({ error, log: this.name }, 'The producer snapshot could not be written.')
    }
  }

  #cut(offset: number): void {
    this.context.beforeCut(this.name, this.store.endBefore(offset))
    const endOffset = this.store.truncate(offset)
    this.reader.forgetPlaces()
    this.epochs.truncateFromEnd(endOffset)
    this.endOffset = endOffset
    this.announcedOffset = Math.min(this.announcedOffset, endOffset)
    this.startOffset = Math.min(this.startOffset, endOffset)
    this.isChanged = true
    rebuildProducers(this.context.disk, this.store, this.producers, endOffset)
  }

  #retention(nowMs: number): { nowMs: number; logStartOffset: number; highWatermark: number } {
    return { nowMs, logStartOffset: this.startOffset, highWatermark: this.highWatermark }
  }

  #deleteSegments(count: number): number {
    if (count === 0) return 0
    if (count === this.segments.length) this.#roll(this.endOffset)
    this.store.deleteFirst(count)
    this.#raiseStart(this.store.segments.first.baseOffset)
    return count
  }

  #raiseStart(offset: number): void {
    if (offset <= this.startOffset) return
    this.startOffset = offset
    this.epochs.truncateFromStart(offset)
    this.isChanged = true
    this.startOffsetChanged = true
  }

  #announce(endOffset: number): void {
    if (endOffset <= this.announcedOffset || this.currentState !== 'open') return
    this.announcedOffset = endOffset
    this.onWritten(endOffset)
  }

  #announceAfterFlush(endOffset: number): void {
    const { cuts } = this.store
    this.flush().then(
      () => {
        if (cuts === this.store.cuts) this.#announce(endOffset)
      },
      // Whoever waits has been told.
      () => undefined,
    )
  }

  #assertWritable(): void {
    this.assertServing()
    if (this.context.isFull()) throw new KafkaError('KAFKA_STORAGE_ERROR', 'The disk is nearly full')
  }

  /** `flush.ms`, where it is shorter than the directory's own rounds. */
  #flushInTime(): void {
    const { flushMs } = this.config
    if (this.#flushTimer !== undefined || flushMs >= this.context.flushIntervalMs) return
    this.#flushTimer = this.context.clock.setTimer(flushMs, () => {
      this.#flushTimer = undefined
      // A log that fails has told whoever waits.
      this.flush().catch(() => undefined)
    })
  }

  #fail(error: unknown): KafkaError {
    const failure = storageError(error)
    if (this.currentState !== 'open') return failure
    this.context.logger.error({ error, log: this.name }, 'The medium has failed; the log is out of service.')
    this.currentDamage = failure.message
    this.#end('failed')
    this.endOffset = this.announcedOffset
    this.onLost(failure, this.endOffset)
    return failure
  }

  #end(state: LogState): void {
    this.currentState = state
    this.#flushTimer?.cancel()
    this.store.closeFiles()
  }
}
