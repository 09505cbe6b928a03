import { expect, test } from 'vitest'
import { LeaderEpochs } from './leader-epochs.ts'

const three = (): LeaderEpochs =>
  new LeaderEpochs([
    { epoch: 2, startOffset: 10 },
    { epoch: 4, startOffset: 20 },
    { epoch: 5, startOffset: 30 },
  ])

test('an epoch ends where the next one begins, the last at the end of the log', () => {
  const epochs = three()
  expect(epochs.endOffsetFor(4, 40)).toEqual({ epoch: 4, endOffset: 30 })
  expect(epochs.endOffsetFor(5, 40)).toEqual({ epoch: 5, endOffset: 40 })
})

test('for an epoch that wrote nothing here, the one before it is told with its end', () => {
  expect(three().endOffsetFor(3, 40)).toEqual({ epoch: 2, endOffset: 20 })
})

test('for an epoch before all known ones the log begins to differ at its first record', () => {
  expect(three().endOffsetFor(1, 40)).toEqual({ epoch: 1, endOffset: 10 })
})

test('nothing is known of an epoch after the last, or of any in a log without epochs', () => {
  expect(three().endOffsetFor(6, 40)).toBe(undefined)
  expect(three().endOffsetFor(-1, 40)).toBe(undefined)
  expect(new LeaderEpochs().endOffsetFor(0, 0)).toBe(undefined)
})

test('a record belongs to the epoch that began last before it', () => {
  const epochs = three()
  expect([9, 10, 19, 20, 35].map((offset) => epochs.epochOf(offset))).toEqual([undefined, 2, 2, 4, 5])
})

test('appending in the same epoch changes nothing', () => {
  const epochs = three()
  epochs.assign(5, 33)
  expect(epochs.changed).toBe(false)
  expect(epochs.latest).toEqual({ epoch: 5, startOffset: 30 })
})

test('a new epoch takes the place of those that claim the same offsets or came later', () => {
  const epochs = three()
  epochs.assign(6, 30)
  expect(epochs.entries.map(({ epoch }) => epoch)).toEqual([2, 4, 6])
  epochs.assign(4, 25)
  expect(epochs.entries).toEqual([
    { epoch: 2, startOffset: 10 },
    { epoch: 4, startOffset: 20 },
  ])
})

test('cutting the end forgets epochs that have no records left', () => {
  const epochs = three()
  epochs.truncateFromEnd(30)
  expect(epochs.latest).toEqual({ epoch: 4, startOffset: 20 })
  epochs.truncateFromEnd(0)
  expect(epochs.entries).toEqual([])
})

test('deleting the beginning lets the epoch of the first record left begin with it', () => {
  const epochs = three()
  epochs.truncateFromStart(25)
  expect(epochs.entries).toEqual([
    { epoch: 4, startOffset: 25 },
    { epoch: 5, startOffset: 30 },
  ])
  epochs.truncateFromStart(5)
  expect(epochs.entries).toHaveLength(2)
})
