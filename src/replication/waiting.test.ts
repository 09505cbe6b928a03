import { expect, test } from 'vitest'
import { collectGarbage } from '../runtime/collect-garbage.fixture.ts'
import { KafkaError } from '../wire/errors.ts'
import { CommitQueue, type CommitWaiter } from './waiting.ts'

function recorder(): { waiter: CommitWaiter; seen: string[] } {
  const seen: string[] = []
  const waiter: CommitWaiter = {
    committed: (slot) => seen.push(`committed ${slot}`),
    failed: (slot, error) => seen.push(`failed ${slot} ${error.error}`),
  }
  return { waiter, seen }
}

test('those who wait are released up to the offset that was reached, in order', () => {
  const queue = new CommitQueue()
  const { waiter, seen } = recorder()
  queue.add(10, waiter, 1)
  queue.add(20, waiter, 2)
  queue.add(30, waiter, 3)
  queue.release(20)
  expect(seen).toEqual(['committed 1', 'committed 2'])
  queue.release(30)
  expect(seen).toEqual(['committed 1', 'committed 2', 'committed 3'])
})

test('a failure tells only those who still wait', () => {
  const queue = new CommitQueue()
  const { waiter, seen } = recorder()
  queue.add(10, waiter, 1)
  queue.add(20, waiter, 2)
  queue.release(10)
  queue.fail(new KafkaError('KAFKA_STORAGE_ERROR'))
  queue.release(20)
  expect(seen).toEqual(['committed 1', 'failed 2 KAFKA_STORAGE_ERROR'])
})

test('a waiter may begin a new wait while it is released', () => {
  const queue = new CommitQueue()
  const seen: number[] = []
  const waiter: CommitWaiter = {
    committed: (slot) => {
      seen.push(slot)
      if (slot === 1) queue.add(20, waiter, 2)
    },
    failed: () => undefined,
  }
  queue.add(10, waiter, 1)
  queue.release(10)
  queue.release(20)
  expect(seen).toEqual([1, 2])
})

test('a queue that is never empty keeps none of those it has released for long', async () => {
  const queue = new CommitQueue()
  const add = (offset: number) => {
    const { waiter } = recorder()
    queue.add(offset, waiter, 0)
    return new WeakRef(waiter)
  }
  const first = add(1)
  for (let offset = 2; offset <= 5_000; offset++) {
    add(offset)
    queue.release(offset - 1)
  }
  await collectGarbage()
  expect(first.deref()).toBeUndefined()
  const { waiter, seen } = recorder()
  queue.add(5_001, waiter, 7)
  queue.release(5_001)
  expect(seen).toEqual(['committed 7'])
})
