import type { Clock, Timer } from '../../runtime/clock.ts'
import type { PartitionAnswer } from './partition-answer.ts'
import { PendingProduce } from './pending-produce.ts'

/** How often waiting requests are looked at. A produce timeout is about half a minute; nobody notices a second. */
const SWEEP_MS = 1000

/** The Produce requests under way, with one timer for all of them: a timer each would cost more than the append. */
export class PendingProduces {
  readonly #clock: Clock
  readonly #waiting = new Set<PendingProduce>()
  #timer: Timer | undefined
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
    this.#timer ??= this.#clock.setTimer(SWEEP_MS, () => this.#sweep())
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
    this.#timer = undefined
  }

  #sweep(): void {
    this.#timer = undefined
    const nowMs = this.#clock.monotonicMs()
    for (const pending of this.#waiting) if (pending.deadlineMs <= nowMs) pending.expire()
    if (this.#waiting.size > 0) this.#timer = this.#clock.setTimer(SWEEP_MS, () => this.#sweep())
  }
}
