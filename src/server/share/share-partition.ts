import type { SharePartitionStates } from '../../coordinator/share-state/share-coordinator.ts'
import type { SharePartitionKey } from '../../coordinator/share-state/share-partition-key.ts'
import type { SharePartitionRead } from '../../coordinator/share-state/share-state-shard.ts'
import { deliveryStates, type StateBatch } from '../../coordinator/share-state/state-batches.ts'
import type { Partition } from '../../replication/partition.ts'
import type { Clock, Timer } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/log.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { ShareGroupConfig, ShareOffsetReset } from '../configs/share-group-config.ts'
import { type Acknowledgement, acknowledgeTypes } from './acknowledgement.ts'
import type { DeadLetterOffice, DeadLetters } from './dead-letters/dead-letter.ts'
import {
  type AcquiredBatch,
  type AcquireRequest,
  type DeliveryLimits,
  InFlightRecords,
  type Transition,
} from './in-flight-records.ts'

/** Far above every limit; delivery counts are int16. */
const MAX_STORED_DELIVERIES = 10_000

/** Is told when a share partition may have something to deliver, or is given up. */
export interface DeliveryWaiter {
  deliverable(share: SharePartition): void
}

export interface SharePartitionEnvironment {
  readonly clock: Clock
  readonly logger: Logger
  readonly states: SharePartitionStates
  readonly config: (groupId: string) => ShareGroupConfig
  readonly deadLetters: DeadLetterOffice
  /** Somebody else leads, or has set the state anew, or there is none: this one must not be used any more. */
  readonly onFenced: (share: SharePartition) => void
}

/**
 * A topic partition as one share group sees it, on the partition's leader: what is delivered to whom, with a timer for
 * the locks, and every change that must survive written to the share coordinator before it counts (KIP-932).
 */
export class SharePartition {
  readonly key: SharePartitionKey
  readonly partition: Partition
  readonly leaderEpoch: number
  readonly #environment: SharePartitionEnvironment
  readonly #waiters = new Set<DeliveryWaiter>()
  #records: InFlightRecords | undefined
  #stateEpoch = 0
  #loading: Promise<void> | undefined
  #timer: Timer | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #gone: KafkaError | undefined
  #isReading = false
  #isAwaited = false

  constructor(key: SharePartitionKey, partition: Partition, environment: SharePartitionEnvironment) {
    this.key = key
    this.partition = partition
    this.leaderEpoch = partition.leaderEpoch
    this.#environment = environment
  }

  get config(): ShareGroupConfig {
    return this.#environment.config(this.key.groupId)
  }

  get isLoaded(): boolean {
    return this.#records !== undefined
  }

  /** The state of the records in flight; for tests and tools. */
  get records(): InFlightRecords | undefined {
    return this.#records
  }

  /** Why it can't be used any more. */
  get gone(): KafkaError | undefined {
    return this.#gone
  }

