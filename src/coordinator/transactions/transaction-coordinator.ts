import { TRANSACTION_STATE } from '../../replication/topic-name.ts'
import type { Timer } from '../../runtime/clock.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { CoordinatorLog } from '../coordinator-log.ts'
import { LedShards } from '../led-shards.ts'
import { partitionOfGroup } from '../partition-of-group.ts'
import type { Soon } from '../shard.ts'
import type { AddPartitions, TransactionMember } from './add-partitions.ts'
import type { EndTransaction } from './end-transaction.ts'
import type { InitProducer } from './init-producer.ts'
import type { NeedsProducerId, PartitionsByTopic, ProducerIdentity, Transaction } from './transaction.ts'
import type { TransactionConfig } from './transaction-config.ts'
import { type TransactionEnvironment, TransactionShard } from './transaction-shard.ts'

export interface TransactionCoordinatorOptions
  extends Pick<TransactionEnvironment, 'clock' | 'logger' | 'markers'> {
  readonly config: () => TransactionConfig
  readonly transactionVersion: () => number
  /** transaction.state.log.num.partitions; must never change while there are transactional ids. */
  readonly partitionCount: () => number
  /** Gives out producer ids, each once. */
  readonly nextProducerId: () => Promise<number>
}

/**
 * All transactional ids that this broker coordinates: those whose partition of `__transaction_state` it leads. Requests
 * for others are refused with NOT_COORDINATOR, for those still being read with COORDINATOR_LOAD_IN_PROGRESS. A request
 * that comes while a transaction ends waits a little for that, before it is refused with CONCURRENT_TRANSACTIONS.
 */
