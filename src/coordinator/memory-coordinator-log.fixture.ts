import type { KafkaError } from '../wire/errors.ts'
import type {
  CoordinatorLog,
  CoordinatorRecord,
  ReplayTarget,
  TransactionEnd,
  TransactionSource,
} from './coordinator-log.ts'

type Entry =
  | { readonly record: CoordinatorRecord; readonly timestampMs: number; readonly producerId: number }
  | { readonly marker: boolean; readonly producerId: number }

interface Waiting {
  readonly offset: number
  readonly done: (error?: KafkaError) => void
}

/** A log in memory, for tests: commits can be held back, appends refused, and what is not committed lost. */
export class MemoryCoordinatorLog implements CoordinatorLog {
  /** Everything appended so far, in order. */
  readonly entries: Entry[] = []
  /** Thrown by the next append instead of appending. */
  refuseNext: KafkaError | undefined
  #heldAt: number | undefined
  #waiting: Waiting[] = []

  get isEmpty(): boolean {
    return this.entries.length === 0
  }

  append(records: readonly CoordinatorRecord[], nowMs: number, transaction?: TransactionSource): number {
    this.#refuseIfAsked()
    const producerId = transaction?.producerId ?? -1
    for (const record of records) this.entries.push({ record, timestampMs: nowMs, producerId })
    return this.entries.length
  }

  appendMarker({ producerId, committed }: TransactionEnd): number {
    this.#refuseIfAsked()
    this.entries.push({ marker: committed, producerId })
    return this.entries.length
  }

  whenCommitted(offset: number, done: (error?: KafkaError) => void): void {
    if (this.#heldAt !== undefined) this.#waiting.push({ offset, done })
    else done()
  }

  async replay(target: ReplayTarget): Promise<void> {
    for (const [offset, entry] of this.entries.entries()) {
      if ('marker' in entry) target.onMarker(entry.producerId, entry.marker)
      else {
        const { record, timestampMs, producerId } = entry
        target.onRecord(record, { offset, timestampMs, producerId })
      }
    }
  }

  /** Whether what was appended may still be lost. */
  get holdsCommits(): boolean {
    return this.#heldAt !== undefined
  }

  /** From now on nothing is committed until `commit` is called. */
  holdCommits(): void {
    this.#heldAt ??= this.entries.length
  }

  /** Commits everything appended so far. */
  commit(): void {
    this.#heldAt = undefined
    for (const { done } of this.#waiting.splice(0)) done()
  }

  /** Loses everything that was appended since commits were held back. */
  lose(error: KafkaError): void {
    if (this.#heldAt !== undefined) this.entries.length = this.#heldAt
    this.#heldAt = undefined
    for (const { done } of this.#waiting.splice(0)) done(error)
  }

  #refuseIfAsked(): void {
    const refusal = this.refuseNext
    this.refuseNext = undefined
    if (refusal !== undefined) throw refusal
  }
}
