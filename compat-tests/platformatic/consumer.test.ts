import { expect, test, vi } from 'vitest'
import { suite, uniqueName } from '../target.ts'
import {
  errorsOf,
  newAdmin,
  newConsumer,
  newProducer,
  newTopic,
  receive,
  type StringConsumer,
} from './platformatic.ts'

const partitionsOf = (consumer: StringConsumer, topic: string): number[] =>
  consumer.assignments?.find((assignment) => assignment.topic === topic)?.partitions ?? []
const soon = { timeout: 15_000, interval: 50 }

suite('a @platformatic/kafka consumer', () => {
  test('its fetch session delivers what comes to any of its partitions at any time', async () => {
    const topics = [await newTopic(3), await newTopic(3)]
    const inbox = await receive(newConsumer({ maxWaitTime: 200 }), topics)
    const producer = newProducer()
    const sent: string[] = []
    for (let round = 0; round < 6; round++) {
      for (const topic of topics) {
        const value = `${topic}-${round}`
        sent.push(value)
        await producer.send({ messages: [{ topic, value, partition: round % 3 }], acks: -1 })
        // Each waits for the one before, so that most partitions are silent in every fetch.
        await inbox.count(sent.length)
      }
    }
    expect(inbox.items.map(({ value }) => value)).toEqual(sent)
  })

  test('mode latest begins at the end', async () => {
    const topic = await newTopic()
    const producer = newProducer()
    await producer.send({ messages: [{ topic, value: 'before' }], acks: -1 })
    const stream = await newConsumer().consume({ topics: [topic], mode: 'latest' })
    const values: string[] = []
    stream.on('data', ({ value }) => values.push(value))
    await vi.waitFor(() => expect(stream.offsetsToFetch.size).toBe(1), soon)
    await producer.send({ messages: [{ topic, value: 'after' }], acks: -1 })
    await vi.waitFor(() => expect(values).toEqual(['after']), soon)
  })

  test('mode manual begins at the offset given', async () => {
    const topic = await newTopic()
    const messages = Array.from({ length: 10 }, (_, index) => ({ topic, value: String(index) }))
    await newProducer().send({ messages, acks: -1 })
    const offsets = [{ topic, partition: 0, offset: 6n }]
    const inbox = await receive(newConsumer(), [topic], { mode: 'manual', offsets })
    expect((await inbox.count(4)).map(({ value }) => value)).toEqual(['6', '7', '8', '9'])
  })

  test('a group continues at what was committed by hand', async () => {
    const [topic, groupId] = [await newTopic(), uniqueName('group')]
    await newProducer().send({ messages: ['a', 'b', 'c'].map((value) => ({ topic, value })), acks: -1 })
    const first = newConsumer({ groupId, autocommit: false })
    const inbox = await receive(first, [topic], { mode: 'committed', fallbackMode: 'earliest' })
    await (await inbox.count(3))[1]?.commit()
    await first.close(true)
    const next = await receive(newConsumer({ groupId }), [topic], { mode: 'committed' })
    expect((await next.count(1)).map(({ value }) => value)).toEqual(['c'])
  })

  test('autocommit commits', async () => {
    const [topic, groupId] = [await newTopic(), uniqueName('group')]
    await newProducer().send({ messages: ['a', 'b'].map((value) => ({ topic, value })), acks: -1 })
    await (await receive(newConsumer({ groupId, autocommit: 100 }), [topic])).count(2)
    const admin = newAdmin()
    await vi.waitFor(async () => {
      const [group] = await admin.listConsumerGroupOffsets({ groups: [groupId] })
      expect(group?.topics[0]?.partitions[0]).toMatchObject({ partitionIndex: 0, committedOffset: 2n })
    }, soon)
  })

  test('members share the partitions, and a member that leaves hands its own on', async () => {
    const [topic, groupId] = [await newTopic(4), uniqueName('group')]
    const members = [newConsumer({ groupId }), newConsumer({ groupId })]
    for (const member of members) await receive(member, [topic])
    const all = () => members.flatMap((member) => partitionsOf(member, topic)).sort()
    await vi.waitFor(() => {
      expect(members.map((member) => partitionsOf(member, topic).length)).toEqual([2, 2])
      expect(all()).toEqual([0, 1, 2, 3])
    }, soon)
    await members.pop()?.close(true)
    await vi.waitFor(() => expect(all()).toEqual([0, 1, 2, 3]), soon)
  })

  test('a static member that comes back has its old place, and nobody rebalances', async () => {
    const [topic, groupId] = [await newTopic(2), uniqueName('group')]
    const join = async (groupInstanceId: string) => {
      const consumer = newConsumer({ groupId, groupInstanceId })
      await receive(consumer, [topic])
      return consumer
    }
    const [first, second] = [await join('first'), await join('second')]
    await vi.waitFor(() => {
      expect([first, second].map((member) => partitionsOf(member, topic).length)).toEqual([1, 1])
    }, soon)
    const [before, generation] = [partitionsOf(second, topic), first.generationId]
    // As after a restart: the old one has not said goodbye, and learns by its next heartbeat that it is replaced.
    const fenced = new Promise<Error>((resolve) =>
      second.on('consumer:heartbeat:error', ({ error }) => resolve(error)),
    )
    const again = await join('second')
    await vi.waitFor(() => expect(partitionsOf(again, topic)).toEqual(before), soon)
    expect(again.generationId).toBe(generation)
    expect(await errorsOf(Promise.reject(await fenced))).toEqual(['FENCED_INSTANCE_ID'])
  })

  test('offsets and lag are told exactly', async () => {
    const topic = await newTopic(2)
    const consumer = newConsumer({ autocommit: false })
    const messages = [0, 0, 0, 1].map((partition) => ({ topic, value: 'v', partition }))
    await newProducer().send({ messages, acks: -1 })
    expect((await consumer.listOffsets({ topics: [topic] })).get(topic)).toEqual([3n, 1n])
    expect((await consumer.listOffsets({ topics: [topic], timestamp: -2n })).get(topic)).toEqual([0n, 0n])
    const read = await (await receive(consumer, [topic])).count(4)
    await read.findLast(({ partition }) => partition === 0)?.commit()
    await read.findLast(({ partition }) => partition === 1)?.commit()
    await newProducer().send({ messages: messages.slice(1), acks: -1 })
    expect((await consumer.getLag({ topics: [topic] })).get(topic)).toEqual([2n, 1n])
  })

  test('a consumer whose connections are cut goes on', async () => {
    const topic = await newTopic()
    const producer = newProducer()
    const consumer = newConsumer({ retries: 10 })
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' })
    const values: string[] = []
    stream.on('data', ({ value }) => values.push(value))
    await producer.send({ messages: [{ topic, value: 'before' }], acks: -1 })
    await vi.waitFor(() => expect(values).toEqual(['before']), soon)
    for (const [, connection] of stream.connections) connection.socket.destroy()
    await producer.send({ messages: [{ topic, value: 'after' }], acks: -1 })
    await vi.waitFor(() => expect(values).toEqual(['before', 'after']), soon)
  })
})
