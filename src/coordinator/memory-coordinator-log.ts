import type { KafkaError } from '../wire/errors.ts'
import type { CoordinatorLog, CoordinatorRecord, ReplayTarget, TransactionSource } from './coordinator-log.ts'

interface Entry {
  readonly record: CoordinatorRecord
  readonly timestampMs: number
  readonly producerId: number
}

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
  #holdsCommits = false
  #waiting: Waiting[] = []

  get isEmpty(): boolean {
    return this.entries.length === 0
  }

  append(records: readonly CoordinatorRecord[], nowMs: number, transaction?: TransactionSource): number {
    const refusal = this.refuseNext
    this.refuseNext = undefined
    if (refusal !== undefined) throw refusal
    const producerId = transaction?.producerId ?? -1
    for (const record of records) this.entries.push({ record, timestampMs: nowMs, producerId })
    return this.entries.length
  }

  whenCommitted(offset: number, done: (error?: KafkaError) => void): void {
    if (this.#holdsCommits) this.#waiting.push({ offset, done })
    else done()
  }

  async replay(target: ReplayTarget): Promise<void> {
    for (const [offset, { record, timestampMs, producerId }] of this.entries.entries())
      target.onRecord(record, { offset, timestampMs, producerId })
  }

  /** From now on nothing is committed until `commit` is called. */
  holdCommits(): void {
    this.#holdsCommits = true
  }

  /** Commits everything appended so far. */
  commit(): void {
    this.#holdsCommits = false
    for (const { done } of this.#waiting.splice(0)) done()
  }

  /** Loses everything that was appended since commits were held back. */
  lose(error: KafkaError): void {
    this.#holdsCommits = false
    const lost = this.#waiting.splice(0)
    const [first] = lost
    if (first !== undefined) this.entries.length = Math.max(0, first.offset - 1)
    for (const { done } of lost) done(error)
  }
}
