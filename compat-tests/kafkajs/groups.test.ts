import { AssignerProtocol, type Consumer, type GroupDescription } from 'kafkajs'
import { expect, test, vi } from 'vitest'
import { suite, uniqueName } from '../target.ts'
import {
  errorOf,
  joinsOf,
  newAdmin,
  newConsumer,
  newKafka,
  newProducer,
  newTopic,
  type Received,
  receive,
} from './kafka.ts'

/** Waits until the group is stable with that many members, and tells who has which partitions of the topic. */
async function settled(groupId: string, topic: string, members: number): Promise<number[][]> {
  const admin = await newAdmin()
  return await vi.waitFor(
    async () => {
      const { groups } = await admin.describeGroups([groupId])
      const group = groups[0]
      expect(group?.state).toBe('Stable')
      expect(group?.members).toHaveLength(members)
      const shares = sharesOf(group, topic)
      expect(shares.flat().length).toBeGreaterThan(0)
      return shares
    },
    { timeout: 20_000, interval: 50 },
  )
}

function sharesOf(group: GroupDescription | undefined, topic: string): number[][] {
  return (group?.members ?? []).map(
    ({ memberAssignment }) =>
      AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[topic] ?? [],
  )
}

async function join(groupId: string, topic: string): Promise<Consumer> {
  const consumer = newConsumer({ groupId })
  await receive(consumer, [topic])
  return consumer
}

const sixPartitions = [0, 1, 2, 3, 4, 5]
const ascending = (numbers: number[]): number[] => [...numbers].sort((a, b) => a - b)

