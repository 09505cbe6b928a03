import { expect, test } from 'vitest'
import { VirtualClock } from './virtual-clock.ts'

test('timers fire in the order of their due time, ties in the order they were set', () => {
  const clock = new VirtualClock()
  const fired: string[] = []
  clock.setTimer(20, () => fired.push('late'))
  clock.setTimer(10, () => fired.push('first of two'))
  clock.setTimer(10, () => fired.push('second of two'))
  clock.advance(9)
  expect(fired).toEqual([])
  clock.advance(11)
  expect(fired).toEqual(['first of two', 'second of two', 'late'])
})

test('a timer set by a timer fires in the same advance when it falls due in it', () => {
  const clock = new VirtualClock(0)
  const firedAt: number[] = []
  clock.setTimer(10, () => clock.setTimer(5, () => firedAt.push(clock.nowMs())))
  clock.advance(100)
  expect(firedAt).toEqual([15])
  expect(clock.nowMs()).toBe(100)
})

test('a cancelled timer does not fire', () => {
  const clock = new VirtualClock()
  const timer = clock.setTimer(1, () => expect.unreachable())
  timer.cancel()
  clock.advance(10)
})

test('work put off to the end of the turn runs before time moves', () => {
  const clock = new VirtualClock(0)
  const seen: number[] = []
  clock.defer(() => seen.push(clock.nowMs()))
  clock.advance(50)
  expect(seen).toEqual([0])
})

test('setting the wall clock moves no deadline', () => {
  const clock = new VirtualClock(0)
  let fired = false
  clock.setTimer(10, () => {
    fired = true
  })
  clock.setWallClock(1_000_000)
  clock.advance(5)
  expect(fired).toBe(false)
  expect(clock.nowMs()).toBe(1_000_005)
})
