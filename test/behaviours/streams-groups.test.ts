import { beforeAll, describe, expect, test } from 'vitest'
import { describeConfigs } from '../../src/wire/apis/describe-configs.ts'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.ts'
import { metadata } from '../../src/wire/apis/metadata.ts'
import { errorName } from '../../src/wire/errors.ts'
import { uniqueName, useBroker } from './broker.ts'
import { coordinatorReady } from './group-members.ts'
import { newTopic } from './requests.ts'
import {
  beatStreams,
  counting,
  describeStreams,
  internalTopic,
  pair,
  quietStreamsHeartbeat,
  reading,
  StreamsClient,
  type Subtopology,
  settled,
  subtopology,
} from './streams-member.ts'

const broker = useBroker()

beforeAll(() => coordinatorReady(broker))

async function partitionsOf(name: string): Promise<number | undefined> {
  const { topics } = await broker.ask(metadata, 12, {
    topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name }],
    allowAutoTopicCreation: false,
  })
  return topics[0]?.errorCode === 0 ? topics[0].partitions.length : undefined
}

describe('joining', () => {
  test('the first member has all tasks at once, and is told once', async () => {
    const topic = await newTopic(broker, { partitions: 3 })
    const client = new StreamsClient(broker, uniqueName('s'), reading(topic))
    expect(await client.join()).toMatchObject({
      error: 'NONE',
      epoch: 2,
      status: [],
      tasks: ['active 0:0', 'active 0:1', 'active 0:2'],
    })
    expect(await client.beat()).toMatchObject({ epoch: 2, tasks: undefined })
  })

  test('the second member gets its share when the first has given it back', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const groupId = uniqueName('s')
    const [first, second] = pair(broker, groupId, reading(topic))
    await first.join()
    expect(await second.join()).toMatchObject({ error: 'NONE', epoch: 3, tasks: [] })
    expect((await describeStreams(broker, groupId)).groupState).toBe('Reconciling')
    const told = await first.beat()
    expect(told).toMatchObject({ epoch: 2 })
    expect(told.tasks).toHaveLength(1)
    expect((await second.beat()).tasks).toBeUndefined()
    expect(await first.beat()).toMatchObject({ epoch: 3, tasks: undefined })
    expect((await second.beat()).tasks).toHaveLength(1)
    expect([...first.tasks, ...second.tasks].sort()).toEqual(['active 0:0', 'active 0:1'])
    expect((await describeStreams(broker, groupId)).groupState).toBe('Stable')
  })

  test('a member that does not exist, or says another epoch, is sent away', async () => {
    const topic = await newTopic(broker)
    const groupId = uniqueName('s')
    const error = async (memberId: string, epoch: number) =>
      (await beatStreams(broker, quietStreamsHeartbeat(groupId, memberId, epoch))).error
    expect(await error('m', 1)).toBe('GROUP_ID_NOT_FOUND')
    const client = new StreamsClient(broker, groupId, reading(topic))
    await client.join()
    expect(await error('stranger', 2)).toBe('UNKNOWN_MEMBER_ID')
    expect(await error(client.memberId, 9)).toBe('FENCED_MEMBER_EPOCH')
    expect(await error(client.memberId, 1)).toBe('FENCED_MEMBER_EPOCH')
    expect((await client.join()).tasks).toEqual(['active 0:0'])
  })

  test('a request that makes no sense is refused', async () => {
    const whole = {
      ...quietStreamsHeartbeat('g', 'm', 0),
      rebalanceTimeoutMs: 1000,
      topology: { epoch: 0, subtopologies: [subtopology('0', { sourceTopics: ['t'] })] },
      activeTasks: [],
      standbyTasks: [],
      warmupTasks: [],
      processId: 'p',
      clientTags: [],
    }
    const error = async (fields: object) => (await beatStreams(broker, { ...whole, ...fields })).error
    expect(await error({ groupId: '' })).toBe('INVALID_REQUEST')
    expect(await error({ memberId: '' })).toBe('INVALID_REQUEST')
    expect(await error({ instanceId: '' })).toBe('INVALID_REQUEST')
    expect(await error({ rackId: '' })).toBe('INVALID_REQUEST')
    expect(await error({ rebalanceTimeoutMs: -1 })).toBe('INVALID_REQUEST')
    expect(await error({ topology: null })).toBe('INVALID_REQUEST')
    expect(await error({ activeTasks: null })).toBe('INVALID_REQUEST')
    expect(await error({ standbyTasks: [{ subtopologyId: '0', partitions: [0] }] })).toBe('INVALID_REQUEST')
    expect(await error({ memberEpoch: -3 })).toBe('INVALID_REQUEST')
    expect(await error({ memberEpoch: -2 })).toBe('INVALID_REQUEST')
    expect(await error({ memberEpoch: 1 })).toBe('INVALID_REQUEST')
    const topology = (fields: Partial<Subtopology>) => ({
      topology: { epoch: 0, subtopologies: [subtopology('0', fields)] },
    })
    expect(await error(topology({ sourceTopicRegex: ['a.*'] }))).toBe('INVALID_REQUEST')
    expect(await error(topology({ sourceTopics: ['__consumer_offsets'] }))).toBe('STREAMS_INVALID_TOPOLOGY')
    expect(await error(topology({ sourceTopics: ['a b'] }))).toBe('STREAMS_INVALID_TOPOLOGY')
    expect(await error(topology({ stateChangelogTopics: [internalTopic('c', 3)] }))).toBe(
      'STREAMS_INVALID_TOPOLOGY',
    )
  })

  test('who comes with another topology is refused, with an older one told so', async () => {
    const topic = await newTopic(broker)
    const groupId = uniqueName('s')
    const topology = { ...reading(topic), epoch: 3 }
    await new StreamsClient(broker, groupId, topology).join()
    const other = await new StreamsClient(broker, groupId, { ...topology, epoch: 4 }).join()
    expect(other).toMatchObject({
      error: 'INVALID_REQUEST',
      message: 'Topology updates are not supported yet.',
    })
    const stale = await new StreamsClient(broker, groupId, { ...topology, epoch: 2 }).join()
    expect(stale).toMatchObject({
      error: 'NONE',
      status: ["0 The member's topology epoch 2 is behind the group's topology epoch 3."],
    })
  })

  test('a member that speaks of tasks that there are none of is refused', async () => {
    const topic = await newTopic(broker)
    const client = new StreamsClient(broker, uniqueName('s'), reading(topic))
    await client.join()
    const claim = (subtopologyId: string, partition: number) =>
      client.beat({ activeTasks: [{ subtopologyId, partitions: [partition] }] })
    expect(await claim('7', 0)).toMatchObject({
      error: 'INVALID_REQUEST',
      message: 'Subtopology 7 does not exist in the topology.',
    })
    expect(await claim('0', 1)).toMatchObject({
      error: 'INVALID_REQUEST',
      message: 'Task 1 for subtopology 0 is invalid. Number of tasks for this subtopology: 1',
    })
  })
})

