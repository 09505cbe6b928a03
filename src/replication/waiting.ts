import type { KafkaError } from '../wire/errors.ts'

/** Waits until a record that it appended is committed, or is told that this can't be known. */
export interface CommitWaiter {
  /** `slot` is what the waiter gave when it began to wait, so that one waiter can wait on many partitions. */
  committed(slot: number): void
  failed(slot: number, error: KafkaError): void
}

/** Tells one caller of one wait. */
export class CallbackWaiter implements CommitWaiter {
  constructor(private readonly done: (error?: KafkaError) => void) {}

  committed(): void {
    this.done()
  }

  failed(_slot: number, error: KafkaError): void {
    this.done(error)
  }
}

interface Waiting {
  readonly endOffset: number
  readonly waiter: CommitWaiter
  readonly slot: number
}

/** Released places at the front of a queue are cut off when there are so many, and more of them than of the others. */
const SLACK = 1024

/** Those who wait for an offset of one partition, first come first served: appends wait in the order of their offsets. */
export class CommitQueue {
  #waiting: Waiting[] = []
  #head = 0

  add(endOffset: number, waiter: CommitWaiter, slot: number): void {
    this.#waiting.push({ endOffset, waiter, slot })
  }

  /** Releases everybody who waits for an offset up to `endOffset`. */
  release(endOffset: number): void {
    for (;;) {
      const next = this.#waiting[this.#head]
      if (next === undefined || next.endOffset > endOffset) break
      this.#head++
      next.waiter.committed(next.slot)
    }
    if (this.#head === this.#waiting.length) this.#reset()
    else if (this.#head >= SLACK && this.#head * 2 >= this.#waiting.length) this.#cutReleased()
  }

  /** Tells everybody that the outcome is not known. */
  fail(error: KafkaError): void {
    const waiting = this.#waiting.slice(this.#head)
    this.#reset()
    for (const { waiter, slot } of waiting) waiter.failed(slot, error)
  }

  // Under constant load there is always somebody who waits, and the queue is never empty.
  #cutReleased(): void {
    this.#waiting = this.#waiting.slice(this.#head)
    this.#head = 0
  }

  #reset(): void {
    if (this.#waiting.length > 0) this.#waiting = []
    this.#head = 0
  }
}