export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions
  readonly #environment: TransactionEnvironment
  readonly #shards: LedShards<TransactionShard>
  #timeoutTimer: Timer | undefined
  #isClosed = false

  constructor(options: TransactionCoordinatorOptions) {
    this.#options = options
    const { clock, logger, markers } = options
    this.#environment = {
      clock,
      logger,
      markers,
      get config() {
        return options.config()
      },
      get transactionVersion() {
        return options.transactionVersion()
      },
    }
    this.#shards = new LedShards({
      clock,
      logger,
      topic: TRANSACTION_STATE,
      tidying: {
        intervalMs: () => options.config().idExpirationCheckIntervalMs,
        tidy: (shard) => shard.expireIds(),
      },
      onLoaded: (shard) => {
        if (shard.hasOpenTransactions) this.#watchTimeouts()
      },
    })
  }

  get partitionCount(): number {
    return this.#options.partitionCount()
  }

  /** Which partition of `__transaction_state` an id belongs to (apache/kafka `TransactionStateManager.partitionFor`). */
  partitionOf(transactionalId: string): number {
    return partitionOfGroup(transactionalId, this.partitionCount)
  }

  /**
   * This broker leads the partition now, in this epoch. Serves its ids at once when the log is empty, else when the
   * promise resolves; it never rejects: a log that can't be read leaves the partition unserved.
   */
  lead(partition: number, log: CoordinatorLog, coordinatorEpoch: number): Promise<void> | undefined {
    return this.#shards.lead(
      partition,
      (onLost) => new TransactionShard(log, coordinatorEpoch, this.#environment, onLost),
    )
  }

  /** This broker doesn't lead the partition any more. */
  resign(partition: number): void {
    this.#shards.resign(partition)
  }

  close(): void {
    this.#isClosed = true
    this.#shards.close()
    this.#timeoutTimer?.cancel()
  }

  /** Throws INVALID_TRANSACTION_TIMEOUT for one that is out of bounds. */
  async initProducer(request: InitProducer): Promise<ProducerIdentity> {
    return await this.#patiently(request.transactionalId, (shard, freshProducerId) =>
      shard.initProducer(request, freshProducerId),
    )
  }

  async endTransaction(request: EndTransaction): Promise<ProducerIdentity> {
    return await this.#withProducerId(request.transactionalId, (shard, freshProducerId) =>
      shard.endTransaction(request, freshProducerId),
    )
  }

  /**
   * Calls back, perhaps at once, when the partitions are in the transaction for good, or with the error. Those who ask
   * for the same transaction are called in the order in which they asked.
   */
  addPartitions(request: AddPartitions, done: (error?: KafkaError) => void): void {
    const { clock, config } = this.#environment
    this.#add(request, clock.monotonicMs() + config.endingPatienceMs, done)
  }

  /** As `addPartitions`, for a transaction that must have begun before: calls back with its partitions. */
  verify(request: TransactionMember, done: (found: PartitionsByTopic | KafkaError) => void): void {
    try {
      const shard = this.#shardOf(request.transactionalId)
      const partitions = shard.verifiedPartitions(request)
      shard.whenSettled((error) => done(error ?? partitions))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      done(error)
    }
  }

  async describe(transactionalId: string): Promise<Transaction | undefined> {
    return await this.#shardOf(transactionalId).describe(transactionalId)
  }

  /** Transactional ids that this broker coordinates. Throws COORDINATOR_LOAD_IN_PROGRESS until it knows all of them. */
  async list(): Promise<Transaction[]> {
    const lists = await Promise.all(this.#shards.readable().map((shard) => shard.list()))
    return lists.flat()
  }

  /** For tests and tools. */
  shard(partition: number): TransactionShard | undefined {
    return this.#shards.get(partition)
  }

  #add(request: AddPartitions, deadlineMs: number, done: (error?: KafkaError) => void): void {
    const { transactionalId } = request
    try {
      const shard = this.#shardOf(transactionalId)
      shard.addPartitions(request)
      this.#watchTimeouts()
      shard.whenSettled(done)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const retry = () => this.#add(request, deadlineMs, done)
      if (!this.#waitForEnd(error, transactionalId, deadlineMs, retry, () => done(error))) done(error)
    }
  }

  /** Whether somebody is called later: `over` when the transaction has ended, `late` when that takes too long. */
  #waitForEnd(
    error: KafkaError,
    transactionalId: string,
    deadlineMs: number,
    over: () => void,
    late: () => void,
  ): boolean {
    const { clock } = this.#environment
    const patienceMs = deadlineMs - clock.monotonicMs()
    if (error.error !== 'CONCURRENT_TRANSACTIONS' || patienceMs <= 0) return false
    let isAnswered = false
    const answer = (how: () => void) => () => {
      if (isAnswered) return
      isAnswered = true
      timer?.cancel()
      how()
    }
    let timer: Timer | undefined
    const shard = this.#shards.get(this.partitionOf(transactionalId))
    if (shard?.whenEnded(transactionalId, answer(over)) !== true) return false
    timer = clock.setTimer(patienceMs, answer(late))
    return true
  }

  async #patiently<T>(
    transactionalId: string,
    ask: (shard: TransactionShard, freshProducerId?: number) => Soon<T> | NeedsProducerId,
  ): Promise<T> {
    const { clock, config } = this.#environment
    const deadlineMs = clock.monotonicMs() + config.endingPatienceMs
    for (;;) {
      try {
        return await this.#withProducerId(transactionalId, ask)
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        await new Promise<void>((resolve, reject) => {
          const late = () => reject(error)
          if (!this.#waitForEnd(error, transactionalId, deadlineMs, resolve, late)) reject(error)
        })
      }
    }
  }

  async #withProducerId<T>(
    transactionalId: string,
    ask: (shard: TransactionShard, freshProducerId?: number) => Soon<T> | NeedsProducerId,
  ): Promise<T> {
    let freshProducerId: number | undefined
    for (;;) {
      const answer = ask(this.#shardOf(transactionalId), freshProducerId)
      if (answer !== 'needs producer id') return await answer
      freshProducerId = await this.#options.nextProducerId()
    }
  }

  #shardOf(transactionalId: string): TransactionShard {
    return this.#shards.require(this.partitionOf(transactionalId))
  }

  /** Only while a transaction is open is there anything to look at. */
  #watchTimeouts(): void {
    if (this.#timeoutTimer !== undefined || this.#isClosed) return
    const { clock, config } = this.#environment
    this.#timeoutTimer = clock.setTimer(config.timeoutCheckIntervalMs, () => {
      this.#timeoutTimer = undefined
      for (const shard of this.#shards.values()) this.#abortTimedOut(shard)
      if ([...this.#shards.values()].some(({ hasOpenTransactions }) => hasOpenTransactions))
        this.#watchTimeouts()
    })
  }

  #abortTimedOut(shard: TransactionShard, freshProducerId?: number): void {
    this.#shards.tidy(() => {
      if (!shard.abortTimedOut(freshProducerId)) return
      this.#options.nextProducerId().then(
        (producerId) => this.#abortTimedOut(shard, producerId),
        (error: unknown) => this.#options.logger.warn({ error }, 'no producer id is to be had'),
      )
    })
  }
}
