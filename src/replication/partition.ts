import { abortedWithin } from '../storage/aborted-transactions.ts'
import type { AppendInfo } from '../storage/append-info.ts'
import { readRecords } from '../storage/emptied-batches.ts'
import type { Log } from '../storage/log.ts'
import type { LogSlice } from '../storage/log-slice.ts'
import type { AbortedTransaction, AppendOrigin } from '../storage/producer-state.ts'
import { KafkaError } from '../wire/errors.ts'
import type { PartitionImage } from './metadata/image.ts'
import type { TopicConfig } from './topic-config.ts'
import { CommitQueue, type CommitWaiter } from './waiting.ts'

/** Which records a reader may see: all below the high watermark, or only those of finished transactions. */
export type IsolationLevel = 'read_uncommitted' | 'read_committed'

/** Where something was found in a log; -1 for what isn't known. */
export interface OffsetAndTimestamp {
  readonly offset: number
  readonly timestamp: bigint
  readonly leaderEpoch: number
}

/** Is told when a partition that it watches has more to read, or has ceased to be readable here. */
export interface ReadWaiter {
  progressed(partition: Partition): void
}

/**
 * One replica of a partition on this broker: its log, and what the cluster has decided about it. While this broker
 * leads, it takes appends, moves the high watermark and releases those who wait for it.
 *
 * Everything here is synchronous: between looking at the state and acting on it nothing else can happen.
 */
export class Partition {
  readonly topicId: string
  readonly log: Log
  readonly nodeId: number
  #config: TopicConfig
  #image: PartitionImage
  #highWatermark: number
  /** Waits for the write to this broker's log (acks=1). */
  readonly #written = new CommitQueue()
  /** Waits for the high watermark (acks=all). */
  readonly #committed = new CommitQueue()
  readonly #readers = new Set<ReadWaiter>()
  #gone: KafkaError | undefined

  constructor(topicId: string, log: Log, nodeId: number, config: TopicConfig, image: PartitionImage) {
    this.topicId = topicId
    this.log = log
    this.nodeId = nodeId
    this.#config = config
    this.#image = image
    log.updateConfig(config)
    this.#highWatermark = log.writtenOffset
    log.highWatermark = log.writtenOffset
    log.onWritten = (writtenOffset) => this.#progress(writtenOffset)
    log.onLost = (error) => this.#release(error)
    this.#beginEpoch()
  }

  get topic(): string {
    return this.log.topic
  }

  get index(): number {
    return this.log.partition
  }

  get config(): TopicConfig {
    return this.#config
  }

  get image(): PartitionImage {
    return this.#image
  }

  get leaderEpoch(): number {
    return this.#image.leaderEpoch
  }

  get isLeader(): boolean {
    return this.#gone === undefined && this.#image.leader === this.nodeId
  }

  /** Everything below is on every in-sync replica and may be read. */
  get highWatermark(): number {
    return this.#highWatermark
  }

