/**
 * How fast the cleaner works: it gives way to everything else after a few milliseconds, and reads and writes no more
 * than `log.cleaner.io.max.bytes.per.second`.
 */
import type { Clock, Timer } from '../../runtime/clock.ts'

/** The cleaner holds the event loop about so long at a time. */
const STRETCH_MS = 2

export class Pace {
  readonly #clock: Clock
  readonly #bytesPerSecond: () => number
  #stretchStartMs = 0
  /** By then, what was read and written so far fits the limit. */
  #paidUntilMs = Number.NEGATIVE_INFINITY
  #waiting: { timer: Timer; done: () => void } | undefined
  #isStopped = false

  constructor(clock: Clock, bytesPerSecond: () => number) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
  }

  /** Whoever works on notices that somebody else is to go on: call after each wait for something else. */
  begin(): void {
    this.#stretchStartMs = this.#clock.monotonicMs()
  }

  /** Whether it is time for a `rest`. */
  get isTired(): boolean {
    return this.#clock.monotonicMs() - this.#stretchStartMs >= STRETCH_MS
  }

  /** Lets everybody else go first. */
  async rest(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.defer(resolve))
    this.begin()
  }

  /** Waits until `sizeBytes` more may be read or written. */
  async spend(sizeBytes: number): Promise<void> {
    const bytesPerSecond = this.#bytesPerSecond()
    if (bytesPerSecond >= Number.MAX_SAFE_INTEGER || this.#isStopped) return
    const nowMs = this.#clock.monotonicMs()
    this.#paidUntilMs = Math.max(this.#paidUntilMs, nowMs) + (sizeBytes / bytesPerSecond) * 1000
    // A timer for less than this would take longer.
    if (this.#paidUntilMs - nowMs > 1) await this.#sleep(this.#paidUntilMs - nowMs)
    this.begin()
  }

  /** Ends a wait that is under way; nothing waits any more. */
  stop(): void {
    this.#isStopped = true
    this.#waiting?.timer.cancel()
    this.#waiting?.done()
  }

  async #sleep(delayMs: number): Promise<void> {
    await new Promise<void>((done) => {
      this.#waiting = { timer: this.#clock.setTimer(delayMs, done), done }
    })
    this.#waiting = undefined
  }
}
