import { beforeAll, describe, expect, test } from 'vitest'
import { consumerGroupHeartbeat } from '../../src/wire/apis/consumer-group-heartbeat.ts'
import { createPartitions } from '../../src/wire/apis/create-partitions.ts'
import { createTopics } from '../../src/wire/apis/create-topics.ts'
import { ownTest, uniqueName, useBroker } from './broker.ts'
import {
  beat,
  Consumer,
  converge,
  coordinatorReady,
  describeGroup,
  partitionsOf,
  quietHeartbeat,
} from './group-members.ts'
import { newTopic, type Topic, topicSpec } from './requests.ts'

const broker = useBroker()

beforeAll(() => coordinatorReady(broker))

const consumer = (groupId: string, ...topics: readonly Topic[]) =>
  new Consumer(broker, groupId, { subscribedTopicNames: topics.map(({ name }) => name) })

describe('joining', () => {
  test('the first member has all partitions at once', async () => {
    const topic = await newTopic(broker, { partitions: 3 })
    const member = consumer(uniqueName('g'), topic)
    const joined = await member.join()
    expect(joined).toEqual({
      error: 'NONE',
      memberId: member.memberId,
      epoch: 2,
      assigned: partitionsOf(topic, 0, 1, 2),
    })
    expect((await member.beat()).assigned).toBeUndefined()
  })

  test('a client of version 0 may leave its id to the broker', async () => {
    const topic = await newTopic(broker)
    const request = {
      ...quietHeartbeat(uniqueName('g'), '', 0),
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames: [topic.name],
      topicPartitions: [],
    }
    expect((await beat(broker, request, 0)).memberId).toHaveLength(22)
    expect((await beat(broker, request, 1)).error).toBe('INVALID_REQUEST')
  })

  test('the second member gets its share when the first has given it back', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const groupId = uniqueName('g')
    const first = consumer(groupId, topic)
    const second = consumer(groupId, topic)
    await first.join()
    expect(await second.join()).toMatchObject({ error: 'NONE', epoch: 3, assigned: [] })
    const both = [...first.assigned]
    const told = await first.beat()
    expect(told).toMatchObject({ epoch: 2 })
    expect(told.assigned).toHaveLength(1)
    expect((await second.beat()).assigned).toBeUndefined()
    expect(await first.beat()).toMatchObject({ epoch: 3, assigned: undefined })
    expect((await second.beat()).assigned).toHaveLength(1)
    expect([...first.assigned, ...second.assigned].sort()).toEqual(both)
  })

  test('a member that does not exist, or says another epoch, is sent away', async () => {
    const topic = await newTopic(broker)
    const groupId = uniqueName('g')
    expect((await beat(broker, quietHeartbeat(groupId, 'm', 1))).error).toBe('GROUP_ID_NOT_FOUND')
    const member = consumer(groupId, topic)
    await member.join()
    expect((await beat(broker, quietHeartbeat(groupId, 'stranger', 2))).error).toBe('UNKNOWN_MEMBER_ID')
    expect((await beat(broker, quietHeartbeat(groupId, member.memberId, 9))).error).toBe(
      'FENCED_MEMBER_EPOCH',
    )
    expect((await beat(broker, quietHeartbeat(groupId, member.memberId, 1))).error).toBe(
      'FENCED_MEMBER_EPOCH',
    )
    expect((await member.join()).assigned).toEqual(partitionsOf(topic, 0))
  })

  test('a request that makes no sense is refused', async () => {
    const whole = {
      ...quietHeartbeat('g', 'm', 0),
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames: ['t'],
      topicPartitions: [],
    }
    const error = async (fields: object) => (await beat(broker, { ...whole, ...fields })).error
    expect(await error({ groupId: '' })).toBe('INVALID_REQUEST')
    expect(await error({ memberId: '' })).toBe('INVALID_REQUEST')
    expect(await error({ instanceId: ' ' })).toBe('INVALID_REQUEST')
    expect(await error({ rackId: '' })).toBe('INVALID_REQUEST')
    expect(await error({ rebalanceTimeoutMs: -1 })).toBe('INVALID_REQUEST')
    expect(await error({ topicPartitions: null })).toBe('INVALID_REQUEST')
    expect(await error({ subscribedTopicNames: null })).toBe('INVALID_REQUEST')
    expect(await error({ memberEpoch: -3 })).toBe('INVALID_REQUEST')
    expect(await error({ memberEpoch: -2 })).toBe('INVALID_REQUEST')
    expect(await error({ serverAssignor: 'mine' })).toBe('UNSUPPORTED_ASSIGNOR')
    const owned = [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: [0] }]
    expect(await error({ topicPartitions: owned })).toBe('INVALID_REQUEST')
  })

  test('members may choose the range assignor', async () => {
    const topic = await newTopic(broker, { partitions: 3 })
    const groupId = uniqueName('g')
    const subscription = { subscribedTopicNames: [topic.name], serverAssignor: 'range' }
    const second = new Consumer(broker, groupId, subscription, 'b')
    const first = new Consumer(broker, groupId, subscription, 'a')
    await second.join()
    await first.join()
    await converge(first, second)
    expect(first.assigned).toEqual(partitionsOf(topic, 0, 1))
    expect(second.assigned).toEqual(partitionsOf(topic, 2))
    expect((await describeGroup(broker, groupId)).assignorName).toBe('range')
  })
})

