import {
  Admin,
  Consumer,
  type CreateTopicResponse,
  type DescribedGroup,
  type DescribedResource,
  KeyedMessage,
  type Message,
  Offset,
  type OffsetFetchRequest,
} from 'kafka-node'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Inbox } from '../inbox.ts'
import * as kafkajs from '../kafkajs/kafka.ts'
import { broker, uniqueName } from '../target.ts'
import { joinGroup, newClient, newProducer, oldProtocolSuite, result } from './kafka-node.ts'

const soon = { timeout: 15_000, interval: 50 }
const { newTopic } = kafkajs

/** Reads partitions without a group, from the offsets given. */
async function consume(requests: OffsetFetchRequest[], options: object = {}): Promise<Inbox<Message>> {
  const client = await newClient()
  const consumer = new Consumer(client, requests, {
    fromOffset: true,
    autoCommit: false,
    fetchMaxWaitMs: 100,
    ...options,
  })
  onTestFinished(async () => await new Promise<void>((resolve) => consumer.close(() => resolve())))
  const inbox = new Inbox<Message>()
  consumer.on('message', (message) => inbox.push(message))
  consumer.on('error', () => {})
  return inbox
}

oldProtocolSuite('a kafka-node producer and consumer', () => {
  for (const [attributes, codec] of [
    [0, 'nothing'],
    [1, 'gzip'],
    [2, 'snappy'],
  ] as const) {
    test(`records in message sets, compressed with ${codec}, come back in order`, async () => {
      const topic = await newTopic()
      const producer = await newProducer()
      const values = Array.from({ length: 50 }, (_, index) => `value-${index}`)
      const first = await result((done) => producer.send([{ topic, messages: values, attributes }], done))
      expect(first).toEqual({ [topic]: { 0: 0 } })
      const second = await result((done) => producer.send([{ topic, messages: ['last'], attributes }], done))
      expect(second).toEqual({ [topic]: { 0: 50 } })
      const received = await (await consume([{ topic, partition: 0, offset: 0 }])).count(51)
      expect(received.map(({ value }) => value)).toEqual([...values, 'last'])
      expect(received.map(({ offset }) => offset)).toEqual([...Array(51).keys()])
      expect(received.at(0)?.highWaterOffset).toBe(51)
    })
  }

  test('keys are kept, and null differs from empty', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    const messages = [new KeyedMessage('k', 'v'), new KeyedMessage('', ''), 'keyless']
    await result((done) => producer.send([{ topic, messages }], done))
    const received = await kafkajs.readAll(topic, 3)
    expect(received.map(({ key, value }) => [key, value])).toEqual([
      ['k', 'v'],
      ['', ''],
      [null, 'keyless'],
    ])
  })

  test('what it writes is read by a client of record batches', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    for (const attributes of [0, 1, 2]) {
      const messages = ['a', 'b'].map((value) => new KeyedMessage('k', `${value}${attributes}`))
      await result((done) => producer.send([{ topic, messages, attributes }], done))
    }
    const received = await kafkajs.readAll(topic, 6)
    expect(received.map(({ value }) => value)).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2'])
    expect(received.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('record batches are read as message sets, headers left out', async () => {
    const topic = await newTopic()
    const producer = await kafkajs.newProducer()
    const messages = Array.from({ length: 20 }, (_, index) => ({
      key: `k${index}`,
      value: `v${index}`,
      headers: { lost: 'yes' },
    }))
    await producer.send({ topic, messages: messages.slice(0, 10) })
    await producer.send({ topic, messages: messages.slice(10), compression: 1 })
    const received = await (await consume([{ topic, partition: 0, offset: 5 }])).count(15)
    expect(received.map(({ key, value, offset }) => [key, value, offset])).toEqual(
      messages.map(({ key, value }, offset) => [key, value, offset]).slice(5),
    )
  })

  test('acks 0 is not answered, acks 1 and all are', async () => {
    const topic = await newTopic()
    for (const requireAcks of [0, 1, -1]) {
      const producer = await newProducer(requireAcks)
      const answer = await result((done) => producer.send([{ topic, messages: `acks ${requireAcks}` }], done))
      if (requireAcks !== 0) expect(answer).toEqual({ [topic]: { 0: requireAcks === 1 ? 1 : 2 } })
      else await kafkajs.readAll(topic, 1)
    }
  })

  test('one send goes to several topics and partitions', async () => {
    const [one, two] = [await newTopic({ numPartitions: 2 }), await newTopic()]
    const producer = await newProducer()
    const payloads = [
      { topic: one, partition: 0, messages: ['a'] },
      { topic: one, partition: 1, messages: ['b', 'c'] },
      { topic: two, partition: 0, messages: ['d'] },
    ]
    const answer = await result((done) => producer.send(payloads, done))
    expect(answer).toEqual({ [one]: { 0: 0, 1: 0 }, [two]: { 0: 0 } })
    expect((await kafkajs.readAll(one, 3)).map(({ value }) => value)).toEqual(['a', 'b', 'c'])
  })

  test('a waiting fetch is answered when something comes', async () => {
    const topic = await newTopic()
    const inbox = await consume([{ topic, partition: 0, offset: 0 }], { fetchMaxWaitMs: 5_000 })
    const producer = await newProducer()
    const sentAt = Date.now()
    await result((done) => producer.send([{ topic, messages: 'now' }], done))
    await inbox.count(1)
    expect(Date.now() - sentAt).toBeLessThan(4_000)
  })

  test('a topic that nobody has made is made by asking for its metadata', async () => {
    const topic = uniqueName('auto')
    const producer = await newProducer()
    await vi.waitFor(
      async () => await result((done) => producer.send([{ topic, messages: ['first'] }], done)),
      soon,
    )
    expect((await kafkajs.readAll(topic, 1))[0]?.value).toBe('first')
  })
})

oldProtocolSuite('a kafka-node group', () => {
  test('reads, commits, and goes on where it was', async () => {
    const [topic, groupId] = [await newTopic(), uniqueName('group')]
    const producer = await newProducer()
    await result((done) => producer.send([{ topic, messages: ['a', 'b'] }], done))
    const first = await joinGroup(topic, { groupId })
    expect((await first.inbox.count(2)).map(({ value }) => value)).toEqual(['a', 'b'])
    await first.leave()
    await result((done) => producer.send([{ topic, messages: ['c'] }], done))
    const second = await joinGroup(topic, { groupId })
    expect((await second.inbox.count(1)).map(({ value }) => value)).toEqual(['c'])
  })

  test('shares the partitions among its members', async () => {
    const [topic, groupId] = [await newTopic({ numPartitions: 4 }), uniqueName('group')]
    const members = [await joinGroup(topic, { groupId }), await joinGroup(topic, { groupId })]
    const admin = new Admin(await newClient())
    await vi.waitFor(async () => {
      const described = await result<Record<string, DescribedGroup>>((done) =>
        admin.describeGroups([groupId], done),
      )
      expect(described[groupId]).toMatchObject({ state: 'Stable', protocolType: 'consumer' })
      const shares = described[groupId]?.members.map(
        ({ memberAssignment }) => memberAssignment.partitions[topic]?.length,
      )
      expect(shares).toEqual([2, 2])
    }, soon)
    const producer = await newProducer()
    const payloads = [0, 1, 2, 3].map((partition) => ({ topic, partition, messages: [`${partition}`] }))
    await result((done) => producer.send(payloads, done))
    await vi.waitFor(() => {
      const values = members.flatMap(({ inbox }) => inbox.items.map(({ value }) => value))
      expect(values.sort()).toEqual(['0', '1', '2', '3'])
    }, soon)
  })

  test('may mix with kafkajs over the offsets that both commit', async () => {
    const [topic, groupId] = [await newTopic(), uniqueName('group')]
    const producer = await newProducer()
    await result((done) => producer.send([{ topic, messages: ['a', 'b', 'c'] }], done))
    const modern = kafkajs.newConsumer({ groupId })
    await kafkajs.receive(modern, [topic], { autoCommit: false })
    await modern.commitOffsets([{ topic, partition: 0, offset: '2' }])
    await modern.disconnect()
    const { inbox } = await joinGroup(topic, { groupId })
    expect((await inbox.count(1)).map(({ value }) => value)).toEqual(['c'])
  })
})

oldProtocolSuite('kafka-node on offsets and as an admin', () => {
  test('lists earliest, latest and timed offsets in the old way', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    await result((done) => producer.send([{ topic, messages: ['a', 'b', 'c'] }], done))
    const offset = new Offset(await newClient())
    const ask = (time: number) =>
      result((done) => offset.fetch([{ topic, partition: 0, time, maxNum: 1 }], done))
    expect(await ask(-1)).toEqual({ [topic]: { 0: [3] } })
    expect(await ask(-2)).toEqual({ [topic]: { 0: [0] } })
    expect(await result((done) => offset.fetchLatestOffsets([topic], done))).toEqual({ [topic]: { 0: 3 } })
    expect(await result((done) => offset.fetchEarliestOffsets([topic], done))).toEqual({ [topic]: { 0: 0 } })
  })

  // Apache Kafka kept what came by OffsetCommit v0 in ZooKeeper, and refuses it since it has none.
  test.skipIf(broker.kind !== 'odradek')('commits offsets without a group and gets them back', async () => {
    const [topic, groupId] = [await newTopic(), uniqueName('group')]
    const offset = new Offset(await newClient())
    const commits = [{ topic, partition: 0, offset: 7, metadata: 'm' }]
    await result((done) => offset.commit(groupId, commits, done))
    const fetched = await vi.waitFor(
      async () => await result((done) => offset.fetchCommits(groupId, [{ topic, partition: 0 }], done)),
      soon,
    )
    expect(fetched).toEqual({ [topic]: { 0: 7 } })
  })

  test('creates topics and reads their configs', async () => {
    const admin = new Admin(await newClient())
    const topic = uniqueName('topic')
    const configEntries = [{ name: 'retention.ms', value: '5000' }]
    const request = { topic, partitions: 2, replicationFactor: 1, configEntries }
    expect(await result((done) => admin.createTopics([request], done))).toEqual([])
    const [failed] = await result<CreateTopicResponse[]>((done) => admin.createTopics([request], done))
    expect(failed).toMatchObject({ topic, error: expect.stringContaining('already exists') })
    const resources = [{ resourceType: 'topic', resourceName: topic, configNames: [] }]
    const [described] = await result<DescribedResource[]>((done) =>
      admin.describeConfigs({ resources, includeSynonyms: false }, done),
    )
    const retention = described?.configEntries.find(({ configName }) => configName === 'retention.ms')
    expect(retention?.configValue).toBe('5000')
  })

  test('lists groups', async () => {
    const [topic, groupId] = [await newTopic(), uniqueName('group')]
    await joinGroup(topic, { groupId })
    const admin = new Admin(await newClient())
    expect(await result((done) => admin.listGroups(done))).toMatchObject({ [groupId]: 'consumer' })
  })
})
