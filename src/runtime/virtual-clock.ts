import type { Clock, Timer } from './clock.ts'

interface VirtualTimer {
  readonly dueMs: number
  readonly callback: () => void
  cancelled: boolean
}

/**
 * Time that stands still until it is moved. Timers fire in the order of their due time; those due at the same
 * time in the order in which they were set.
 *
 *     const clock = new VirtualClock()
 *     clock.setTimer(30_000, () => console.log('the session has expired'))
 *     clock.advance(30_000)
 */
export class VirtualClock implements Clock {
  #nowMs: number
  #monotonicMs = 0
  #timers: VirtualTimer[] = []
  #deferred: (() => void)[] = []

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer: VirtualTimer = {
      dueMs: this.#monotonicMs + Math.max(0, delayMs),
      callback,
      cancelled: false,
    }
    const later = this.#timers.findIndex((other) => other.dueMs > timer.dueMs)
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer)
    return {
      cancel: () => {
        timer.cancelled = true
      },
    }
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback)
    // Without anyone moving the clock, what was put off still happens at the end of the real turn.
    if (this.#deferred.length === 1) setImmediate(() => this.runDeferred())
  }

  /** Runs what was put off to the end of the turn, and what that puts off in turn. */
  runDeferred(): void {
    for (let next = this.#deferred.shift(); next !== undefined; next = this.#deferred.shift()) next()
  }

  /** Moves time on, firing every timer that falls due on the way, those set meanwhile included. */
  advance(byMs: number): void {
    const untilMs = this.#monotonicMs + byMs
    this.runDeferred()
    for (let next = this.#timers[0]; next !== undefined && next.dueMs <= untilMs; next = this.#timers[0]) {
      this.#timers.shift()
      if (next.cancelled) continue
      this.#moveTo(next.dueMs)
      next.callback()
      this.runDeferred()
    }
    this.#moveTo(untilMs)
  }

  /** Sets the wall clock without letting time pass, as an administrator or NTP would. */
  setWallClock(nowMs: number): void {
    this.#nowMs = nowMs
  }

  #moveTo(monotonicMs: number): void {
    this.#nowMs += monotonicMs - this.#monotonicMs
    this.#monotonicMs = monotonicMs
  }
}