  /** Everything below belongs to no open transaction. */
  get lastStableOffset(): number {
    return this.log.lastStableOffset(this.#highWatermark)
  }

  /** One past the last offset that a reader of this isolation level may see. */
  readableEnd(isolation: IsolationLevel): number {
    return isolation === 'read_committed' ? this.lastStableOffset : this.#highWatermark
  }

  /** Takes over what the cluster decided. */
  update(image: PartitionImage): void {
    this.#image = image
    this.#beginEpoch()
    if (!this.isLeader) this.#release(new KafkaError('NOT_LEADER_OR_FOLLOWER'))
  }

  /**
   * Refuses a request that was meant for another leader, or that knows another leader epoch: NOT_LEADER_OR_FOLLOWER,
   * FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH. -1 stands for "whatever epoch it is" (KIP-320).
   */
  requireLeader(currentLeaderEpoch: number): void {
    if (!this.isLeader) throw this.#gone ?? new KafkaError('NOT_LEADER_OR_FOLLOWER')
    if (currentLeaderEpoch === -1 || currentLeaderEpoch === this.leaderEpoch) return
    throw new KafkaError(
      currentLeaderEpoch < this.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH',
    )
  }

  /** Appends as leader, in the leader's epoch; see `Log.append` for what is refused. */
  append(
    batch: Buffer,
    origin: Exclude<AppendOrigin, 'replication'> = 'client',
    transactionVersion = 0,
  ): AppendInfo {
    this.requireLeader(-1)
    return this.log.append(batch, { leaderEpoch: this.leaderEpoch, origin, transactionVersion })
  }

  /** NOT_ENOUGH_REPLICAS when acks=all can't be promised: fewer in-sync replicas than `min.insync.replicas`. */
  requireEnoughReplicas(): void {
    const { isr, replicas } = this.#image
    // More in-sync replicas than replicas can't be had (apache/kafka `Partition.effectiveMinIsr`).
    const needed = Math.min(this.#config.minInsyncReplicas, replicas.length)
    if (isr.length < needed)
      throw new KafkaError(
        'NOT_ENOUGH_REPLICAS',
        `${isr.length} replicas of ${this.topic}-${this.index} are in sync, ${needed} are required`,
      )
  }

  /** Calls the waiter when everything below `endOffset` is in the leader's log. */
  whenWritten(endOffset: number, waiter: CommitWaiter, slot: number): void {
    this.#wait(this.#written, endOffset, this.log.writtenOffset, waiter, slot)
  }

  /** Calls the waiter when everything below `endOffset` is committed: on all in-sync replicas. */
  whenCommitted(endOffset: number, waiter: CommitWaiter, slot: number): void {
    this.#wait(this.#committed, endOffset, this.#highWatermark, waiter, slot)
  }

  get waitingReaders(): number {
    return this.#readers.size
  }

  /** Tells the reader whenever there is more to read, until `unwatch`. */
  watch(reader: ReadWaiter): void {
    this.#readers.add(reader)
  }

  unwatch(reader: ReadWaiter): void {
    this.#readers.delete(reader)
  }

  /** Whole batches from the one that holds `offset`, or the first with records behind it, up to `maxBytes`, below `readableEnd`. */
  read(
    offset: number,
    maxBytes: number,
    isolation: IsolationLevel,
    minOneBatch: boolean,
  ): LogSlice | Promise<LogSlice> {
    return readRecords(this.log, offset, { maxBytes, maxOffset: this.readableEnd(isolation), minOneBatch })
  }

  /** Roughly how much a reader of this isolation level could read from an offset on, without looking at the log. */
  readableBytes(offset: number, isolation: IsolationLevel): number {
    return this.log.readableBytes(offset, this.readableEnd(isolation))
  }

  /** The transactions that a read_committed consumer must skip in what it was given, by their first offset there. */
  abortedTransactions(slice: LogSlice): readonly AbortedTransaction[] {
    return abortedWithin(slice, this.log.abortedTransactions(slice.startOffset, slice.endOffset))
  }

  /** The start of the log, with the epoch of the record there as far as that is known. */
  earliest(): OffsetAndTimestamp {
    const { logStartOffset, epochs } = this.log
    return { offset: logStartOffset, timestamp: -1n, leaderEpoch: epochs.epochOf(logStartOffset) ?? -1 }
  }

  /** The largest leader epoch up to `leaderEpoch` and the offset at which it ended; -1 and -1 when none is known. */
  endOffsetForEpoch(leaderEpoch: number): { readonly leaderEpoch: number; readonly endOffset: number } {
    const found = this.log.endOffsetForEpoch(leaderEpoch)
    return found === undefined
      ? { leaderEpoch: -1, endOffset: -1 }
      : { leaderEpoch: found.epoch, endOffset: found.endOffset }
  }

  /** Takes over the topic's new settings. */
  configure(config: TopicConfig): void {
    this.#config = config
    this.log.updateConfig(config)
  }

  /** The partition is deleted or given up here; everybody who waits is told `error`. */
  retire(error: KafkaError): void {
    this.#gone = error
    this.#release(error)
  }

  /** A leader's epoch begins where its log ends when it takes over, whether or not it ever appends. */
  #beginEpoch(): void {
    if (this.isLeader) this.log.assignEpoch(this.leaderEpoch, this.log.logEndOffset)
  }

  #wait(queue: CommitQueue, endOffset: number, reached: number, waiter: CommitWaiter, slot: number): void {
    if (this.#gone !== undefined) waiter.failed(slot, this.#gone)
    else if (endOffset <= reached) waiter.committed(slot)
    else queue.add(endOffset, waiter, slot)
  }

  #progress(writtenOffset: number): void {
    this.#written.release(writtenOffset)
    // With this broker alone in sync, what its log holds is committed.
    if (writtenOffset <= this.#highWatermark) return
    this.#highWatermark = writtenOffset
    this.log.highWatermark = writtenOffset
    this.#committed.release(writtenOffset)
    for (const reader of this.#readers) reader.progressed(this)
  }

  #release(error: KafkaError): void {
    this.#written.fail(error)
    this.#committed.fail(error)
    for (const reader of this.#readers) reader.progressed(this)
  }
}