  /** Reads the state, and finds out where to begin when there is none. Rejects with a `KafkaError`. */
  load(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  /** Whether somebody reads from it: one at a time, since two would find the same records. Who asks hears when it is over. */
  get isBusy(): boolean {
    if (this.#isReading) this.#isAwaited = true
    return this.#isReading
  }

  beginReading(): void {
    this.#isReading = true
  }

  endReading(): void {
    this.#isReading = false
    if (!this.#isAwaited) return
    this.#isAwaited = false
    this.notify()
  }

  watch(waiter: DeliveryWaiter): void {
    this.#waiters.add(waiter)
  }

  unwatch(waiter: DeliveryWaiter): void {
    this.#waiters.delete(waiter)
  }

  /** Where the next delivery is to be read; nothing when no record may be acquired now. */
  nextFetchOffset(): number | undefined {
    const records = this.#records
    if (records === undefined || this.#gone !== undefined) return undefined
    records.moveStart(this.partition.log.logStartOffset)
    return records.canAcquire(this.#limits) ? records.nextFetchOffset : undefined
  }

  acquire(request: Omit<AcquireRequest, 'lockedUntilMs'>): AcquiredBatch[] {
    if (this.#records === undefined || this.#gone !== undefined) return []
    const { config } = this
    const lockedUntilMs = this.#environment.clock.monotonicMs() + config.lockDurationMs
    const acquired = this.#records.acquire({ ...request, lockedUntilMs }, this.#limits)
    this.#arm()
    return acquired
  }

  /** Resolves when it is stored. Rejects with INVALID_RECORD_STATE, INVALID_REQUEST, or why it can't be stored. */
  async acknowledge(memberId: string, acknowledgements: readonly Acknowledgement[]): Promise<void> {
    const records = this.#require()
    const { config } = this
    const renews = acknowledgements.some(({ types }) => types.includes(acknowledgeTypes.RENEW))
    if (renews && !config.renewAcknowledgeEnable)
      throw new KafkaError('INVALID_RECORD_STATE', 'Renewing acquisition locks is not enabled for the group.')
    const renewedUntilMs = this.#environment.clock.monotonicMs() + config.lockDurationMs
    await this.#store(records.acknowledge(memberId, acknowledgements, this.#limits, renewedUntilMs))
  }

  /** Takes back what a member has that is gone. */
  async release(memberId: string): Promise<void> {
    if (this.#records !== undefined && this.#gone === undefined)
      await this.#store(this.#records.release(memberId, this.#limits))
  }

  /** It is not used here any more; who waits looks for another. */
  close(error: KafkaError): void {
    this.#gone ??= error
    this.#timer?.cancel()
    this.#timer = undefined
    this.notify()
  }

  /** Wakes those who wait for something to deliver. */
  notify(): void {
    for (const waiter of [...this.#waiters]) waiter.deliverable(this)
  }

  get #limits(): DeliveryLimits {
    const { maxDeliveries, maxLocks } = this.config
    const hasDeadLetters = this.#environment.deadLetters.takesFrom(this.key.groupId)
    return { maxDeliveries, maxLocks, hasDeadLetters }
  }

  #require(): InFlightRecords {
    if (this.#gone !== undefined) throw this.#gone
    if (this.#records === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    return this.#records
  }

  async #load(): Promise<void> {
    if (this.#gone !== undefined) throw this.#gone
    if (this.#records !== undefined) return
    const { stateEpoch, startOffset, batches } = await this.#read()
    const begin = startOffset === -1 ? await this.#begin(this.config.offsetReset) : startOffset
    this.#stateEpoch = stateEpoch
    const { logStartOffset, logEndOffset } = this.partition.log
    this.#records = new InFlightRecords(begin, believable(batches, logEndOffset))
    this.#records.moveStart(logStartOffset)
    this.#bury(this.#records.archiving(this.#limits))
  }

  async #read(): Promise<SharePartitionRead> {
    try {
      return await this.#environment.states.read(this.key, this.leaderEpoch)
    } catch (error) {
      // Groups that a client makes up must leave nothing behind.
      this.#environment.onFenced(this)
      throw stateError(error)
    }
  }

  async #begin(reset: ShareOffsetReset): Promise<number> {
    const { log, highWatermark } = this.partition
    if (reset.kind === 'earliest') return log.logStartOffset
    if (reset.kind === 'latest') return highWatermark
    const timestamp = BigInt(Math.floor(this.#environment.clock.nowMs() - reset.durationMs))
    const found = await log.offsetForTimestamp(timestamp)
    return found === undefined ? highWatermark : Math.min(found.offset, highWatermark)
  }

  /**
   * Writes a change and settles it; what can't be written is taken back, unless it stands whatever is stored. Who is
   * fenced is done for.
   */
  async #store(transition: Transition, stands = false): Promise<void> {
    if (transition.spans.length === 0) {
      this.#arm()
      return
    }
    const { startOffset, deliveryCompleteCount, batches } = transition
    try {
      await this.#environment.states.write(this.key, {
        stateEpoch: this.#stateEpoch,
        leaderEpoch: this.leaderEpoch,
        startOffset,
        deliveryCompleteCount,
        batches,
      })
    } catch (error) {
      this.#records?.settle(transition, stands)
      this.#arm()
      if (stands) this.#bury(transition.deadLetters)
      if (!(error instanceof KafkaError)) throw error
      if (isFenced(error)) this.#environment.onFenced(this)
      throw stateError(error)
    }
    this.#records?.settle(transition, true)
    this.#arm()
    this.notify()
    this.#bury(transition.deadLetters)
  }

  /**
   * What is given up goes to the dead-letter topic and is archived then, while nobody waits for it: a member's
   * acknowledgement counts as soon as it is stored (`SharePartition.initiateDLQAndArchive`).
   */
  #bury(letters: readonly DeadLetters[]): void {
    if (letters.length === 0) return
    const { key, partition } = this
    void this.#environment.deadLetters.post({ key, partition, letters }).then(async (isOver) => {
      if (!isOver) return
      try {
        await this.#archive(letters)
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        // Who reads the state next writes them once more: a dead letter is written at least once.
        this.#environment.logger.warn({ ...key, error: error.error }, 'buried records could not be stored')
      }
    })
  }

  async #archive(letters: readonly DeadLetters[]): Promise<void> {
    if (this.#records !== undefined && this.#gone === undefined) {
      await this.#store(this.#records.archive(letters), true)
      return
    }
    // Who took over, or takes over later, must not bury them once more; but it alone knows where delivery begins.
    await this.#environment.states.write(this.key, {
      stateEpoch: this.#stateEpoch,
      leaderEpoch: this.leaderEpoch,
      startOffset: -1,
      deliveryCompleteCount: -1,
      batches: letters.map(({ firstOffset, lastOffset, deliveryCount }) => ({
        firstOffset,
        lastOffset,
        deliveryState: deliveryStates.ARCHIVED,
        deliveryCount,
      })),
    })
  }

  #arm(): void {
    const atMs = this.#records?.nextLockEndMs ?? Number.POSITIVE_INFINITY
    // A timer that is due earlier finds nothing and is set anew.
    if (this.#gone !== undefined || atMs >= this.#timerAtMs) return
    this.#timer?.cancel()
    const { clock } = this.#environment
    this.#timerAtMs = atMs
    this.#timer = clock.setTimer(Math.max(0, atMs - clock.monotonicMs()), () => {
      this.#timer = undefined
      this.#timerAtMs = Number.POSITIVE_INFINITY
      this.#expireLocks()
    })
  }

  #expireLocks(): void {
    if (this.#records === undefined || this.#gone !== undefined) return
    const expired = this.#records.expireLocks(this.#environment.clock.monotonicMs(), this.#limits)
    // Whether or not it can be stored: after a restart they are free all the same.
    this.#store(expired, true).catch((error: unknown) => {
      if (!(error instanceof KafkaError)) throw error
      this.#environment.logger.warn({ ...this.key, error: error.error }, 'released locks could not be stored')
    })
  }
}

/** A state may be anybody's writing: nothing is known of records that are not there, and counts leave room to count on. */
function believable(batches: readonly StateBatch[], logEndOffset: number): StateBatch[] {
  return batches
    .filter(({ firstOffset }) => firstOffset < logEndOffset)
    .map((batch) => ({
      ...batch,
      lastOffset: Math.min(batch.lastOffset, logEndOffset - 1),
      deliveryCount: Math.min(Math.max(0, batch.deliveryCount), MAX_STORED_DELIVERIES),
    }))
}

function isFenced({ error }: KafkaError): boolean {
  return (
    error === 'FENCED_STATE_EPOCH' ||
    error === 'FENCED_LEADER_EPOCH' ||
    error === 'INVALID_REQUEST' ||
    error === 'UNKNOWN_TOPIC_OR_PARTITION'
  )
}

/**
 * There is no state: the group doesn't share the partition, or the state was deleted. The client has done nothing wrong
 * but to ask for it; Kafka says no more, either.
 */
function stateError(error: unknown): unknown {
  const isUninitialized = error instanceof KafkaError && error.error === 'INVALID_REQUEST'
  return isUninitialized ? new KafkaError('UNKNOWN_SERVER_ERROR', error.message) : error
}