suite('a group of kafkajs consumers', () => {
  test('members share the partitions, whoever comes and goes', async () => {
    const topic = await newTopic({ numPartitions: 6 })
    const groupId = uniqueName('group')
    const first = await join(groupId, topic)
    expect((await settled(groupId, topic, 1)).map(({ length }) => length)).toEqual([6])
    const second = await join(groupId, topic)
    const two = await settled(groupId, topic, 2)
    expect(two.map(({ length }) => length)).toEqual([3, 3])
    expect(ascending(two.flat())).toEqual(sixPartitions)
    await join(groupId, topic)
    const three = await settled(groupId, topic, 3)
    expect(three.map(({ length }) => length)).toEqual([2, 2, 2])
    expect(ascending(three.flat())).toEqual(sixPartitions)
    await first.disconnect()
    expect(ascending((await settled(groupId, topic, 2)).flat())).toEqual(sixPartitions)
    await second.disconnect()
    expect((await settled(groupId, topic, 1)).map(({ length }) => length)).toEqual([6])
  })

  test('members that arrive together are all taken in', async () => {
    const topic = await newTopic({ numPartitions: 6 })
    const groupId = uniqueName('group')
    await Promise.all(Array.from({ length: 4 }, () => join(groupId, topic)))
    const shares = await settled(groupId, topic, 4)
    expect(ascending(shares.flat())).toEqual(sixPartitions)
    expect(shares.every(({ length }) => length > 0)).toBe(true)
  })

  test('a member more than there are partitions gets none, and takes over when another leaves', async () => {
    const topic = await newTopic({ numPartitions: 1 })
    const groupId = uniqueName('group')
    const first = await join(groupId, topic)
    const second = newConsumer({ groupId })
    const inbox = await receive(second, [topic])
    expect((await settled(groupId, topic, 2)).map(({ length }) => length).sort()).toEqual([0, 1])
    await first.disconnect()
    expect(await settled(groupId, topic, 1)).toEqual([[0]])
    await (await newProducer()).send({ topic, messages: [{ value: 'for the survivor' }] })
    expect((await inbox.count(1))[0]?.value).toBe('for the survivor')
  })

  test('every record is processed exactly once while members come and go in an orderly way', async () => {
    const topic = await newTopic({ numPartitions: 4 })
    const groupId = uniqueName('group')
    const producer = await newProducer()
    const send = async (from: number) => {
      const messages = Array.from({ length: 40 }, (_, i) => ({ value: String(from + i), partition: i % 4 }))
      await producer.send({ topic, messages })
    }
    const all: Received[] = []
    const run = async () => {
      const consumer = newConsumer({ groupId })
      const inbox = await receive(consumer, [topic])
      return { consumer, inbox }
    }
    const first = await run()
    await send(0)
    await first.inbox.count(40)
    const second = await run()
    await settled(groupId, topic, 2)
    await send(40)
    await vi.waitFor(() => expect(first.inbox.items.length + second.inbox.items.length).toBe(80), 20_000)
    await first.consumer.disconnect()
    await settled(groupId, topic, 1)
    await send(80)
    await second.inbox.until('all records', () => first.inbox.items.length + second.inbox.items.length >= 120)
    all.push(...first.inbox.items, ...second.inbox.items)
    const values = ascending(all.map(({ value }) => Number(value)))
    expect(values).toEqual(Array.from({ length: 120 }, (_, index) => index))
  })

  test('a group continues where it had committed', async () => {
    const topic = await newTopic()
    const groupId = uniqueName('group')
    const producer = await newProducer()
    await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] })
    const first = newConsumer({ groupId })
    await (await receive(first, [topic])).count(2)
    await first.disconnect()
    await producer.send({ topic, messages: [{ value: 'c' }] })
    const inbox = await receive(newConsumer({ groupId }), [topic])
    expect((await inbox.count(1)).map(({ value }) => value)).toEqual(['c'])
  })

  test('without autoCommit what was not committed comes again', async () => {
    const topic = await newTopic()
    const groupId = uniqueName('group')
    await (await newProducer()).send({ topic, messages: ['a', 'b', 'c'].map((value) => ({ value })) })
    const first = newConsumer({ groupId })
    await (await receive(first, [topic], { autoCommit: false })).count(3)
    await first.commitOffsets([{ topic, partition: 0, offset: '1', metadata: 'so far' }])
    await first.disconnect()
    const [offsets] = await (await newAdmin()).fetchOffsets({ groupId, topics: [topic] })
    expect(offsets?.partitions).toEqual([{ partition: 0, offset: '1', metadata: 'so far' }])
    const inbox = await receive(newConsumer({ groupId }), [topic], { autoCommit: false })
    expect((await inbox.count(2)).map(({ value }) => value)).toEqual(['b', 'c'])
  })

  test('two groups read the same topic without knowing of each other', async () => {
    const topic = await newTopic()
    const inboxes = [await receive(newConsumer(), [topic]), await receive(newConsumer(), [topic])]
    await (await newProducer()).send({ topic, messages: [{ value: 'for all' }] })
    for (const inbox of inboxes) expect((await inbox.count(1))[0]?.value).toBe('for all')
  })

  test('members of one group may subscribe to different topics', async () => {
    const [one, two] = [await newTopic(), await newTopic()]
    const groupId = uniqueName('group')
    const first = await receive(newConsumer({ groupId }), [one, two])
    const second = await receive(newConsumer({ groupId }), [one, two])
    await settled(groupId, one, 2)
    const producer = await newProducer()
    for (const topic of [one, two]) await producer.send({ topic, messages: [{ value: topic }] })
    const both = () => [...first.items, ...second.items]
    await vi.waitFor(
      () =>
        expect(
          both()
            .map(({ topic }) => topic)
            .sort(),
        ).toEqual([one, two].sort()),
      10_000,
    )
  })

  test('a member that is described shows its client, host and assignment', async () => {
    const topic = await newTopic({ numPartitions: 2 })
    const clientId = uniqueName('client')
    const consumer = newConsumer({}, newKafka({ clientId }))
    const joins = joinsOf(consumer)
    await receive(consumer, [topic])
    const [joined] = await joins.count(1)
    const group = await consumer.describeGroup()
    expect(group).toMatchObject({ state: 'Stable', protocolType: 'consumer', protocol: 'RoundRobinAssigner' })
    expect(group.members).toHaveLength(1)
    expect(group.members[0]).toMatchObject({ clientId, memberId: joined?.memberId })
    expect(group.members[0]?.memberId.startsWith(`${clientId}-`)).toBe(true)
    expect(group.members[0]?.clientHost).toMatch(/127\.0\.0\.1|172\./)
    expect(sharesOf(group, topic).map(ascending)).toEqual([[0, 1]])
    const metadata = AssignerProtocol.MemberMetadata.decode(
      group.members[0]?.memberMetadata ?? Buffer.alloc(0),
    )
    expect(metadata?.topics).toEqual([topic])
  })

  test('heartbeats keep a member through work that is longer than its session', async () => {
    const topic = await newTopic()
    await (await newProducer()).send({ topic, messages: [{ value: 'slow' }, { value: 'next' }] })
    const consumer = newConsumer({ sessionTimeout: 1_500, heartbeatInterval: 100 })
    const joins = joinsOf(consumer)
    const beats: number[] = []
    consumer.on(consumer.events.HEARTBEAT, ({ timestamp }) => beats.push(timestamp))
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const done = new Promise<void>((resolve) => {
      void consumer.run({
        eachMessage: async ({ message, heartbeat }) => {
          if (message.value?.toString() === 'next') return resolve()
          const from = beats.at(0) ?? Date.now()
          // Work that ends only when the session would have been over twice.
          await vi.waitUntil(
            async () => {
              await heartbeat()
              return (beats.at(-1) ?? 0) - from > 3_000
            },
            { timeout: 10_000, interval: 100 },
          )
        },
      })
    })
    await done
    expect(joins.items).toHaveLength(1)
  })

  test('a group that everybody has left is Empty and keeps its offsets', async () => {
    const topic = await newTopic()
    const groupId = uniqueName('group')
    await (await newProducer()).send({ topic, messages: [{ value: 'v' }] })
    const consumer = newConsumer({ groupId })
    await (await receive(consumer, [topic])).count(1)
    await consumer.disconnect()
    const admin = await newAdmin()
    expect((await admin.describeGroups([groupId])).groups[0]).toMatchObject({ state: 'Empty', members: [] })
    expect((await admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions[0]?.offset).toBe('1')
  })

  test('a stranger may not commit for a group that has members', async () => {
    const topic = await newTopic()
    const groupId = uniqueName('group')
    await join(groupId, topic)
    const admin = await newAdmin(newKafka({ retry: { retries: 0 } }))
    // kafkajs itself looks first whether the group is Stable, and says so without a Kafka error.
    const refused = admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '5' }] })
    await expect(refused).rejects.toThrow(/must have no running instances/)
    expect(await errorOf(admin.deleteGroups([groupId]))).toBe('NON_EMPTY_GROUP')
  })
})
