import type { Clock, Timer } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/log.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { CoordinatorLog, CoordinatorRecord } from '../coordinator-log.ts'
import { Shard, type ShardStatus, type Soon } from '../shard.ts'
import {
  type AddPartitions,
  addPartitions,
  type TransactionMember,
  verifiedPartitions,
} from './add-partitions.ts'
import { complete, type EndTransaction, endTransaction, fence } from './end-transaction.ts'
import { type InitProducer, initProducer, requireOwner } from './init-producer.ts'
import {
  isEnding,
  type NeedsProducerId,
  type PartitionsByTopic,
  type ProducerIdentity,
  type Transaction,
} from './transaction.ts'
import type { TransactionConfig } from './transaction-config.ts'
import { MarkerRound, type MarkerWriter } from './transaction-markers.ts'
import { transactionRecord, transactionTombstone } from './transaction-records.ts'
import { TransactionState } from './transaction-state.ts'

/** What a transaction coordinator gets from outside. */
export interface TransactionEnvironment {
  readonly clock: Clock
  readonly logger: Logger
  readonly config: TransactionConfig
  readonly markers: MarkerWriter
  /** The finalized level of the feature `transaction.version`. */
  readonly transactionVersion: number
}

/** A transaction whose markers are being written. */
interface Ending {
  round: MarkerRound | undefined
  retry: Timer | undefined
  /** Those who want to know when it is over, or that it takes longer; in the order in which they came. */
  readonly waiters: EndWaiter[]
}

interface EndWaiter {
  readonly over: () => void
  readonly delayed?: () => void
}

const TOMBSTONES_PER_BATCH = 1_000
const COMPLETE_RETRY_MS = 100
/** The timeout of a transaction that has none: its outcome is decided elsewhere (KIP-939). */
const NEVER_MS = 0x7fff_ffff

/**
 * The transactional ids of one partition of `__transaction_state`. Requests are decided at once, in the order in which
 * they come; what they are answered waits until it is committed. Methods throw a `KafkaError` that refuses the request.
 */
export class TransactionShard {
  readonly #environment: TransactionEnvironment
  readonly #coordinatorEpoch: number
  readonly #state: TransactionState
  readonly #shard: Shard
  readonly #endings = new Map<string, Ending>()

  constructor(
    log: CoordinatorLog,
    coordinatorEpoch: number,
    environment: TransactionEnvironment,
    onLost: (error: KafkaError) => void,
  ) {
    this.#environment = environment
    this.#coordinatorEpoch = coordinatorEpoch
    this.#state = new TransactionState(environment.logger)
    this.#shard = new Shard(log, this.#state, environment.clock, onLost)
    if (log.isEmpty) this.#shard.activate()
  }

  get status(): ShardStatus {
    return this.#shard.status
  }

  get hasOpenTransactions(): boolean {
    return this.#state.open.size > 0
  }

