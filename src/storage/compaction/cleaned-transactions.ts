/**
 * The transactions that a cleaning comes across, in the order of the log: which data is aborted, and which markers are
 * of no use any more because nothing of their transaction is left.
 *
 * Source: apache/kafka `CleanedTransactionMetadata.java`.
 */
import {
  isControl,
  isTransactional,
  readAttributes,
  readLastOffset,
  readProducerId,
  readRecordCount,
} from '../../wire/records/batch-header.ts'
import { readEndTransactionMarker } from '../end-transaction-marker.ts'
import type { AbortedTransaction } from '../producer-state.ts'

interface OngoingAborted {
  readonly transaction: AbortedTransaction
  hasBatches: boolean
}

export interface SeenBatch {
  /** The batch is of an aborted transaction, or a marker whose transaction has left no batch. */
  readonly isDisposable: boolean
  /** The aborted transaction that the batch ends, if batches of it are still there: the index must keep it. */
  readonly stillAborted: AbortedTransaction | undefined
}

const NEEDED: SeenBatch = { isDisposable: false, stillAborted: undefined }
const DISPOSABLE: SeenBatch = { isDisposable: true, stillAborted: undefined }

export class CleanedTransactions {
  /** By first offset. */
  readonly #aborted: readonly AbortedTransaction[]
  #nextAborted = 0
  readonly #ongoingAborted = new Map<number, OngoingAborted>()
  readonly #ongoingCommitted = new Set<number>()

  /** `aborted`: those with records in the part of the log that is gone through, by their first offset. */
  constructor(aborted: readonly AbortedTransaction[]) {
    this.#aborted = aborted
  }

  /** Takes the next batch into account. A control batch must be whole; of others only the header is looked at. */
  see(bytes: Buffer, at: number): SeenBatch {
    this.#begin(readLastOffset(bytes, at))
    const attributes = readAttributes(bytes, at)
    const producerId = readProducerId(bytes, at)
    if (isControl(attributes)) return this.#seeMarker(bytes, at, producerId)
    if (!isTransactional(attributes)) return NEEDED
    const ongoing = this.#ongoingAborted.get(producerId)
    if (ongoing === undefined) {
      this.#ongoingCommitted.add(producerId)
      return NEEDED
    }
    ongoing.hasBatches = true
    return DISPOSABLE
  }

  #seeMarker(bytes: Buffer, at: number, producerId: number): SeenBatch {
    // Other control records are kept; a batch without any was emptied by a cleaning before.
    if (readRecordCount(bytes, at) === 0) return DISPOSABLE
    const marker = readEndTransactionMarker(bytes, at)
    if (marker === undefined) return NEEDED
    if (marker.committed) return this.#ongoingCommitted.delete(producerId) ? NEEDED : DISPOSABLE
    const ongoing = this.#ongoingAborted.get(producerId)
    this.#ongoingAborted.delete(producerId)
    if (ongoing === undefined || !ongoing.hasBatches) return DISPOSABLE
    return { isDisposable: false, stillAborted: ongoing.transaction }
  }

  #begin(upToOffset: number): void {
    for (
      let next = this.#aborted[this.#nextAborted];
      next !== undefined && next.firstOffset <= upToOffset;
      next = this.#aborted[++this.#nextAborted]
    ) {
      if (!this.#ongoingAborted.has(next.producerId))
        this.#ongoingAborted.set(next.producerId, { transaction: next, hasBatches: false })
    }
  }
}
