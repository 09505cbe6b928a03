import { afterEach, expect, test, vi } from 'vitest'
import { nodeClock } from './node-clock.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('a timer longer than the platform can set waits all of its time', () => {
  vi.useFakeTimers()
  const calls: number[] = []
  const delayMs = 0x7fff_ffff * 2 + 10
  nodeClock.setTimer(delayMs, () => calls.push(1))
  const cancelled = nodeClock.setTimer(delayMs, () => calls.push(2))
  vi.advanceTimersByTime(delayMs - 1)
  expect(calls).toEqual([])
  cancelled.cancel()
  vi.advanceTimersByTime(1)
  expect(calls).toEqual([1])
})