describe('topics', () => {
  test('internal ones are made with the counts and configs that the topology asks for', async () => {
    const topic = await newTopic(broker, { partitions: 4 })
    const prefix = uniqueName('app')
    const client = new StreamsClient(broker, prefix, counting(topic, prefix))
    await client.join()
    await settled(client)
    expect(client.tasks).toEqual(
      [0, 1, 2, 3].flatMap((at) => [`active 0:${at}`]).concat([0, 1, 2, 3].map((at) => `active 1:${at}`)),
    )
    expect(await partitionsOf(`${prefix}-repartition`)).toBe(4)
    expect(await partitionsOf(`${prefix}-changelog`)).toBe(4)
    const { results } = await broker.ask(describeConfigs, 4, {
      resources: [
        { resourceType: 2, resourceName: `${prefix}-changelog`, configurationKeys: ['cleanup.policy'] },
      ],
    })
    expect(results[0]?.configs[0]?.value).toBe('compact')
  })

  test('a repartition topic may say how many partitions it has, and its changelog follows', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const prefix = uniqueName('app')
    const client = new StreamsClient(broker, prefix, counting(topic, prefix, 5))
    await client.join()
    await settled(client)
    expect(client.tasks).toHaveLength(7)
    expect(await partitionsOf(`${prefix}-repartition`)).toBe(5)
    expect(await partitionsOf(`${prefix}-changelog`)).toBe(5)
  })

  test('a group waits for its source topics, and is told which', async () => {
    const name = uniqueName('late')
    const groupId = uniqueName('s')
    const client = new StreamsClient(broker, groupId, reading({ name, id: '' }))
    expect(await client.join()).toMatchObject({
      error: 'NONE',
      epoch: 2,
      tasks: [],
      status: [`1 Source topics ${name} are missing.`],
    })
    expect((await describeStreams(broker, groupId)).groupState).toBe('NotReady')
  })

  test('what is joined must be partitioned alike', async () => {
    const [two, three] = [
      await newTopic(broker, { partitions: 2 }),
      await newTopic(broker, { partitions: 3 }),
    ]
    const both = [two.name, three.name]
    const joining = subtopology('0', {
      sourceTopics: both,
      copartitionGroups: [{ sourceTopics: [0, 1], sourceTopicRegex: [], repartitionSourceTopics: [] }],
    })
    const client = new StreamsClient(broker, uniqueName('s'), { epoch: 0, subtopologies: [joining] })
    const { status } = await client.join()
    const counts = [`${two.name}=2`, `${three.name}=3`].sort().join(', ')
    expect(status).toEqual([`2 Following topics do not have the same number of partitions: [{${counts}}]`])
  })

  test('an internal topic that is there with another count is left alone', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const changelog = await newTopic(broker, { partitions: 3 })
    const stateful = subtopology('0', {
      sourceTopics: [topic.name],
      stateChangelogTopics: [internalTopic(changelog.name)],
    })
    const client = new StreamsClient(broker, uniqueName('s'), { epoch: 0, subtopologies: [stateful] })
    const { status, tasks } = await client.join()
    expect(tasks).toEqual([])
    expect(status).toEqual([
      `2 Existing topic ${changelog.name} has different number of partitions: expected 2, found 3`,
    ])
  })

  test('an absurd number of partitions is not made, and the group told so', async () => {
    const topic = await newTopic(broker)
    const prefix = uniqueName('app')
    const client = new StreamsClient(broker, prefix, counting(topic, prefix, 2_000_000_000))
    expect(await client.join()).toMatchObject({ error: 'NONE', tasks: [] })
    await broker.eventually(async () => {
      const { status } = await client.beat()
      expect(status.join()).toMatch(/^3 Internal topics are missing: .*; Creation failed: /)
    })
  })

  test('a topology that can never work is refused', async () => {
    const topic = await newTopic(broker)
    const looped = subtopology('0', {
      sourceTopics: [topic.name],
      repartitionSourceTopics: [internalTopic(uniqueName('nobody-writes'))],
    })
    const client = new StreamsClient(broker, uniqueName('s'), { epoch: 0, subtopologies: [looped] })
    expect((await client.join()).error).toBe('STREAMS_INVALID_TOPOLOGY')
  })
})

