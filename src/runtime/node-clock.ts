import { performance } from 'node:perf_hooks'
import type { Clock, Timer } from './clock.ts'

/** The real time of this machine. */
export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs: number, callback: () => void): Timer {
    const timeout = setTimeout(callback, delayMs)
    timeout.unref()
    return { cancel: () => clearTimeout(timeout) }
  },
  defer(callback: () => void): void {
    setImmediate(callback)
  },
}
