/**
 * What can be asked of a log: where it begins and ends, its batches, its records by time, its epochs and transactions.
 */
import { KafkaError } from '../wire/errors.ts'
import { folderName } from './file-names.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { LoadedLog, LogState } from './loaded-log.ts'
import type { LogConfig } from './log-config.ts'
import type { LogContext } from './log-context.ts'
import { findMaxTimestamp, findTimestamp, type TimestampedOffset } from './log-lookup.ts'
import { LogReader, type ReadLimits } from './log-reader.ts'
import { emptySlice, type LogSlice } from './log-slice.ts'
import { LogStore } from './log-store.ts'
import type { AbortedTransaction, ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'
import type { WriteObserver } from './write-scheduler.ts'

export abstract class LogView implements WriteObserver {
  readonly topic: string
  readonly partition: number
  /** `topic-partition`: for messages, and the name of the folder as long as the log isn't deleted. */
  readonly name: string
  readonly producers: ProducerState
  readonly epochs: LeaderEpochs
  readonly store: LogStore

  protected readonly context: LogContext
  protected readonly settings: { config: LogConfig }
  protected readonly reader: LogReader
  protected currentState: LogState
  protected currentDamage: string | undefined
  protected startOffset: number
  protected endOffset: number
  protected currentTopicId: string
  protected announcedOffset: number

  constructor(context: LogContext, loaded: LoadedLog) {
    this.context = context
    this.settings = loaded.settings
    this.topic = loaded.topic
    this.partition = loaded.partition
    this.currentTopicId = loaded.topicId
    this.name = folderName(loaded.topic, loaded.partition)
    this.producers = loaded.producers
    this.epochs = loaded.epochs
    this.store = new LogStore(
      context,
      { ...loaded, endOffset: loaded.logEndOffset, topicId: () => this.currentTopicId },
      this,
    )
    this.reader = new LogReader(this.store.segments, this.store.tail, context.buffers)
    this.startOffset = loaded.logStartOffset
    this.endOffset = loaded.logEndOffset
    this.announcedOffset = loaded.logEndOffset
    this.currentDamage = loaded.damage
    this.currentState = loaded.damage === undefined ? 'open' : 'quarantined'
  }

  abstract onRunWritten(endOffset: number): void
  abstract onWriteFailed(error: unknown): void
  abstract onActionFailed(error: unknown): void

  /** Which topic, of all that ever had this name, the log is of; the zero id where nobody knows. */
  get topicId(): string {
    return this.currentTopicId
  }

  get state(): LogState {
    return this.currentState
  }

  /** Why the log serves nothing, if it doesn't. */
  get damage(): string | undefined {
    return this.currentDamage
  }

  get folder(): string {
    return this.store.home.path
  }

  get config(): LogConfig {
    return this.settings.config
  }

  get logStartOffset(): number {
    return this.startOffset
  }

  /** The offset that the next record gets; appends that are still queued are counted. */
  get logEndOffset(): number {
    return this.endOffset
  }

  /** Everything before it is in the page cache; with `flush.messages` at 1, on the medium. */
  get writtenOffset(): number {
    return this.announcedOffset
  }

  get recoveryPoint(): number {
    return this.store.recoveryPoint
  }

  get sizeBytes(): number {
    return this.store.segments.sizeBytes
  }

  get segments(): readonly Segment[] {
    return this.store.segments.all
  }

  /**
   * Reads whole batches from the one that holds `offset` on. At once where the tail cache has them. Throws or rejects
   * with KafkaError: OFFSET_OUT_OF_RANGE, KAFKA_STORAGE_ERROR, CORRUPT_MESSAGE.
   */
  read(offset: number, limits: ReadLimits): LogSlice | Promise<LogSlice> {
    this.assertServing()
    if (offset < this.startOffset || offset > this.endOffset) {
      throw new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `Received request for offset ${offset} for partition ${this.name}, but we only have log segments from offset ${this.startOffset} up to ${this.endOffset}.`,
      )
    }
    if (offset >= Math.min(this.endOffset, limits.maxOffset)) return emptySlice(offset)
    const slice = this.reader.read(offset, limits)
    return slice instanceof Promise ? this.#checkedRead(slice, this.store.generation, offset, limits) : slice
  }

  /** About how many bytes lie between two offsets, without looking into files. For fetch.min.bytes. */
  readableBytes(offset: number, endOffset: number): number {
    return this.store.bytesBetween(Math.max(offset, this.startOffset), endOffset)
  }

  /** The first record at least as late as `timestamp`. */
  offsetForTimestamp(timestamp: bigint): Promise<TimestampedOffset | undefined> {
    this.assertServing()
    return this.#undisturbed(() => findTimestamp(this, timestamp))
  }

  offsetOfMaxTimestamp(): Promise<TimestampedOffset | undefined> {
    this.assertServing()
    return this.#undisturbed(() => findMaxTimestamp(this))
  }

  get latestEpoch(): number | undefined {
    return this.epochs.latest?.epoch
  }

  /** The largest epoch up to `epoch` and the offset at which it ends here; `undefined` if that isn't known. */
  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } | undefined {
    return this.epochs.endOffsetFor(epoch, this.endOffset)
  }

  /** Up to where read_committed consumers may read. */
  lastStableOffset(highWatermark: number): number {
    const unstable = this.producers.firstUnstableOffset(highWatermark)
    return unstable === undefined ? highWatermark : Math.min(unstable, highWatermark)
  }

  /** The aborted transactions with records between two offsets, by their first offset. */
  abortedTransactions(offset: number, endOffset: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = []
    const from = this.store.segments.holding(offset).baseOffset
    for (const segment of this.segments) {
      if (segment.baseOffset < from) continue
      for (const transaction of segment.aborted) {
        if (transaction.lastOffset >= offset && transaction.firstOffset < endOffset) found.push(transaction)
        if (transaction.lastStableOffset >= endOffset) return found.sort(byFirstOffset)
      }
    }
    return found.sort(byFirstOffset)
  }

  protected assertServing(): void {
    if (this.currentState === 'open') return
    const reason = this.currentDamage === undefined ? '' : `: ${this.currentDamage}`
    throw new KafkaError('KAFKA_STORAGE_ERROR', `${this.name} is ${this.currentState}${reason}`)
  }

  // Segments may be replaced while it is looked into them.
  async #undisturbed<T>(find: () => Promise<T>): Promise<T> {
    const { generation } = this.store
    try {
      const found = await find()
      if (generation === this.store.generation) return found
    } catch (error) {
      if (generation === this.store.generation || this.state !== 'open') throw error
    }
    return this.#undisturbed(find)
  }

  // A file may have been cut or replaced while it was read; what the log then is decides.
  async #checkedRead(
    slice: Promise<LogSlice>,
    generation: number,
    offset: number,
    limits: ReadLimits,
  ): Promise<LogSlice> {
    try {
      const read = await slice
      if (generation === this.store.generation) return read
      read.release()
    } catch (error) {
      if (generation === this.store.generation)
        throw error instanceof KafkaError ? error : storageError(error)
    }
    return this.read(offset, limits)
  }
}

function byFirstOffset(one: AbortedTransaction, other: AbortedTransaction): number {
  return one.firstOffset - other.firstOffset
}

/** A failure of the disk, in Kafka's words. */
export function storageError(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error
  return new KafkaError('KAFKA_STORAGE_ERROR', error instanceof Error ? error.message : String(error))
}
