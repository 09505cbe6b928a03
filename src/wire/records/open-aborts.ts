import { isControl, isTransactional, readAttributes, readLastOffset, readProducerId } from './batch-header.ts'
import { readMarker } from './control-record.ts'

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/**
 * Tells batches of aborted transactions from others, for a reader that goes from batch to batch: such a transaction
 * lasts from its first offset to its producer's abort marker (KIP-98).
 */
export class OpenAborts {
  readonly #waiting: readonly AbortedTransaction[]
  readonly #producers = new Set<number>()
  #next = 0

  /** `aborted` holds all aborted transactions in what is read, in any order. */
  constructor(aborted: readonly AbortedTransaction[]) {
    this.#waiting = [...aborted].sort((one, other) => one.firstOffset - other.firstOffset)
  }

  /** Whether the next batch, which begins at `at`, is of one. A marker is none. */
  includes(bytes: Buffer, at: number): boolean {
    const attributes = readAttributes(bytes, at)
    if (!isTransactional(attributes)) return false
    const lastOffset = readLastOffset(bytes, at)
    for (
      let each = this.#waiting[this.#next];
      each !== undefined && each.firstOffset <= lastOffset;
      each = this.#waiting[++this.#next]
    )
      this.#producers.add(each.producerId)
    const producerId = readProducerId(bytes, at)
    if (!isControl(attributes)) return this.#producers.has(producerId)
    if (readMarker(bytes, at)?.type === 'ABORT') this.#producers.delete(producerId)
    return false
  }
}
