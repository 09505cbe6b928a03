import type { Clock, Timer } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/log.ts'
import type { KafkaError } from '../../wire/errors.ts'
import type { TransactionEnd } from '../coordinator-log.ts'
import type { PartitionsByTopic } from './transaction.ts'

/** Writes markers to partitions, wherever they are led. */
export interface MarkerWriter {
  /**
   * Ends a producer's transaction in one partition; calls back, perhaps at once, when the marker is committed there,
   * with the error when it isn't. A partition that does not exist any more has no transaction to end: no error.
   */
  write(end: TransactionEnd, topic: string, partition: number, done: (error?: KafkaError) => void): void
}

export interface MarkerRoundOptions {
  readonly writer: MarkerWriter
  readonly clock: Clock
  readonly logger: Logger
  readonly end: TransactionEnd
  readonly partitions: PartitionsByTopic
  /** Every partition knows the outcome. */
  readonly onDone: () => void
  /** Some partition has to be asked again, which may take its time. Called at most once. */
  readonly onDelay: () => void
}

const FIRST_RETRY_MS = 10
const LONGEST_RETRY_MS = 1_000

/** Tells the outcome of one transaction to all its partitions, again and again until each of them has it. */
export class MarkerRound {
  readonly #options: MarkerRoundOptions
  #outstanding = 0
  #isDelayed = false
  #retryMs = FIRST_RETRY_MS
  #refused: { topic: string; partition: number }[] = []
  #timer: Timer | undefined
  #isStopped = false

  constructor(options: MarkerRoundOptions) {
    this.#options = options
  }

  start(): void {
    const all: { topic: string; partition: number }[] = []
    for (const [topic, indexes] of this.#options.partitions)
      for (const partition of indexes) all.push({ topic, partition })
    this.#send(all)
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #send(partitions: readonly { topic: string; partition: number }[]): void {
    const { writer, end } = this.#options
    // One more than there are, so that answers which come at once don't end the round halfway.
    this.#outstanding = partitions.length + 1
    for (const { topic, partition } of partitions)
      writer.write(end, topic, partition, (error) => this.#answered(topic, partition, error))
    this.#settled()
  }

  #answered(topic: string, partition: number, error: KafkaError | undefined): void {
    if (this.#isStopped) return
    if (error !== undefined && isFinal(error))
      this.#options.logger.error(
        { topic, partition, error: error.message, producerId: this.#options.end.producerId },
        'a partition knows a later epoch of this producer than its transaction coordinator',
      )
    else if (error !== undefined) this.#refused.push({ topic, partition })
    this.#settled()
  }

  #settled(): void {
    this.#outstanding--
    if (this.#outstanding > 0 || this.#isStopped) return
    const refused = this.#refused
    this.#refused = []
    if (refused.length === 0) {
      this.#options.onDone()
      return
    }
    if (!this.#isDelayed) this.#options.onDelay()
    this.#isDelayed = true
    this.#timer = this.#options.clock.setTimer(this.#retryMs, () => this.#send(refused))
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS)
  }
}

/** Asking again would change nothing: whatever was open under the older epoch is over. */
function isFinal({ error }: KafkaError): boolean {
  return error === 'INVALID_PRODUCER_EPOCH' || error === 'TRANSACTION_COORDINATOR_FENCED'
}
