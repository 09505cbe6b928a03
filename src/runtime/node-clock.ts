import { performance } from 'node:perf_hooks'
import type { Clock, Timer } from './clock.ts'

/** The longest that the platform's timers wait; asked for more, they fire at once. */
const LONGEST_MS = 0x7fff_ffff

/** The real time of this machine. */
export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs: number, callback: () => void): Timer {
    if (delayMs > LONGEST_MS) return longTimer(delayMs, callback)
    const timeout = setTimeout(callback, delayMs)
    timeout.unref()
    return { cancel: () => clearTimeout(timeout) }
  },
  defer(callback: () => void): void {
    setImmediate(callback)
  },
}

/** Operators write huge numbers for "never". */
function longTimer(delayMs: number, callback: () => void): Timer {
  let current: Timer
  const wait = (leftMs: number): void => {
    current = nodeClock.setTimer(Math.min(leftMs, LONGEST_MS), () =>
      leftMs > LONGEST_MS ? wait(leftMs - LONGEST_MS) : callback(),
    )
  }
  wait(delayMs)
  return { cancel: () => current.cancel() }
}