describe('leaving', () => {
  test('the others get what a member leaves behind', async () => {
    const topic = await newTopic(broker, { partitions: 4 })
    const groupId = uniqueName('g')
    const [first, second] = [consumer(groupId, topic), consumer(groupId, topic)]
    await first.join()
    await second.join()
    await converge(first, second)
    expect(await first.leave()).toEqual({
      error: 'NONE',
      memberId: first.memberId,
      epoch: -1,
      assigned: undefined,
    })
    expect((await second.beat()).assigned).toEqual(partitionsOf(topic, 0, 1, 2, 3))
    expect((await first.beat()).error).toBe('UNKNOWN_MEMBER_ID')
  })

  test('a static member that leaves for a while finds its partitions again, under a new id', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const groupId = uniqueName('g')
    const fields = { subscribedTopicNames: [topic.name], instanceId: 'one' }
    const old = new Consumer(broker, groupId, fields)
    const other = consumer(groupId, topic)
    await old.join()
    await other.join()
    await converge(old, other)
    const returning = new Consumer(broker, groupId, fields)
    expect((await returning.join()).error).toBe('UNRELEASED_INSTANCE_ID')
    expect(await old.leave(-2)).toMatchObject({ error: 'NONE', epoch: -2 })
    expect((await other.beat()).assigned).toBeUndefined()
    expect((await returning.join()).assigned).toEqual(old.assigned)
    expect((await old.beat()).error).toBe('FENCED_INSTANCE_ID')
    expect((await old.leave()).error).toBe('FENCED_INSTANCE_ID')
    expect((await describeGroup(broker, groupId)).members.map(({ memberId }) => memberId).sort()).toEqual(
      [other.memberId, returning.memberId].sort(),
    )
  })

  ownTest('a member that is silent for its session is taken out', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const groupId = uniqueName('g')
    const [first, second] = [consumer(groupId, topic), consumer(groupId, topic)]
    await first.join()
    await second.join()
    await converge(first, second)
    await broker.pass(30_000)
    await second.beat()
    await broker.pass(20_000)
    expect((await second.beat()).assigned).toEqual(partitionsOf(topic, 0, 1))
    expect((await first.beat()).error).toBe('UNKNOWN_MEMBER_ID')
  })

  ownTest('a member whose connection closes is taken out soon after, unless it is a static one', async () => {
    const topic = await newTopic(broker, { partitions: 3 })
    const groupId = uniqueName('g')
    const staying = consumer(groupId, topic)
    await staying.join()
    const client = await broker.connect()
    const joining = { rebalanceTimeoutMs: 1000, subscribedTopicNames: [topic.name], topicPartitions: [] }
    await client.request(consumerGroupHeartbeat, 1, { ...quietHeartbeat(groupId, 'gone', 0), ...joining })
    const fixed = { ...quietHeartbeat(groupId, 'fixed', 0), ...joining, instanceId: 'one' }
    await client.request(consumerGroupHeartbeat, 1, fixed)
    client.close()
    await broker.pass(501)
    const { members } = await describeGroup(broker, groupId)
    expect(members.map(({ memberId }) => memberId).sort()).toEqual(['fixed', staying.memberId].sort())
  })

  ownTest('a member that does not give partitions back in time is taken out', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const groupId = uniqueName('g')
    const fields = { subscribedTopicNames: [topic.name], rebalanceTimeoutMs: 5_000 }
    const slow = new Consumer(broker, groupId, fields)
    const second = consumer(groupId, topic)
    await slow.join()
    const everything = slow.assigned
    await second.join()
    await slow.beat()
    slow.assigned = everything
    await slow.beat()
    expect(second.assigned).toEqual([])
    await broker.pass(5_001)
    expect((await second.beat()).assigned).toEqual(everything)
    expect((await slow.beat()).error).toBe('UNKNOWN_MEMBER_ID')
  })
})