describe('tasks', () => {
  test('standby copies go to other processes, as many as the group sets', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const prefix = uniqueName('app')
    const { responses } = await broker.ask(incrementalAlterConfigs, 1, {
      resources: [
        {
          resourceType: 32,
          resourceName: prefix,
          configs: [{ name: 'streams.num.standby.replicas', configOperation: 0, value: '1' }],
        },
      ],
      validateOnly: false,
    })
    expect(errorName(responses[0]?.errorCode ?? -1)).toBe('NONE')
    const topology = counting(topic, prefix)
    const [first, second] = pair(broker, prefix, topology)
    await first.join()
    await settled(first)
    expect(first.tasks).toHaveLength(4)
    await second.join()
    await settled(first, second)
    const all = [...first.tasks, ...second.tasks].sort()
    expect(all).toEqual([
      ...['active 0:0', 'active 0:1', 'active 1:0', 'active 1:1'],
      ...['standby 1:0', 'standby 1:1'],
    ])
    for (const { tasks } of [first, second])
      for (const partition of [0, 1])
        expect(tasks.filter((task) => task.endsWith(`1:${partition}`))).toHaveLength(1)
  })

  test('what a member leaves behind goes to the others', async () => {
    const topic = await newTopic(broker, { partitions: 4 })
    const groupId = uniqueName('s')
    const [first, second] = pair(broker, groupId, reading(topic))
    await first.join()
    await second.join()
    await settled(first, second)
    expect(first.tasks).toHaveLength(2)
    expect(await first.leave()).toMatchObject({ error: 'NONE', epoch: -1, status: [] })
    expect((await second.beat()).tasks).toHaveLength(4)
    expect((await first.beat()).error).toBe('UNKNOWN_MEMBER_ID')
  })

  test('a static member that leaves for a while finds its tasks again, under a new id', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const groupId = uniqueName('s')
    const identity = { instanceId: 'one', processId: 'p' }
    const old = new StreamsClient(broker, groupId, reading(topic), identity)
    const other = new StreamsClient(broker, groupId, reading(topic))
    await old.join()
    await other.join()
    await settled(old, other)
    const returning = new StreamsClient(broker, groupId, reading(topic), identity)
    expect((await returning.join()).error).toBe('UNRELEASED_INSTANCE_ID')
    expect(await old.leave(-2)).toMatchObject({ error: 'NONE', epoch: -2 })
    expect((await other.beat()).tasks).toBeUndefined()
    expect((await returning.join()).tasks).toEqual(old.tasks)
    expect((await old.beat()).error).toBe('FENCED_INSTANCE_ID')
  })

  test('members learn where state can be asked for', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const groupId = uniqueName('s')
    const userEndpoint = { host: 'there', port: 7070 }
    const first = new StreamsClient(broker, groupId, reading(topic), { userEndpoint })
    await first.join()
    const second = new StreamsClient(broker, groupId, reading(topic))
    await second.join()
    await settled(first, second)
    const [task = ''] = first.tasks
    const { endpoints } = await second.beat({ endpointInformationEpoch: -1 })
    expect(endpoints).toEqual([`there:7070 ${topic.name} ${task.slice(-1)}`])
  })

  test('a member may ask all to stop, until nobody is left', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const groupId = uniqueName('s')
    const [first, second] = pair(broker, groupId, reading(topic))
    await first.join()
    await second.join()
    await first.leave(-1, { shutdownApplication: true })
    const status = [
      `4 Streams group member ${first.memberId} encountered a fatal error and requested a shutdown for the entire application.`,
    ]
    expect((await second.beat()).status).toEqual(status)
    await second.leave()
    expect((await first.join()).status).toEqual([])
  })
})
