/** What goes wrong around a broker must not go wrong in it. */
import { afterEach, expect, test } from 'vitest'
import { DiskError } from '../src/runtime/disk.ts'
import { createTopics } from '../src/wire/apis/create-topics.ts'
import { deleteTopics } from '../src/wire/apis/delete-topics.ts'
import { fetch } from '../src/wire/apis/fetch.ts'
import { findCoordinator } from '../src/wire/apis/find-coordinator.ts'
import { incrementalAlterConfigs } from '../src/wire/apis/incremental-alter-configs.ts'
import { metadata } from '../src/wire/apis/metadata.ts'
import { produce } from '../src/wire/apis/produce.ts'
import { errorName } from '../src/wire/errors.ts'
import { TestBroker } from './behaviours/broker.ts'
import {
  batch,
  fetched,
  fetchPartition,
  fetchRequest,
  fill,
  newTopic,
  offsetAt,
  produced,
  produceRequest,
  type Topic,
  topicSpec,
  ZERO_UUID,
} from './behaviours/requests.ts'

const brokers: TestBroker[] = []

afterEach(async () => {
  for (const broker of brokers.splice(0)) {
    await broker.stop()
    expect(broker.bugs).toEqual([])
  }
})

async function startedBroker(configs: Record<string, string> = {}): Promise<TestBroker> {
  const broker = new TestBroker({ configs })
  brokers.push(broker)
  await broker.start()
  return broker
}

async function deleteTopic(broker: TestBroker, name: string): Promise<string> {
  const answer = await broker.ask(deleteTopics, 5, { topics: [], topicNames: [name], timeoutMs: 1000 })
  return errorName(answer.responses[0]?.errorCode ?? -1)
}

async function createTopic(broker: TestBroker, name: string): Promise<Topic & { error: string }> {
  const request = { topics: [topicSpec(name)], validateOnly: false }
  const made = (await broker.ask(createTopics, 7, request)).topics[0]
  return { name, id: made?.topicId ?? '', error: errorName(made?.errorCode ?? -1) }
}

async function leaderEpoch(broker: TestBroker, name: string): Promise<number | undefined> {
  const answer = await broker.ask(metadata, 9, {
    topics: [{ topicId: ZERO_UUID, name }],
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  })
  return answer.topics[0]?.partitions[0]?.leaderEpoch
}

test('a fetch session of a deleted topic does not read the new one of the same name', async () => {
  const broker = await startedBroker()
  const old = await newTopic(broker)
  const request = fetchRequest([{ topic: old, partitions: [fetchPartition()] }], { sessionEpoch: 0 })
  const { sessionId } = await broker.ask(fetch, 13, request)
  await deleteTopic(broker, old.name)
  const fresh = await createTopic(broker, old.name)
  await fill(broker, fresh, ['of the new topic'])
  const next = await broker.ask(fetch, 13, fetchRequest([], { sessionId, sessionEpoch: 1 }))
  const partition = next.responses[0]?.partitions[0]
  expect(errorName(partition?.errorCode ?? 0)).toBe('INCONSISTENT_TOPIC_ID')
  expect(partition?.records).toHaveLength(0)
})

test('a log that can not be made leaves its partition unserved and everything else as it is', async () => {
  const broker = await startedBroker()
  broker.disk.beforeOperation = (_operation, path) => {
    if (path.startsWith('bad-')) throw new DiskError('NO_PERMISSION', path, 'not here')
  }
  const bad = await createTopic(broker, 'bad')
  const good = await createTopic(broker, 'good')
  expect([bad.error, good.error]).toEqual(['NONE', 'NONE'])
  expect((await produced(broker, bad, batch(broker, ['a']))).error).toBe('KAFKA_STORAGE_ERROR')
  expect((await produced(broker, good, batch(broker, ['a']))).error).toBe('NONE')
  broker.disk.beforeOperation = () => undefined
  await broker.restart()
  expect((await produced(broker, bad, batch(broker, ['b']))).error).toBe('NONE')
})