describe('topics', () => {
  test('new partitions are given out', async () => {
    const topic = await newTopic(broker, { partitions: 1 })
    const member = consumer(uniqueName('g'), topic)
    await member.join()
    const request = {
      topics: [{ name: topic.name, count: 2, assignments: null }],
      timeoutMs: 5000,
      validateOnly: false,
    }
    await broker.ask(createPartitions, 3, request)
    await broker.eventually(async () => {
      await member.beat()
      expect(member.assigned).toEqual(partitionsOf(topic, 0, 1))
    })
  })

  test('a topic is given out when it is made', async () => {
    const name = uniqueName('later')
    const byName = new Consumer(broker, uniqueName('g'), { subscribedTopicNames: [name] })
    expect((await byName.join()).assigned).toEqual([])
    const id = (await broker.ask(createTopics, 7, { topics: [topicSpec(name)], validateOnly: false }))
      .topics[0]?.topicId
    await broker.eventually(async () => {
      await byName.beat()
      expect(byName.assigned).toEqual([`${id}:0`])
    })
  })

  ownTest('a topic that a pattern finds is given out when it is made', async () => {
    const name = uniqueName('later')
    const member = new Consumer(broker, uniqueName('g'), { subscribedTopicRegex: `${name}-[ab]` })
    expect((await member.join()).assigned).toEqual([])
    const topics = [topicSpec(`${name}-a`), topicSpec(`${name}-c`)]
    const made = (await broker.ask(createTopics, 7, { topics, validateOnly: false })).topics[0]
    await member.beat()
    expect(member.assigned).toEqual([`${made?.topicId}:0`])
  })

  test('a pattern in the syntax of RE2 finds its topics as a whole', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const groupId = uniqueName('g')
    const member = new Consumer(broker, groupId, { subscribedTopicRegex: `${topic.name.slice(0, -1)}[0-9]` })
    await member.join()
    await broker.eventually(async () => {
      await member.beat()
      expect(member.assigned).toEqual(partitionsOf(topic, 0, 1))
    })
    const half = new Consumer(broker, uniqueName('g'), { subscribedTopicRegex: topic.name.slice(0, -2) })
    await half.join()
    await broker.settle()
    await half.beat()
    expect(half.assigned).toEqual([])
    const bad = new Consumer(broker, uniqueName('g'), { subscribedTopicRegex: '(?=x)' })
    expect((await bad.join()).error).toBe('INVALID_REGULAR_EXPRESSION')
  })

  test('a member that subscribes to something else gives the old back', async () => {
    const [old, next] = [await newTopic(broker), await newTopic(broker)]
    const member = consumer(uniqueName('g'), old)
    await member.join()
    await member.beat({ subscribedTopicNames: [next.name] })
    await converge(member)
    expect(member.assigned).toEqual(partitionsOf(next, 0))
  })

  test('members may subscribe to different topics', async () => {
    const [one, two] = [await newTopic(broker, { partitions: 2 }), await newTopic(broker, { partitions: 2 })]
    const groupId = uniqueName('g')
    const [first, second] = [consumer(groupId, one), consumer(groupId, one, two)]
    await first.join()
    await second.join()
    await converge(first, second)
    expect(first.assigned).toEqual(partitionsOf(one, 0, 1))
    expect(second.assigned).toEqual(partitionsOf(two, 0, 1))
  })
})

ownTest('the group is what it was after a crash', async () => {
  const topic = await newTopic(broker, { partitions: 4 })
  const groupId = uniqueName('g')
  const [first, second] = [consumer(groupId, topic), consumer(groupId, topic)]
  await first.join()
  await second.join()
  await first.beat()
  const before = await describeGroup(broker, groupId)
  await broker.crash()
  expect(await describeGroup(broker, groupId)).toEqual(before)
  await converge(first, second)
  expect([...first.assigned, ...second.assigned].sort()).toEqual(partitionsOf(topic, 0, 1, 2, 3))
})
