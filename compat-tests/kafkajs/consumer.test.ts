import {
  type ConsumerFetchEvent,
  type EachBatchPayload,
  PartitionAssigners,
  type RequestEvent,
} from 'kafkajs'
import { expect, test } from 'vitest'
import { Inbox } from '../inbox.ts'
import { suite, uniqueName } from '../target.ts'
import {
  joinsOf,
  newAdmin,
  newConsumer,
  newProducer,
  newTopic,
  type Received,
  receive,
  received,
} from './kafka.ts'

suite('a kafkajs consumer', () => {
  test('fromBeginning reads what was there before it', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] })
    const inbox = await receive(newConsumer(), [topic], { fromBeginning: true })
    await inbox.count(2)
    await producer.send({ topic, messages: [{ value: 'c' }] })
    expect((await inbox.count(3)).map(({ value }) => value)).toEqual(['a', 'b', 'c'])
  })

  test('without fromBeginning a new group begins at the end', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    await producer.send({ topic, messages: [{ value: 'before' }] })
    const consumer = newConsumer()
    const fetched = new Inbox<ConsumerFetchEvent['payload']>()
    consumer.on(consumer.events.FETCH, (event) => fetched.push(event.payload))
    const inbox = await receive(consumer, [topic], { fromBeginning: false })
    await fetched.count(1)
    await producer.send({ topic, messages: [{ value: 'after' }] })
    await inbox.count(1)
    expect(inbox.items.map(({ value }) => value)).toEqual(['after'])
  })

  test('several topics come through one subscription', async () => {
    const topics = [await newTopic(), await newTopic({ numPartitions: 2 }), await newTopic()]
    const producer = await newProducer()
    for (const topic of topics) await producer.send({ topic, messages: [{ value: topic }] })
    const inbox = await receive(newConsumer(), topics)
    expect((await inbox.count(3)).map(({ topic }) => topic).sort()).toEqual([...topics].sort())
  })

  test('a regular expression subscribes to the topics that match', async () => {
    const prefix = uniqueName('regex')
    const names = ['one', 'two', 'other'].map((end) => `${prefix}-${end}`)
    for (const topic of names) await newTopic({ topic })
    const producer = await newProducer()
    for (const topic of names) await producer.send({ topic, messages: [{ value: topic }] })
    const inbox = await receive(newConsumer(), [new RegExp(`^${prefix}-(one|two)$`)])
    expect((await inbox.count(2)).map(({ topic }) => topic).sort()).toEqual(names.slice(0, 2))
  })

  test('a paused topic gives nothing until it is resumed, the others go on', async () => {
    const [quiet, loud] = [await newTopic(), await newTopic()]
    const producer = await newProducer()
    const consumer = newConsumer()
    const inbox = await receive(consumer, [quiet, loud])
    consumer.pause([{ topic: quiet }])
    expect(consumer.paused()).toEqual([{ topic: quiet, partitions: [0] }])
    await producer.send({ topic: quiet, messages: [{ value: 'held' }] })
    for (const value of ['a', 'b', 'c']) await producer.send({ topic: loud, messages: [{ value }] })
    expect((await inbox.count(3)).map(({ value }) => value)).toEqual(['a', 'b', 'c'])
    consumer.resume([{ topic: quiet }])
    expect((await inbox.count(4)).at(-1)?.value).toBe('held')
  })

  test('one partition can be paused by itself', async () => {
    const topic = await newTopic({ numPartitions: 2 })
    const producer = await newProducer()
    const consumer = newConsumer()
    const inbox = await receive(consumer, [topic])
    consumer.pause([{ topic, partitions: [1] }])
    await producer.send({ topic, messages: [{ value: 'held', partition: 1 }] })
    await producer.send({ topic, messages: [{ value: 'free', partition: 0 }] })
    expect((await inbox.count(1)).map(({ value }) => value)).toEqual(['free'])
    consumer.resume([{ topic, partitions: [1] }])
    expect((await inbox.count(2)).at(-1)?.value).toBe('held')
  })

  test('seek goes to an offset, forwards and backwards', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    const messages = Array.from({ length: 10 }, (_, index) => ({ value: String(index) }))
    await producer.send({ topic, messages })
    const consumer = newConsumer()
    const inbox = new Inbox<Received>()
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const joins = joinsOf(consumer)
    await consumer.run({ eachMessage: async (payload) => inbox.push(received(payload)) })
    consumer.seek({ topic, partition: 0, offset: '7' })
    await joins.count(1)
    await inbox.until('the last record', (items) => items.at(-1)?.value === '9')
    expect(inbox.items.slice(-3).map(({ value }) => value)).toEqual(['7', '8', '9'])
    const sofar = inbox.items.length
    consumer.seek({ topic, partition: 0, offset: '2' })
    await inbox.count(sofar + 8)
    expect(inbox.items.slice(sofar).map(({ value }) => Number(value))).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('a seek beyond the end is out of range, and the consumer falls back to where it may begin', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] })
    const consumer = newConsumer()
    const inbox = await receive(consumer, [topic], { fromBeginning: true })
    await inbox.count(2)
    consumer.seek({ topic, partition: 0, offset: '1000' })
    expect((await inbox.count(4)).map(({ value }) => value)).toEqual(['a', 'b', 'a', 'b'])
  })

  test('a consumer that begins below the log start offset begins there', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    const messages = Array.from({ length: 10 }, (_, index) => ({ value: String(index) }))
    for (const message of messages) await producer.send({ topic, messages: [message] })
    const admin = await newAdmin()
    // kafkajs knows a topic's leaders only after it has asked for its offsets.
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] })
    const inbox = await receive(newConsumer(), [topic], { fromBeginning: true })
    expect((await inbox.count(4)).map(({ offset }) => offset)).toEqual([6, 7, 8, 9])
  })

  test('a fetch from within a batch begins at the record asked for', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    const messages = Array.from({ length: 50 }, (_, index) => ({ value: String(index) }))
    await producer.send({ topic, messages })
    const groupId = uniqueName('group')
    const first = newConsumer({ groupId })
    await receive(first, [topic], { autoCommit: false })
    await first.commitOffsets([{ topic, partition: 0, offset: '33' }])
    await first.disconnect()
    const inbox = await receive(newConsumer({ groupId }), [topic])
    expect((await inbox.count(17)).map(({ offset }) => offset)).toEqual(
      Array.from({ length: 17 }, (_, index) => 33 + index),
    )
  })

  test('a record larger than maxBytesPerPartition still arrives', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    await producer.send({ topic, messages: [{ value: 'x'.repeat(200_000) }] })
    await producer.send({ topic, messages: [{ value: 'small' }] })
    const inbox = await receive(newConsumer({ maxBytesPerPartition: 1_000, maxBytes: 2_000 }), [topic])
    expect((await inbox.count(2)).map(({ value }) => value?.length)).toEqual([200_000, 5])
  })

  test('a small maxBytes lets every partition have its turn', async () => {
    const topic = await newTopic({ numPartitions: 6 })
    const producer = await newProducer()
    for (let round = 0; round < 5; round++) {
      const messages = [0, 1, 2, 3, 4, 5].map((partition) => ({ partition, value: 'x'.repeat(10_000) }))
      await producer.send({ topic, messages })
    }
    const inbox = await receive(newConsumer({ maxBytes: 15_000 }), [topic])
    const records = await inbox.count(30)
    for (const partition of [0, 1, 2, 3, 4, 5]) {
      expect(records.filter((record) => record.partition === partition)).toHaveLength(5)
    }
  })

  test('a waiting fetch is answered as soon as there is something, and not before maxWaitTime if there is not', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    await producer.send({ topic, messages: [{ value: 'warm' }] })
    const consumer = newConsumer({ maxWaitTimeInMs: 1_500 })
    const requests = new Inbox<RequestEvent['payload']>()
    consumer.on(consumer.events.REQUEST, ({ payload }) => {
      if (payload.apiName === 'Fetch') requests.push(payload)
    })
    const inbox = await receive(consumer, [topic])
    await inbox.count(1)
    await requests.until('an idle fetch', (all) => all.some(({ duration }) => duration >= 1_400))
    expect(requests.items.length).toBeLessThan(5)
    expect(requests.items.at(-1)?.duration).toBeLessThan(4_000)
    const sentAt = Date.now()
    await producer.send({ topic, messages: [{ value: 'now' }] })
    await inbox.count(2)
    expect(Date.now() - sentAt).toBeLessThan(1_000)
  })

  test('minBytes holds a fetch back until that much is there', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    const consumer = newConsumer({ minBytes: 5_000, maxWaitTimeInMs: 4_000 })
    const started = new Inbox<number>()
    consumer.on(consumer.events.FETCH_START, () => started.push(Date.now()))
    const sizes = new Inbox<number>()
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ eachBatch: async ({ batch }) => sizes.push(batch.messages.length) })
    await started.count(1)
    await producer.send({ topic, messages: [{ value: 'x'.repeat(1_000) }] })
    await producer.send({ topic, messages: [{ value: 'x'.repeat(1_000) }] })
    await producer.send({ topic, messages: [{ value: 'x'.repeat(4_000) }] })
    expect((await sizes.count(1))[0]).toBe(3)
  })

  test('eachBatch tells offsets, high watermark and lag, and commits what was resolved', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    await producer.send({ topic, messages: Array.from({ length: 10 }, (_, i) => ({ value: String(i) })) })
    const groupId = uniqueName('group')
    const consumer = newConsumer({ groupId })
    const batches = new Inbox<EachBatchPayload['batch']>()
    const commits = new Inbox<unknown>()
    consumer.on(consumer.events.COMMIT_OFFSETS, (event) => commits.push(event.payload))
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: async ({
        batch,
        resolveOffset,
        heartbeat,
        commitOffsetsIfNecessary,
        uncommittedOffsets,
      }) => {
        for (const { offset } of batch.messages.slice(0, 6)) {
          resolveOffset(offset)
          await heartbeat()
        }
        await commitOffsetsIfNecessary(uncommittedOffsets())
        batches.push(batch)
        consumer.pause([{ topic }])
      },
    })
    const [batch] = await batches.count(1)
    expect(batch?.firstOffset()).toBe('0')
    expect(batch?.lastOffset()).toBe('9')
    expect(batch?.highWatermark).toBe('10')
    expect(batch?.offsetLag()).toBe('0')
    expect(batch?.offsetLagLow()).toBe('9')
    await commits.count(1)
    const admin = await newAdmin()
    const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] })
    expect(offsets?.partitions).toMatchObject([{ partition: 0, offset: '6' }])
  })

  test('partitions can be worked on side by side', async () => {
    const topic = await newTopic({ numPartitions: 3 })
    const producer = await newProducer()
    await producer.send({ topic, messages: [0, 1, 2].map((partition) => ({ partition, value: 'v' })) })
    const consumer = newConsumer()
    const inside = new Inbox<number>()
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      partitionsConsumedConcurrently: 3,
      eachMessage: async ({ partition }) => {
        inside.push(partition)
        await inside.count(3)
      },
    })
    expect([...(await inside.count(3))].sort()).toEqual([0, 1, 2])
  })

  test('partitions that are added later are found', async () => {
    const topic = await newTopic({ numPartitions: 1 })
    const inbox = await receive(newConsumer({ metadataMaxAge: 300 }), [topic])
    await (await newProducer()).send({ topic, messages: [{ value: 'old', partition: 0 }] })
    await inbox.count(1)
    const admin = await newAdmin()
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
    await (await newProducer()).send({ topic, messages: [{ value: 'new', partition: 2 }] })
    expect((await inbox.count(2)).at(-1)).toMatchObject({ value: 'new', partition: 2 })
  })

  test('a handler that fails gets its record again', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] })
    const consumer = newConsumer()
    const seen = new Inbox<string | undefined>()
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(message.value?.toString())
        if (seen.items.length === 2) throw new Error('the first look at b fails')
      },
    })
    expect(await seen.count(3)).toEqual(['a', 'b', 'b'])
  })

  test('an assigner of the users is what the group agrees on', async () => {
    const topic = await newTopic({ numPartitions: 2 })
    const named = (args: Parameters<typeof PartitionAssigners.roundRobin>[0]) => ({
      ...PartitionAssigners.roundRobin(args),
      name: 'OwnAssigner',
      version: 0,
    })
    const consumer = newConsumer({ partitionAssigners: [named, PartitionAssigners.roundRobin] })
    const joins = joinsOf(consumer)
    await receive(consumer, [topic])
    expect((await joins.count(1))[0]?.groupProtocol).toBe('OwnAssigner')
  })
})
