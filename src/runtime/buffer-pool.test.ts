import { expect, test } from 'vitest'
import { BufferPool } from './buffer-pool.ts'

const KIB = 1024

test('a buffer that was given back is taken again', () => {
  const pool = new BufferPool(1_000_000)
  const first = pool.take(100 * KIB)
  pool.give(first)
  expect(pool.take(99 * KIB)).toBe(first)
})

test('any part of a buffer stands for all of it', () => {
  const pool = new BufferPool(1_000_000)
  const buffer = pool.take(100 * KIB)
  pool.give(buffer.subarray(10, 20))
  expect(pool.take(100 * KIB)).toBe(buffer)
})

test('what is given back twice is lent once', () => {
  const pool = new BufferPool(1_000_000)
  const buffer = pool.take(64 * KIB)
  pool.give(buffer)
  pool.give(buffer)
  expect(pool.take(64 * KIB)).not.toBe(pool.take(64 * KIB))
})

test('memory that is not of the pool is not taken in', () => {
  const pool = new BufferPool(1_000_000)
  const stranger = Buffer.allocUnsafeSlow(64 * KIB)
  pool.give(stranger)
  expect(pool.isLent(stranger)).toBe(false)
  expect(pool.take(64 * KIB)).not.toBe(stranger)
})

test('no more is kept than it may keep', () => {
  const pool = new BufferPool(150 * KIB)
  const taken = [pool.take(64 * KIB), pool.take(64 * KIB), pool.take(64 * KIB)]
  for (const buffer of taken) pool.give(buffer)
  expect(pool.keptBytes).toBe(128 * KIB)
})

test('what is kept of a size that nobody wants any more gives way to what is wanted', () => {
  const pool = new BufferPool(1_000 * KIB)
  const large = [pool.take(500 * KIB), pool.take(500 * KIB)]
  for (const buffer of large) pool.give(buffer)
  const small = [pool.take(64 * KIB), pool.take(64 * KIB)]
  for (const buffer of small) pool.give(buffer)
  const again = [pool.take(64 * KIB), pool.take(64 * KIB)]
  expect(new Set(again)).toEqual(new Set(small))
  expect(pool.keptBytes).toBeLessThanOrEqual(1_000 * KIB)
})

test('what is wanted does not give way to what comes back late', () => {
  const pool = new BufferPool(200 * KIB)
  const late = pool.take(128 * KIB)
  const wanted = pool.take(96 * KIB)
  pool.give(wanted)
  pool.give(late)
  expect(pool.take(96 * KIB)).toBe(wanted)
})

test('at most a fifth of a buffer is left unused', () => {
  const pool = new BufferPool(0)
  for (let sizeBytes = 64 * KIB; sizeBytes < 5_000 * KIB; sizeBytes = Math.ceil(sizeBytes * 1.01)) {
    const { length } = pool.take(sizeBytes)
    expect(length).toBeGreaterThanOrEqual(sizeBytes)
    expect(length - sizeBytes).toBeLessThanOrEqual(length / 5)
  }
})