test('metadata that can not be written is refused, and what is there is served on', async () => {
  const broker = await startedBroker()
  const topic = await newTopic(broker)
  broker.disk.beforeOperation = (operation, path) => {
    if (operation === 'sync' && path === 'metadata.journal') throw new DiskError('IO', path, 'broken')
  }
  expect((await createTopic(broker, 'more')).error).toBe('KAFKA_STORAGE_ERROR')
  await fill(broker, topic, ['a'])
  expect((await fetched(broker, topic)).values).toEqual(['a'])
  broker.disk.beforeOperation = () => undefined
  expect(await deleteTopic(broker, topic.name)).toBe('KAFKA_STORAGE_ERROR')
  expect((await fetched(broker, topic)).values).toEqual(['a'])
  await expect(broker.stop()).rejects.toThrow('broken')
  await broker.start()
  expect((await fetched(broker, topic)).values).toEqual(['a'])
})

test('groups have a coordinator again after somebody has deleted the topic that they live in', async () => {
  const broker = await startedBroker()
  await deleteTopic(broker, '__consumer_offsets')
  const found = await broker.ask(findCoordinator, 3, { key: 'readers', keyType: 0, coordinatorKeys: [] })
  expect(errorName(found.errorCode)).toBe('NONE')
})

test('a start that fails does not hide that the stop before it was not clean', async () => {
  const broker = await startedBroker()
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a'])
  expect(await leaderEpoch(broker, topic.name)).toBe(0)
  broker.die()
  broker.disk.flipBit('metadata.journal', 12, 0)
  await expect(broker.start()).rejects.toThrow('metadata.journal is damaged')
  broker.disk.flipBit('metadata.journal', 12, 0)
  await broker.start()
  expect(await leaderEpoch(broker, topic.name)).toBe(1)
})

test('a limit of connections that is set while the broker runs counts at once, and after a restart', async () => {
  const broker = await startedBroker()
  const config = { name: 'max.connections', configOperation: 0, value: '1' }
  const resources = [{ resourceType: 4, resourceName: '', configs: [config] }]
  const answer = await broker.ask(incrementalAlterConfigs, 1, { resources, validateOnly: false })
  expect(errorName(answer.responses[0]?.errorCode ?? -1)).toBe('NONE')
  await (await broker.connect()).closed
  await broker.restart()
  const first = await broker.connect()
  await (await broker.connect()).closed
  expect(first.isClosed).toBe(false)
})

test.each([
  ['wants no answers', 0, 5000],
  ['does not wait for them', 1, 1],
] as const)(
  'on a disk that is stuck, a producer that %s is not read any further, and is when it goes on',
  async (_, acks, timeoutMs) => {
    const MEMORY_BYTES = 2_000_000
    const BATCHES = 100
    const broker = await startedBroker({ 'queued.max.request.bytes': `${MEMORY_BYTES}` })
    const topic = await newTopic(broker)
    let letGo: () => void = () => undefined
    const stuck = new Promise<void>((resolve) => {
      letGo = resolve
    })
    broker.disk.delay = (operation) => (operation === 'write' ? stuck : undefined)
    const client = await broker.connect()
    const value = 'x'.repeat(200_000)
    for (let sent = 0; sent < BATCHES; sent++) {
      client.send(produce, 9, produceRequest(topic, batch(broker, [value]), { acks, timeoutMs }))
      await broker.pass(5)
    }
    const held = broker.load?.requestMemoryBytes ?? 0
    expect(held).toBeGreaterThan(MEMORY_BYTES / 2)
    expect(held).toBeLessThan(MEMORY_BYTES * 1.2)
    letGo()
    broker.disk.delay = () => undefined
    for (let turns = 0; turns < BATCHES; turns++) await broker.settle()
    expect(broker.load?.requestMemoryBytes).toBe(0)
    expect((await offsetAt(broker, topic, -1n)).offset).toBe(BATCHES)
  },
)
