import { expect, test } from 'vitest'
import { KafkaError } from '../wire/errors.ts'
import { PRODUCER_ID_BLOCK_SIZE } from './controller.ts'
import { OneBroker, topicSpec } from './one-broker.fixture.ts'
import { ProducerIds } from './producer-ids.ts'

test('what was created is in the image when the promise resolves', async () => {
  const broker = await OneBroker.open()
  const topic = await broker.create('orders', {
    partitionCount: 3,
    configs: new Map([['max.message.bytes', '7']]),
  })
  expect(broker.metadata.image.topics.get('orders')).toBe(topic)
  expect(topic).toMatchObject({
    name: 'orders',
    partitions: Array(3).fill({ leader: 1, leaderEpoch: 0, isr: [1], replicas: [1] }),
  })
  expect(broker.partition('orders', 2).config.maxMessageBytes).toBe(7)
  await broker.close()
})

test('the leaders of partitions go round the brokers that live', async () => {
  const broker = await OneBroker.open(undefined, [3, 1, 2])
  const topic = await broker.create('orders', { partitionCount: 4, replicationFactor: 2 })
  if (typeof topic === 'string') throw new Error(topic)
  expect(topic.partitions.map(({ replicas }) => replicas)).toEqual([
    [1, 2],
    [2, 3],
    [3, 1],
    [1, 2],
  ])
  expect(broker.controller.assignPartitions(topic, 2)).toEqual([
    [2, 3],
    [3, 1],
  ])
  await broker.close()
})

test('two requests that create the same topic at once: one makes it, the other is told', async () => {
  const broker = await OneBroker.open()
  const outcomes = await Promise.all([broker.create('orders'), broker.create('orders')])
  expect(outcomes.filter((outcome) => outcome === 'TOPIC_ALREADY_EXISTS')).toHaveLength(1)
  expect(broker.metadata.image.topics.size).toBe(1)
  await broker.close()
})

test('of two names in one request that collide, the first is made', async () => {
  const broker = await OneBroker.open()
  const results = await broker.controller.createTopics([topicSpec('a.b'), topicSpec('a_b'), topicSpec('c')])
  const errors = results.map((result) => (result instanceof KafkaError ? result.error : 'NONE'))
  expect(errors).toEqual(['NONE', 'INVALID_TOPIC_EXCEPTION', 'NONE'])
  await broker.close()
})

test('deleting takes partitions and settings along, and nothing of what is made anew', async () => {
  const broker = await OneBroker.open()
  const old = await broker.create('orders', { configs: new Map([['max.message.bytes', '7']]) })
  const [deleted, unknown] = await broker.controller.deleteTopics(['orders', 'nowhere'])
  expect(deleted).toBe(old)
  expect(unknown).toMatchObject({ error: 'UNKNOWN_TOPIC_OR_PARTITION' })
  expect((await broker.metadata.store.range('/')).items.map(({ key }) => key)).toEqual(['/brokers/1'])
  await broker.create('orders')
  expect(broker.partition('orders').config.maxMessageBytes).toBe(1_000_000)
  await broker.close()
})

test('partitions that two requests add at once are added once', async () => {
  const broker = await OneBroker.open()
  const topic = await broker.create('orders')
  if (typeof topic === 'string') throw new Error(topic)
  const grow = () =>
    broker.controller.createPartitions(topic, 3, [[1], [1]]).then(
      () => 'NONE',
      (error: KafkaError) => error.error,
    )
  expect((await Promise.all([grow(), grow()])).sort()).toEqual(['INVALID_PARTITIONS', 'NONE'])
  expect(broker.metadata.image.topics.get('orders')?.partitions).toHaveLength(3)
  await broker.close()
})

test('settings are replaced as a whole, and none of them leaves no key behind', async () => {
  const broker = await OneBroker.open()
  await broker.create('orders', { configs: new Map([['max.message.bytes', '7']]) })
  const replace = (...overrides: [string, string][]) =>
    broker.controller.replaceConfigs([
      { resourceType: 'topic', name: 'orders', overrides: new Map(overrides) },
    ])
  await replace(['min.insync.replicas', '2'])
  expect(broker.partition('orders').config).toMatchObject({
    maxMessageBytes: 1_000_000,
    minInsyncReplicas: 2,
  })
  await replace()
  expect(broker.partition('orders').config.minInsyncReplicas).toBe(1)
  expect((await broker.metadata.store.range('/configs/')).items).toEqual([])
  await broker.close()
})

test('a new leader epoch begins only where this broker leads', async () => {
  const broker = await OneBroker.open(undefined, [1, 2])
  await broker.create('orders', { partitionCount: 2 })
  await broker.controller.beginNewEpochs(1)
  const partitions = broker.metadata.image.topics.get('orders')?.partitions
  expect(partitions?.map(({ leader, leaderEpoch }) => [leader, leaderEpoch])).toEqual([
    [1, 1],
    [2, 0],
  ])
  expect(broker.partition('orders').leaderEpoch).toBe(1)
  await broker.close()
})

test('producer ids come once each, also to those who ask at once, and none comes again after a stop', async () => {
  const broker = await OneBroker.open()
  const ids = new ProducerIds(broker.controller)
  const given = await Promise.all(Array.from({ length: PRODUCER_ID_BLOCK_SIZE + 5 }, () => ids.next()))
  expect(new Set(given).size).toBe(PRODUCER_ID_BLOCK_SIZE + 5)
  await broker.close()
  const again = await OneBroker.open(broker.runtime)
  expect(await new ProducerIds(again.controller).next()).toBe(2 * PRODUCER_ID_BLOCK_SIZE)
  await again.close()
})

test('no topic id begins with a dash, as tools would take it for an option', async () => {
  const broker = await OneBroker.open()
  await broker.controller.createTopics(Array.from({ length: 300 }, (_, at) => topicSpec(`t${at}`)))
  const ids = [...broker.metadata.image.topics.values()].map(({ id }) => id)
  expect(new Set(ids).size).toBe(300)
  for (const id of ids) expect(id).toMatch(/^[\w][\w-]{21}$/)
  await broker.close()
})
