import { expect, test } from 'vitest'
import { MemoryPool } from './memory-pool.ts'

test('memory is taken until the pool is full', () => {
  const pool = new MemoryPool(100)
  expect(pool.reserve(60)).toBe(true)
  expect(pool.reserve(41)).toBe(false)
  expect(pool.reserve(40)).toBe(true)
  expect(pool.usedBytes).toBe(100)
})

test('a frame larger than the pool is let in when nothing else is', () => {
  const pool = new MemoryPool(100)
  expect(pool.reserve(500)).toBe(true)
  expect(pool.reserve(1)).toBe(false)
})

test('those who wait are served in order, and nobody overtakes them', () => {
  const pool = new MemoryPool(100)
  pool.reserve(90)
  const served: string[] = []
  pool.wait(50, () => served.push('large'))
  pool.wait(5, () => served.push('small'))
  expect(pool.reserve(5)).toBe(false)
  pool.release(90)
  expect(served).toEqual(['large', 'small'])
  expect(pool.usedBytes).toBe(55)
})

test('giving up a wait lets the next one through', () => {
  const pool = new MemoryPool(100)
  pool.reserve(90)
  const served: string[] = []
  const giveUp = pool.wait(50, () => served.push('large'))
  pool.wait(5, () => served.push('small'))
  giveUp()
  expect(served).toEqual(['small'])
})

test('those who give memory back as soon as they have it are served one after the other, however many they are', () => {
  const pool = new MemoryPool(100)
  pool.reserve(100)
  let served = 0
  for (let waiter = 0; waiter < 20_000; waiter++)
    pool.wait(10, () => {
      served++
      pool.release(10)
    })
  pool.release(100)
  expect(served).toBe(20_000)
  expect(pool.usedBytes).toBe(0)
})
