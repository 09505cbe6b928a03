import type { Clock } from '../runtime/clock.ts'
import { KafkaError } from '../wire/errors.ts'
import type {
  CoordinatorLog,
  CoordinatorRecord,
  ReplayTarget,
  TransactionEnd,
  TransactionSource,
} from './coordinator-log.ts'

/** A value that may have to wait for records to be committed. */
export type Soon<T> = T | Promise<T>

export type ShardStatus = 'loading' | 'active' | 'closed'

interface Waiter {
  readonly offset: number
  readonly done: (error?: KafkaError) => void
}

/**
 * A state machine on one partition of an internal topic. Records are appended, then applied, and whatever is told
 * to clients about the state waits until all records that the state rests on are committed. When an append turns
 * out to be lost, the shard closes: its state may differ from the log and has to be rebuilt by replay.
 */
export class Shard {
  readonly #log: CoordinatorLog
  readonly #state: ReplayTarget
  readonly #clock: Clock
  readonly #onLost: (error: KafkaError) => void
  #status: ShardStatus = 'loading'
  #appendedOffset = -1
  #committedOffset = -1
  #waiters: Waiter[] = []

  /** `state` is written by this shard alone; `onLost` is called once, when a record that was applied is lost. */
  constructor(log: CoordinatorLog, state: ReplayTarget, clock: Clock, onLost: (error: KafkaError) => void) {
    this.#log = log
    this.#state = state
    this.#clock = clock
    this.#onLost = onLost
  }

  get status(): ShardStatus {
    return this.#status
  }

  /** Rebuilds the state from the log. Active when it resolves, unless it was closed meanwhile. */
  async load(): Promise<void> {
    await this.#log.replay(this.#state)
    this.activate()
  }

  /** For a log in which there is nothing to replay. */
  activate(): void {
    if (this.#status === 'loading') this.#status = 'active'
  }

  /** Refuses requests while the state is not all there, or no longer the truth. */
  requireActive(): void {
    if (this.#status === 'loading') throw new KafkaError('COORDINATOR_LOAD_IN_PROGRESS')
    if (this.#status === 'closed') throw new KafkaError('NOT_COORDINATOR')
  }

  /** Appends records and applies them to the state. Throws a `KafkaError` when nothing was appended. */
  append(records: readonly CoordinatorRecord[], transaction?: TransactionSource): void {
    this.requireActive()
    const timestampMs = this.#clock.nowMs()
    const endOffset = this.#log.append(records, timestampMs, transaction)
    const producerId = transaction?.producerId ?? -1
    let offset = endOffset - records.length
    for (const record of records) this.#state.onRecord(record, { offset: offset++, timestampMs, producerId })
    this.#follow(endOffset)
  }

  /** As `append`, of what a client has asked for: if it can't be done, that is said in a coordinator's words. */
  write(records: readonly CoordinatorRecord[]): void {
    if (records.length === 0) return
    try {
      this.append(records)
    } catch (error) {
      throw error instanceof KafkaError ? coordinatorError(error) : error
    }
  }

  /** Appends the end of a transaction and applies it. Throws as `append` does. */
  appendMarker(end: TransactionEnd): void {
    this.requireActive()
    const endOffset = this.#log.appendMarker(end, this.#clock.nowMs())
    this.#state.onMarker(end.producerId, end.committed)
    this.#follow(endOffset)
  }

  /** Whether everything that the state rests on is committed. */
  get isSettled(): boolean {
    return this.#committedOffset >= this.#appendedOffset
  }

  /** Hands a value out once all that it rests on is committed. */
  told<T>(value: T): Soon<T> {
    if (this.isSettled) return value
    return new Promise((resolve, reject) => {
      this.whenSettled((error) => (error === undefined ? resolve(value) : reject(error)))
    })
  }

  /** Calls back once everything appended so far is committed: at once if it is. */
  whenSettled(done: (error?: KafkaError) => void): void {
    if (this.#status === 'closed') done(new KafkaError('NOT_COORDINATOR'))
    else if (this.isSettled) done()
    else this.#waiters.push({ offset: this.#appendedOffset, done })
  }

  /** Stops for good. Those who wait hear `error`. */
  close(error: KafkaError): void {
    if (this.#status === 'closed') return
    this.#status = 'closed'
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.done(error)
  }

  #follow(endOffset: number): void {
    this.#appendedOffset = endOffset
    this.#log.whenCommitted(endOffset, (error) => this.#onSettled(endOffset, error))
  }

  #onSettled(endOffset: number, error: KafkaError | undefined): void {
    if (this.#status === 'closed') return
    if (error !== undefined) {
      this.close(coordinatorError(error))
      this.#onLost(error)
      return
    }
    this.#committedOffset = Math.max(this.#committedOffset, endOffset)
    const ready = this.#waiters.findIndex(({ offset }) => offset > this.#committedOffset)
    const released = this.#waiters.splice(0, ready === -1 ? this.#waiters.length : ready)
    for (const { done } of released) done()
  }
}

/**
 * What a client of a coordinator hears when the log refuses. Errors of the internal topic would be taken for
 * errors of the client's own topics (apache/kafka `CoordinatorOperationExceptionHelper`,
 * `appendGroupMetadataErrorToResponseError`).
 */
export function coordinatorError(error: KafkaError): KafkaError {
  switch (error.error) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'NOT_ENOUGH_REPLICAS':
    case 'NOT_ENOUGH_REPLICAS_AFTER_APPEND':
    case 'REQUEST_TIMED_OUT':
      return new KafkaError('COORDINATOR_NOT_AVAILABLE', error.message)
    case 'NOT_LEADER_OR_FOLLOWER':
    case 'KAFKA_STORAGE_ERROR':
      return new KafkaError('NOT_COORDINATOR', error.message)
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
    case 'INVALID_FETCH_SIZE':
      return new KafkaError('UNKNOWN_SERVER_ERROR', error.message)
    default:
      return error
  }
}
