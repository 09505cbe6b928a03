import { expect, test } from 'vitest'
import { OneBroker } from '../../replication/one-broker.fixture.ts'
import { batchOf } from '../../storage/log.fixture.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import type { ConnectionInfo } from '../handler.ts'
import type { FetchPartition } from './fetch-partition.ts'
import { FetchWaiter } from './fetch-waiter.ts'

const BATCH_BYTES = batchOf(['x']).length

/** A broker with a topic of two partitions, and a client that can go away. */
class Scene {
  isDone = false
  readonly #closeCallbacks = new Set<() => void>()

  private constructor(readonly broker: OneBroker) {}

  static async open(): Promise<Scene> {
    const broker = await OneBroker.open()
    await broker.create('orders', { partitionCount: 2 })
    return new Scene(broker)
  }

  get connection(): ConnectionInfo {
    return {
      id: 1,
      clientHost: '/10.0.0.7',
      listener: 'PLAINTEXT',
      local: { host: '10.0.0.1', port: 9092 },
      software: undefined,
      onClose: (callback) => {
        this.#closeCallbacks.add(callback)
        return () => this.#closeCallbacks.delete(callback)
      },
      close: () => undefined,
    }
  }

  get closeCallbacks(): number {
    return this.#closeCallbacks.size
  }

  disconnect(): void {
    for (const callback of this.#closeCallbacks) callback()
  }

  append(partition: number): void {
    this.broker.partition('orders', partition).append(batchOf(['x']))
    this.broker.runtime.clock.runDeferred()
  }

  waiter(minBytes: number, ...asked: FetchPartition[]): FetchWaiter {
    const limits = { isolation: 'read_uncommitted', maxBytes: 1_000_000, minOneBatch: true } as const
    return new FetchWaiter(limits, minBytes, asked, this.broker.partitions)
  }

  async wait(waiter: FetchWaiter, maxWaitMs = 500): Promise<void> {
    await waiter.wait(maxWaitMs, this.broker.runtime.clock, this.connection)
    this.isDone = true
  }
}

function asked(index: number, more: Partial<FetchPartition> = {}): FetchPartition {
  return {
    topicId: ZERO_UUID,
    topic: 'orders',
    index,
    currentLeaderEpoch: -1,
    fetchOffset: 0,
    lastFetchedEpoch: -1,
    maxBytes: 1_000_000,
    answered: undefined,
    ...more,
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}

test('the bytes of all partitions count, and each only once', async () => {
  const scene = await Scene.open()
  const waiter = scene.waiter(3 * BATCH_BYTES, asked(0), asked(1))
  const done = scene.wait(waiter)
  scene.append(0)
  scene.append(1)
  await settle()
  expect(scene.isDone).toBe(false)
  scene.append(0)
  await done
  expect(waiter.isSatisfied).toBe(true)
  await scene.broker.close()
})

test('only what may be read counts: no more of a partition than its limit', async () => {
  const scene = await Scene.open()
  for (let count = 0; count < 5; count++) scene.append(0)
  expect(scene.waiter(2 * BATCH_BYTES, asked(0)).isSatisfied).toBe(true)
  expect(scene.waiter(2 * BATCH_BYTES, asked(0, { maxBytes: BATCH_BYTES })).isSatisfied).toBe(false)
  expect(scene.waiter(2 * BATCH_BYTES, asked(0, { fetchOffset: 4 })).isSatisfied).toBe(false)
  await scene.broker.close()
})

test('what is appended and not written yet does not count', async () => {
  const scene = await Scene.open()
  scene.broker.partition('orders').append(batchOf(['x']))
  expect(scene.waiter(1, asked(0)).isSatisfied).toBe(false)
  scene.broker.runtime.clock.runDeferred()
  expect(scene.waiter(1, asked(0)).isSatisfied).toBe(true)
  await scene.broker.close()
})

test('an offset out of range or a wrong epoch is told at once, what does not exist only when nothing else is asked', async () => {
  const scene = await Scene.open()
  const isSatisfied = (...partitions: FetchPartition[]) => scene.waiter(1, ...partitions).isSatisfied
  expect(isSatisfied(asked(0), asked(1))).toBe(false)
  expect(isSatisfied(asked(0), asked(1, { fetchOffset: 1 }))).toBe(true)
  expect(isSatisfied(asked(0), asked(1, { fetchOffset: -1 }))).toBe(true)
  expect(isSatisfied(asked(0), asked(1, { currentLeaderEpoch: 5 }))).toBe(true)
  expect(isSatisfied(asked(0), asked(9))).toBe(false)
  expect(isSatisfied(asked(0), asked(1, { topic: undefined }))).toBe(false)
  expect(isSatisfied(asked(9), asked(1, { topic: undefined }))).toBe(true)
  expect(isSatisfied()).toBe(true)
  await scene.broker.close()
})

test('the wait ends when time is up, and leaves nothing behind', async () => {
  const scene = await Scene.open()
  const done = scene.wait(scene.waiter(1, asked(0)), 500)
  scene.broker.runtime.clock.advance(499)
  await settle()
  expect(scene.isDone).toBe(false)
  scene.broker.runtime.clock.advance(1)
  await done
  expect(scene.closeCallbacks).toBe(0)
  scene.append(0)
  await scene.broker.close()
})

test('the wait ends when the client goes', async () => {
  const scene = await Scene.open()
  const done = scene.wait(scene.waiter(1, asked(0)), 60_000)
  scene.disconnect()
  await done
  scene.append(0)
  await scene.broker.close()
})

test('the wait ends when the partition is deleted, or led by another', async () => {
  for (const what of ['deleted', 'moved'] as const) {
    const scene = await Scene.open()
    const done = scene.wait(scene.waiter(1, asked(0), asked(1)), 60_000)
    const partition = scene.broker.partition('orders')
    if (what === 'deleted') await scene.broker.controller.deleteTopics(['orders'])
    else partition.update({ ...partition.image, leader: 2, leaderEpoch: 1 })
    await done
    await scene.broker.close()
  }
})