  /** Replays the log, and sets about ending what was decided and not told everywhere. */
  async load(): Promise<void> {
    await this.#shard.load()
    if (this.#shard.status !== 'active') return
    for (const transaction of this.#state.transactions.values())
      if (isEnding(transaction)) this.#sendMarkers(transaction)
  }

  /** Stops for good; every request that waits here hears `error`. */
  close(error: KafkaError): void {
    this.#shard.close(error)
    const endings = [...this.#endings.values()]
    this.#endings.clear()
    for (const { round, retry, waiters } of endings) {
      round?.stop()
      retry?.cancel()
      for (const { over } of waiters) over()
    }
  }

  /** An open transaction is aborted, and CONCURRENT_TRANSACTIONS thrown: ask again when that is over. */
  initProducer(request: InitProducer, freshProducerId?: number): Soon<ProducerIdentity> | NeedsProducerId {
    this.#shard.requireActive()
    const { transactionalId, expected } = request
    const transaction = this.#state.transactions.get(transactionalId)
    if (transaction?.phase === 'Ongoing') {
      requireOwner(transaction, expected)
      if (this.#fence(transaction, freshProducerId) !== undefined) return 'needs producer id'
    }
    const current = this.#state.transactions.get(transactionalId)
    const step = initProducer(current, request, freshProducerId, this.#environment.clock.nowMs())
    if (step === 'needs producer id' || step.next === undefined) return 'needs producer id'
    this.#append(step.next)
    return this.#shard.told(identityOf(step.next))
  }

  addPartitions(request: AddPartitions): void {
    this.#shard.requireActive()
    const transaction = this.#state.transactions.get(request.transactionalId)
    const next = addPartitions(transaction, request, this.#environment.clock.nowMs())
    if (next !== undefined) this.#append(next)
  }

  verifiedPartitions(request: TransactionMember): PartitionsByTopic {
    this.#shard.requireActive()
    return verifiedPartitions(this.#state.transactions.get(request.transactionalId), request)
  }

  /** Resolves when the outcome is told to all partitions; if that takes its time, once it is certain. */
  endTransaction(
    request: EndTransaction,
    freshProducerId?: number,
  ): Soon<ProducerIdentity> | NeedsProducerId {
    this.#shard.requireActive()
    const { transactionalId } = request
    const transaction = this.#state.transactions.get(transactionalId)
    const step = endTransaction(transaction, request, freshProducerId, this.#environment.clock.nowMs())
    if (step === 'needs producer id') return step
    const { next } = step
    if (next === undefined || transaction === undefined)
      return this.#shard.told(identityOf(transaction ?? request))
    this.#append(next)
    const identity = identityOf(complete(next, 0))
    const ended = new Promise<void>((resolve) => this.#end(next, { over: resolve, delayed: resolve }))
    return ended.then(() => {
      this.#shard.requireActive()
      return this.#shard.told(identity)
    })
  }

  /** Calls back when everything decided so far is committed: at once if it is. */
  whenSettled(done: (error?: KafkaError) => void): void {
    this.#shard.whenSettled(done)
  }

  /** Calls back when the transaction that is ending is over; false when none is, or the shard closes. */
  whenEnded(transactionalId: string, over: () => void): boolean {
    const ending = this.#endings.get(transactionalId)
    ending?.waiters.push({ over })
    return ending !== undefined
  }

  describe(transactionalId: string): Soon<Transaction | undefined> {
    this.#shard.requireActive()
    return this.#shard.told(this.#state.transactions.get(transactionalId))
  }

  list(): Soon<readonly Transaction[]> {
    this.#shard.requireActive()
    return this.#shard.told([...this.#state.transactions.values()])
  }

  /**
   * Aborts transactions that have been open for longer than their producers wanted. Returns whether one of them can't
   * be without a fresh producer id.
   */
  abortTimedOut(freshProducerId?: number): boolean {
    if (this.#shard.status !== 'active') return false
    const nowMs = this.#environment.clock.nowMs()
    let fresh = freshProducerId
    for (const transactionalId of [...this.#state.open]) {
      const transaction = this.#state.transactions.get(transactionalId)
      if (transaction === undefined || transaction.timeoutMs === NEVER_MS) continue
      if (transaction.startMs + transaction.timeoutMs >= nowMs) continue
      if (this.#fence(transaction, fresh) === undefined) this.#logTimeout(transaction)
      else if (fresh === undefined) return true
      // An id is for one producer only.
      if (this.#state.transactions.get(transactionalId)?.nextProducerId === fresh) fresh = undefined
    }
    return false
  }

  /** Forgets ids that nobody has used for so long. */
  expireIds(): void {
    if (this.#shard.status !== 'active') return
    const { clock, config } = this.#environment
    const latestMs = clock.nowMs() - config.idExpirationMs
    const tombstones: CoordinatorRecord[] = []
    for (const { transactionalId, phase, lastUpdateMs } of this.#state.transactions.values()) {
      const isIdle = phase === 'Empty' || phase === 'CompleteCommit' || phase === 'CompleteAbort'
      if (isIdle && lastUpdateMs <= latestMs) tombstones.push(transactionTombstone(transactionalId))
    }
    for (let at = 0; at < tombstones.length; at += TOMBSTONES_PER_BATCH)
      this.#shard.write(tombstones.slice(at, at + TOMBSTONES_PER_BATCH))
  }

  #fence(transaction: Transaction, freshProducerId: number | undefined): NeedsProducerId | undefined {
    const { transactionVersion, clock } = this.#environment
    const step = fence(transaction, transactionVersion, freshProducerId, clock.nowMs())
    if (step === 'needs producer id' || step.next === undefined) return 'needs producer id'
    this.#append(step.next)
    this.#end(step.next)
    return undefined
  }

  #append(next: Transaction): void {
    this.#shard.write([transactionRecord(next, this.#environment.transactionVersion)])
    this.#state.remember(next)
  }

  /** The outcome is written down; once that is committed, it can be told. */
  #end(prepared: Transaction, waiter?: EndWaiter): void {
    const ending: Ending = {
      round: undefined,
      retry: undefined,
      waiters: waiter === undefined ? [] : [waiter],
    }
    this.#endings.set(prepared.transactionalId, ending)
    this.#shard.whenSettled((error) => {
      if (error === undefined) this.#sendMarkers(prepared)
    })
  }

  #sendMarkers(prepared: Transaction): void {
    const { transactionalId, producerId, producerEpoch, clientTransactionVersion, partitions } = prepared
    const { clock, logger, markers } = this.#environment
    const ending = this.#endings.get(transactionalId) ?? { round: undefined, retry: undefined, waiters: [] }
    this.#endings.set(transactionalId, ending)
    ending.round = new MarkerRound({
      writer: markers,
      clock,
      logger,
      end: {
        producerId,
        producerEpoch,
        committed: prepared.phase === 'PrepareCommit',
        coordinatorEpoch: this.#coordinatorEpoch,
        transactionVersion: clientTransactionVersion,
      },
      partitions,
      onDone: () => this.#complete(prepared, ending),
      onDelay: () => {
        for (const { delayed } of ending.waiters) delayed?.()
      },
    })
    ending.round.start()
  }

  #complete(prepared: Transaction, ending: Ending): void {
    const { clock, logger } = this.#environment
    const { transactionalId } = prepared
    try {
      this.#append(complete(prepared, clock.nowMs()))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      logger.warn({ transactionalId, error: error.error }, 'the end of a transaction can not be written yet')
      for (const { delayed } of ending.waiters) delayed?.()
      if (this.#shard.status === 'active')
        ending.retry = clock.setTimer(COMPLETE_RETRY_MS, () => this.#complete(prepared, ending))
      return
    }
    this.#endings.delete(transactionalId)
    for (const { over } of ending.waiters) over()
  }

  #logTimeout({ transactionalId, producerId, timeoutMs }: Transaction): void {
    this.#environment.logger.info(
      { transactionalId, producerId, timeoutMs },
      'a transaction took too long and is aborted',
    )
  }
}

function identityOf({ producerId, producerEpoch }: ProducerIdentity): ProducerIdentity {
  return { producerId, producerEpoch }
}
