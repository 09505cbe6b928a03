import { expect, test } from 'vitest'
import { batchOf, errorOf } from '../storage/log.fixture.ts'
import { OneBroker, recordsIn } from './one-broker.fixture.ts'
import type { Partition, ReadWaiter } from './partition.ts'
import type { CommitWaiter } from './waiting.ts'

async function opened(): Promise<{ broker: OneBroker; partition: Partition }> {
  const broker = await OneBroker.open()
  await broker.create('orders')
  return { broker, partition: broker.partition('orders') }
}

function waiter(): CommitWaiter & ReadWaiter & { seen: string[] } {
  const seen: string[] = []
  return {
    seen,
    committed: (slot) => seen.push(`committed ${slot}`),
    failed: (slot, error) => seen.push(`failed ${slot} ${error.error}`),
    progressed: ({ highWatermark }) => seen.push(`progressed ${highWatermark}`),
  }
}

test('records can be read, and their producer is answered, once they are written', async () => {
  const { broker, partition } = await opened()
  const told = waiter()
  partition.watch(told)
  const { lastOffset } = partition.append(batchOf(['a', 'b']))
  partition.whenCommitted(lastOffset + 1, told, 7)
  partition.whenWritten(lastOffset + 1, told, 8)
  expect({ seen: told.seen, end: partition.readableEnd('read_uncommitted') }).toEqual({ seen: [], end: 0 })
  expect((await partition.read(0, 1000, 'read_uncommitted', true)).sizeBytes).toBe(0)
  broker.runtime.clock.runDeferred()
  expect(told.seen).toEqual(['committed 8', 'committed 7', 'progressed 2'])
  expect(await recordsIn(partition)).toEqual(['0=a', '1=b'])
  partition.unwatch(told)
  await broker.close()
})

test('who waits for what is reached already is answered at once', async () => {
  const { broker, partition } = await opened()
  partition.append(batchOf(['a']))
  broker.runtime.clock.runDeferred()
  const told = waiter()
  partition.whenCommitted(1, told, 1)
  partition.whenWritten(1, told, 2)
  expect(told.seen).toEqual(['committed 1', 'committed 2'])
  await broker.close()
})

test('a leader epoch is compared with the one that is known', async () => {
  const { broker, partition } = await opened()
  await broker.controller.beginNewEpochs(1)
  const errorAt = (epoch: number) => errorOf(() => partition.requireLeader(epoch))
  expect(await errorAt(-1)).toBe('NONE')
  expect(await errorAt(1)).toBe('NONE')
  expect(await errorAt(0)).toBe('FENCED_LEADER_EPOCH')
  expect(await errorAt(2)).toBe('UNKNOWN_LEADER_EPOCH')
  await broker.close()
})

test('an epoch begins where the log ended, with or without records of its own', async () => {
  const { broker, partition } = await opened()
  partition.append(batchOf(['a', 'b']))
  await broker.controller.beginNewEpochs(1)
  await broker.controller.beginNewEpochs(1)
  partition.append(batchOf(['c']))
  expect(partition.endOffsetForEpoch(0)).toEqual({ leaderEpoch: 0, endOffset: 2 })
  expect(partition.endOffsetForEpoch(2)).toEqual({ leaderEpoch: 2, endOffset: 3 })
  expect(partition.endOffsetForEpoch(3)).toEqual({ leaderEpoch: -1, endOffset: -1 })
  await broker.close()
})

test('who waits for a partition that another broker takes over is told so', async () => {
  const { broker, partition } = await opened()
  const told = waiter()
  partition.watch(told)
  partition.append(batchOf(['a']))
  partition.whenCommitted(1, told, 1)
  partition.update({ ...partition.image, leader: 2, leaderEpoch: 1 })
  expect(told.seen).toEqual(['failed 1 NOT_LEADER_OR_FOLLOWER', 'progressed 0'])
  expect(await errorOf(() => partition.append(batchOf(['b'])))).toBe('NOT_LEADER_OR_FOLLOWER')
  partition.unwatch(told)
  await broker.close()
})

test('who waits for a partition that is deleted is told so, also who comes late', async () => {
  const { broker, partition } = await opened()
  const told = waiter()
  partition.append(batchOf(['a']))
  partition.whenWritten(1, told, 1)
  await broker.controller.deleteTopics(['orders'])
  partition.whenCommitted(1, told, 2)
  expect(told.seen).toEqual(['failed 1 UNKNOWN_TOPIC_OR_PARTITION', 'failed 2 UNKNOWN_TOPIC_OR_PARTITION'])
  expect(await errorOf(() => partition.requireLeader(-1))).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  await broker.close()
})

