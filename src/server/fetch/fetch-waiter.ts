import type { Partition, ReadWaiter } from '../../replication/partition.ts'
import type { Partitions } from '../../replication/partitions.ts'
import type { Clock, Timer } from '../../runtime/clock.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { ConnectionInfo } from '../handler.ts'
import type { FetchPartition } from './fetch-partition.ts'
import { divergence, type FetchLimits, findPartition } from './read-partitions.ts'

/**
 * A Fetch that waits until enough can be read (KIP-74's `minBytes`), its time is up, or its client is gone. It knows
 * how much each partition has for it and counts only what has come since, so an append costs it one subtraction.
 */
export class FetchWaiter implements ReadWaiter {
  readonly #limits: FetchLimits
  readonly #minBytes: number
  readonly #watched = new Map<Partition, { readonly asked: FetchPartition; readableBytes: number }>()
  #readableBytes = 0
  /** Something can be told at once: an error, or a log that has branched off. */
  #urgent = false
  #wake: (() => void) | undefined
  #timer: Timer | undefined
  #forgetClose: (() => void) | undefined

  constructor(
    limits: FetchLimits,
    minBytes: number,
    asked: Iterable<FetchPartition>,
    partitions: Partitions,
  ) {
    this.#limits = limits
    this.#minBytes = minBytes
    for (const each of asked) this.#consider(each, partitions)
  }

  /** Whether there is reason to answer now. */
  get isSatisfied(): boolean {
    return this.#urgent || this.#watched.size === 0 || this.#readableBytes >= this.#minBytes
  }

  /** Resolves when it is satisfied, after `maxWaitMs`, or when the connection closes. */
  wait(maxWaitMs: number, clock: Clock, connection: ConnectionInfo): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      for (const partition of this.#watched.keys()) partition.watch(this)
      this.#timer = clock.setTimer(maxWaitMs, () => this.#finish())
      this.#forgetClose = connection.onClose(() => this.#finish())
    })
  }

  progressed(partition: Partition): void {
    const watched = this.#watched.get(partition)
    if (watched === undefined) return
    this.#measure(partition, watched)
    if (this.isSatisfied) this.#finish()
  }

  #consider(asked: FetchPartition, partitions: Partitions): void {
    try {
      const partition = findPartition(asked, partitions)
      if (divergence(asked, partition) !== undefined) this.#urgent = true
      const watched = { asked, readableBytes: 0 }
      this.#watched.set(partition, watched)
      this.#measure(partition, watched)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      if (!isOfNothing(error)) this.#urgent = true
    }
  }

  #measure(partition: Partition, watched: { readonly asked: FetchPartition; readableBytes: number }): void {
    const { fetchOffset, maxBytes } = watched.asked
    if (
      !partition.isLeader ||
      fetchOffset < partition.log.logStartOffset ||
      fetchOffset > partition.log.logEndOffset
    ) {
      this.#urgent = true
      return
    }
    const readableBytes = Math.min(maxBytes, partition.readableBytes(fetchOffset, this.#limits.isolation))
    this.#readableBytes += readableBytes - watched.readableBytes
    watched.readableBytes = readableBytes
  }

  #finish(): void {
    const wake = this.#wake
    if (wake === undefined) return
    this.#wake = undefined
    for (const partition of this.#watched.keys()) partition.unwatch(this)
    this.#timer?.cancel()
    this.#forgetClose?.()
    wake()
  }
}

/**
 * What doesn't exist ends no wait: a consumer that goes on asking for a deleted topic beside others would never wait.
 * Source: apache/kafka `KafkaApis.handleFetchRequest` (`erroneous` and `interesting`).
 */
function isOfNothing({ error }: KafkaError): boolean {
  return error === 'UNKNOWN_TOPIC_OR_PARTITION' || error === 'UNKNOWN_TOPIC_ID'
}
