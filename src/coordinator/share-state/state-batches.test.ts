import fc from 'fast-check'
import { expect, test } from 'vitest'
import { combineStateBatches, type StateBatch } from './state-batches.ts'

function b(
  firstOffset: number,
  lastOffset: number,
  deliveryState: number,
  deliveryCount: number,
): StateBatch {
  return { firstOffset, lastOffset, deliveryState, deliveryCount }
}

test('neighbours alike become one batch', () => {
  expect(combineStateBatches([b(0, 4, 2, 1)], [b(5, 9, 2, 1)], 0)).toEqual([b(0, 9, 2, 1)])
})

test('the higher delivery count counts, and with equal counts the higher state', () => {
  expect(combineStateBatches([b(0, 9, 0, 2)], [b(2, 3, 4, 1), b(5, 6, 2, 2), b(8, 8, 0, 3)], 0)).toEqual([
    b(0, 4, 0, 2),
    b(5, 6, 2, 2),
    b(7, 7, 0, 2),
    b(8, 8, 0, 3),
    b(9, 9, 0, 2),
  ])
})

test('what the start offset has passed is not kept', () => {
  expect(combineStateBatches([b(0, 9, 2, 1)], [b(20, 29, 0, 1)], 5)).toEqual([b(5, 9, 2, 1), b(20, 29, 0, 1)])
  expect(combineStateBatches([b(0, 9, 2, 1)], [], 10)).toEqual([])
})

test('offset by offset, the combination is that of the single records', () => {
  const batch = fc
    .tuple(fc.nat(30), fc.nat(8), fc.constantFrom(0, 2, 4), fc.integer({ min: 1, max: 3 }))
    .map(([first, length, state, count]) => b(first, first + length, state, count))
  fc.assert(
    fc.property(
      fc.array(batch, { maxLength: 8 }),
      fc.array(batch, { maxLength: 8 }),
      fc.nat(20),
      (one, other, start) => {
        const combined = combineStateBatches(one, other, start)
        for (let offset = 0; offset < 50; offset++) {
          const rank = ({ deliveryCount, deliveryState }: StateBatch) => deliveryCount * 10 + deliveryState
          const holds = ({ firstOffset, lastOffset }: StateBatch) =>
            firstOffset <= offset && offset <= lastOffset
          const [best] = [...one, ...other].filter(holds).sort((x, y) => rank(y) - rank(x))
          const found = combined.filter(holds)
          if (best === undefined || offset < start) expect(found).toEqual([])
          else expect(found.map(rank)).toEqual([rank(best)])
        }
        for (const [at, { firstOffset }] of combined.entries())
          if (at > 0) expect(firstOffset).toBeGreaterThan(combined[at - 1]?.lastOffset ?? -1)
      },
    ),
  )
})
