import type { Clock, Timer } from '../../runtime/clock.ts'
import type { PartitionAnswer } from './partition-answer.ts'
import { PendingProduce } from './pending-produce.ts'

/**
 * The Produce requests under way, with one timer for all of them, at the nearest deadline: a timer each would cost more
 * than the append. Nearly all are done long before it, and most have the same timeout, so it is seldom set anew.
 */
export class PendingProduces {
  readonly #clock: Clock
  readonly #waiting = new Set<PendingProduce>()
  #timer: Timer | undefined
  /** When the timer fires, on the monotonic clock. */
  #wakeMs = Number.POSITIVE_INFINITY
  #allDone: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#waiting.size
  }

  begin(answers: readonly PartitionAnswer[], timeoutMs: number): PendingProduce {
    return new PendingProduce(answers, this.#clock.monotonicMs() + Math.max(0, timeoutMs))
  }

  /** Resolves when the request is complete, or its time is up. */
  async wait(pending: PendingProduce): Promise<void> {
    this.#waiting.add(pending)
    if (pending.deadlineMs < this.#wakeMs) this.#wakeAt(pending.deadlineMs)
    await pending.done
    this.#waiting.delete(pending)
    if (this.#waiting.size === 0) this.#allDone?.()
  }

  /** Resolves when no request waits any more. */
  async drained(): Promise<void> {
    if (this.#waiting.size === 0) return
    await new Promise<void>((resolve) => {
      this.#allDone = resolve
    })
  }

  close(): void {
    this.#timer?.cancel()
  }

  #wakeAt(deadlineMs: number): void {
    this.#timer?.cancel()
    this.#wakeMs = deadlineMs
    this.#timer = this.#clock.setTimer(Math.max(0, deadlineMs - this.#clock.monotonicMs()), () =>
      this.#sweep(),
    )
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs()
    let nearestMs = Number.POSITIVE_INFINITY
    for (const pending of this.#waiting) {
      if (pending.deadlineMs <= nowMs) pending.expire()
      else nearestMs = Math.min(nearestMs, pending.deadlineMs)
    }
    this.#wakeMs = nearestMs
    if (nearestMs < Number.POSITIVE_INFINITY) this.#wakeAt(nearestMs)
  }
}