test('records that a failing disk lost are told as failed', async () => {
  const { broker, partition } = await opened()
  const told = waiter()
  partition.append(batchOf(['a']))
  partition.whenCommitted(1, told, 1)
  broker.runtime.disk.beforeOperation = (operation) => {
    if (operation === 'write') throw new Error('the medium is broken')
  }
  broker.runtime.clock.runDeferred()
  expect(told.seen).toEqual(['failed 1 KAFKA_STORAGE_ERROR'])
  expect(await errorOf(() => partition.append(batchOf(['b'])))).toBe('KAFKA_STORAGE_ERROR')
})

test('acks=all asks for as many replicas as min.insync.replicas, and for no more than there are', async () => {
  const { broker, partition } = await opened()
  const refusal = () => errorOf(() => partition.requireEnoughReplicas())
  const image = { ...partition.image, replicas: [1, 2, 3] }
  partition.configure({ ...partition.config, minInsyncReplicas: 2 })
  expect(await refusal()).toBe('NONE')
  partition.update({ ...image, isr: [1] })
  expect(await refusal()).toBe('NOT_ENOUGH_REPLICAS')
  partition.update({ ...image, isr: [1, 3] })
  expect(await refusal()).toBe('NONE')
  await broker.close()
})

test('a partition lives elsewhere, or nowhere', async () => {
  const broker = await OneBroker.open(undefined, [1, 2])
  await broker.create('orders', { partitionCount: 2 })
  const errorAt = (topic: string, index: number) => errorOf(() => broker.partitions.require(topic, index))
  expect(await errorAt('orders', 0)).toBe('NONE')
  expect(await errorAt('orders', 1)).toBe('NOT_LEADER_OR_FOLLOWER')
  expect(await errorAt('orders', 2)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  expect(await errorAt('nowhere', 0)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  expect([...broker.partitions.replicas()].map(({ topic, index }) => `${topic}-${index}`)).toEqual([
    'orders-0',
  ])
  await broker.close()
})

test('a partition has a log when somebody comes to it, but for the last of a topic', async () => {
  const broker = await OneBroker.open()
  await broker.create('orders', { partitionCount: 3 })
  const logs = () => [...broker.logs.logs].map(({ name }) => name)
  expect([...broker.partitions.replicas()]).toEqual(
    [0, 1, 2].map((index) => ({ topic: 'orders', index, sizeBytes: 0 })),
  )
  expect(broker.partitions.waitingReaders).toBe(0)
  expect(logs()).toEqual(['orders-2'])
  const partition = broker.partition('orders', 1)
  expect(broker.partitions.get('orders', 1)).toBe(partition)
  expect(logs()).toEqual(['orders-2', 'orders-1'])
  partition.append(batchOf(['a']))
  expect(broker.partitions.replica('orders', 1)?.sizeBytes).toBe(partition.log.sizeBytes)
  await broker.close()
})

test('a partition that nobody came to follows its topic', async () => {
  const broker = await OneBroker.open()
  await broker.create('orders', { partitionCount: 2 })
  const overrides = new Map([['max.message.bytes', '7']])
  await broker.controller.replaceConfigs([{ resourceType: 'topic', name: 'orders', overrides }])
  await broker.controller.beginNewEpochs(1)
  const { config, leaderEpoch, log } = broker.partition('orders')
  expect({ ...log.epochs.latest, leaderEpoch, maxMessageBytes: config.maxMessageBytes }).toEqual({
    epoch: 1,
    startOffset: 0,
    leaderEpoch: 1,
    maxMessageBytes: 7,
  })
  await broker.create('payments', { partitionCount: 2 })
  await broker.controller.deleteTopics(['payments'])
  expect(await errorOf(() => broker.partition('payments'))).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  expect(broker.partitions.replica('payments', 0)).toBeUndefined()
  await broker.close()
})

test('what is found on disk at the start is served again', async () => {
  const first = await OneBroker.open()
  await first.create('orders')
  first.partition('orders').append(batchOf(['a']))
  await first.close()
  const second = await OneBroker.open(first.runtime)
  const partition = second.partition('orders')
  expect(partition.highWatermark).toBe(1)
  expect(await recordsIn(partition)).toEqual(['0=a'])
  await second.close()
})

test('a topic that is made anew under its old name has a log of its own', async () => {
  const broker = await OneBroker.open()
  await broker.create('orders')
  const old = broker.partition('orders')
  old.append(batchOf(['a']))
  await broker.controller.deleteTopics(['orders'])
  await broker.create('orders')
  const made = broker.partition('orders')
  expect(made.topicId).not.toBe(old.topicId)
  expect(made.log.logEndOffset).toBe(0)
  expect(await errorOf(() => old.append(batchOf(['b'])))).not.toBe('NONE')
  await broker.close()
})
