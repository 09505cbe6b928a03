import { describe, expect, test } from 'vitest'
import { Rate, throttleMs } from './rate.ts'
import { TokenBucket } from './token-bucket.ts'

const window = { sampleCount: 11, windowMs: 1000 }

describe('a rate', () => {
  test('is taken over ten whole windows from the first value on', () => {
    const rate = new Rate(window)
    rate.record(20_000, 5000)
    expect(rate.perSecond(5000)).toBe(2000)
    expect(rate.perSecond(5500)).toBeCloseTo(20_000 / 10.5)
    expect(rate.perSecond(8000)).toBe(2000)
  })

  test('falls as time goes by without values, and is nothing once the window has passed', () => {
    const rate = new Rate(window)
    rate.record(10_000, 0)
    expect(rate.perSecond(10_999)).toBeCloseTo(10_000 / 10.999)
    expect(rate.perSecond(11_000)).toBe(0)
  })

  test('of steady values is what comes in a second', () => {
    const rate = new Rate(window)
    for (let ms = 0; ms < 60_000; ms += 100) rate.record(100, ms)
    expect(rate.perSecond(60_000)).toBeGreaterThan(950)
    expect(rate.perSecond(60_000)).toBeLessThan(1050)
  })

  test('asks for as much silence as brings it down to the limit', () => {
    const rate = new Rate(window)
    rate.record(20_000, 0)
    expect(throttleMs(rate, 1000, 0)).toBe(10_000)
    expect(throttleMs(rate, 2000, 0)).toBe(0)
    const waited = new Rate(window)
    waited.record(12_000, 0)
    const delayMs = throttleMs(waited, 1000, 0)
    expect(delayMs).toBe(2000)
    // After the silence, one more value of the limit's size is allowed soon.
    expect(waited.perSecond(delayMs)).toBeLessThanOrEqual(1200)
  })
})

describe('a token bucket', () => {
  test('holds what comes in within the whole window', () => {
    const bucket = new TokenBucket(window)
    expect(bucket.tokens(2, 0)).toBe(22)
    bucket.take(22, 2, 0)
    expect(bucket.throttleMs(2, 0)).toBe(0)
    expect(bucket.tokens(2, 5000)).toBe(10)
    expect(bucket.tokens(2, 60_000)).toBe(22)
  })

  test('may be overdrawn once, and then wants its time', () => {
    const bucket = new TokenBucket(window)
    bucket.take(32, 2, 0)
    expect(bucket.tokens(2, 0)).toBe(-10)
    expect(bucket.throttleMs(2, 0)).toBe(5000)
    expect(bucket.throttleMs(2, 4000)).toBe(1000)
    expect(bucket.throttleMs(2, 5000)).toBe(0)
  })
})
