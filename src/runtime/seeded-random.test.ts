import { expect, test } from 'vitest'
import { SeededRandom } from './seeded-random.ts'

test('the same seed gives the same numbers and bytes', () => {
  const one = new SeededRandom(7)
  const other = new SeededRandom(7)
  expect([one.below(1000), one.below(1000), one.bytes(8)]).toEqual([
    other.below(1000),
    other.below(1000),
    other.bytes(8),
  ])
})

test('numbers stay below their limit and reach all of it', () => {
  const random = new SeededRandom(1)
  const seen = new Set(Array.from({ length: 400 }, () => random.below(6)))
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5])
})
