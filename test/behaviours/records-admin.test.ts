import { expect, test } from 'vitest'
import { createPartitions } from '../../src/wire/apis/create-partitions.ts'
import { deleteRecords } from '../../src/wire/apis/delete-records.ts'
import { describeLogDirs } from '../../src/wire/apis/describe-log-dirs.ts'
import { describeTopicPartitions } from '../../src/wire/apis/describe-topic-partitions.ts'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.ts'
import { errorName } from '../../src/wire/errors.ts'
import { uniqueName, useBroker } from './broker.ts'
import { batch, deletedBefore, fetched, fill, NO_TOPIC, newTopic, produced, type Topic } from './requests.ts'

const broker = useBroker()

test('deleting records moves the start of the log, in every version', async () => {
  for (const version of await broker.versions(deleteRecords)) {
    const topic = await newTopic(broker)
    await fill(broker, topic, ['a', 'b', 'c'])
    expect(await deletedBefore(broker, topic, 2, { version }), `v${version}`).toMatchObject({
      error: 'NONE',
      lowWatermark: 2,
    })
    expect((await fetched(broker, topic, { offset: 1 })).error).toBe('OFFSET_OUT_OF_RANGE')
    expect((await fetched(broker, topic, { offset: 2 })).values).toEqual(['c'])
  }
})

test('records may be deleted up to the high watermark, for which -1 stands', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a', 'b', 'c'])
  expect(await deletedBefore(broker, topic, 4)).toMatchObject({
    error: 'OFFSET_OUT_OF_RANGE',
    lowWatermark: -1,
  })
  expect(await deletedBefore(broker, topic, -2)).toMatchObject({
    error: 'OFFSET_OUT_OF_RANGE',
    lowWatermark: -1,
  })
  expect(await deletedBefore(broker, topic, 0)).toMatchObject({ error: 'NONE', lowWatermark: 0 })
  expect(await deletedBefore(broker, topic, -1)).toMatchObject({ error: 'NONE', lowWatermark: 3 })
  expect(await deletedBefore(broker, topic, 1)).toMatchObject({ error: 'NONE', lowWatermark: 3 })
  await fill(broker, topic, ['d'])
  expect(await fetched(broker, topic, { offset: 3 })).toMatchObject({ values: ['d'], logStartOffset: 3 })
})

test('a start inside a batch leaves the batch, and the client skips', async () => {
  const topic = await newTopic(broker)
  await produced(broker, topic, batch(broker, ['a', 'b', 'c']))
  await deletedBefore(broker, topic, 1)
  expect(await fetched(broker, topic, { offset: 1 })).toMatchObject({ offsets: [0, 1, 2], logStartOffset: 1 })
  expect((await fetched(broker, topic, { offset: 0 })).error).toBe('OFFSET_OUT_OF_RANGE')
})

test('records of unknown, internal and compacted topics are not deleted', async () => {
  const topic = await newTopic(broker)
  const compacted = await newTopic(broker, { configs: { 'cleanup.policy': 'compact' } })
  const both = await newTopic(broker, { configs: { 'cleanup.policy': 'compact,delete' } })
  expect((await deletedBefore(broker, NO_TOPIC, 0)).error).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  expect((await deletedBefore(broker, topic, 0, { partition: 1 })).error).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  expect((await deletedBefore(broker, compacted, -1)).error).toBe('POLICY_VIOLATION')
  expect((await deletedBefore(broker, both, -1)).error).toBe('NONE')
  await broker.eventually(async () => {
    await broker.ask(findCoordinator, 4, { key: '', keyType: 0, coordinatorKeys: ['g'] })
    const internal = await deletedBefore(broker, { name: '__consumer_offsets', id: '' }, 0)
    expect(internal.error).toBe('INVALID_TOPIC_EXCEPTION')
  })
})

async function describe(
  topics: readonly string[],
  responsePartitionLimit = 2000,
  cursor: { topicName: string; partitionIndex: number } | null = null,
) {
  const request = { topics: topics.map((name) => ({ name })), responsePartitionLimit, cursor }
  const answer = await broker.ask(describeTopicPartitions, 0, request)
  const shown = answer.topics.map(
    ({ name, errorCode, partitions }) =>
      `${name} ${errorName(errorCode)} ${partitions.map(({ partitionIndex }) => partitionIndex).join()}`,
  )
  return { shown, next: answer.nextCursor }
}

test('topics are described in the order of their names, a page at a time', async () => {
  const prefix = uniqueName('p')
  const topics: Topic[] = []
  for (const _ of [0, 1]) topics.push(await newTopic(broker, { partitions: 3 }))
  const [a, b] = topics.map(({ name }) => name).sort()
  if (a === undefined || b === undefined) throw new Error('two topics were made')
  expect((await describe([b, a, a])).shown).toEqual([`${a} NONE 0,1,2`, `${b} NONE 0,1,2`])
  expect(await describe([a, b], 2)).toEqual({
    shown: [`${a} NONE 0,1`],
    next: { topicName: a, partitionIndex: 2 },
  })
  expect(await describe([a, b], 2, { topicName: a, partitionIndex: 2 })).toEqual({
    shown: [`${a} NONE 2`, `${b} NONE 0`],
    next: { topicName: b, partitionIndex: 1 },
  })
  expect(await describe([a, b], 2, { topicName: b, partitionIndex: 1 })).toEqual({
    shown: [`${b} NONE 1,2`],
    next: null,
  })
  expect(await describe([a, b], 3)).toEqual({
    shown: [`${a} NONE 0,1,2`],
    next: { topicName: b, partitionIndex: 0 },
  })
  expect((await describe([`${prefix}-nowhere`])).shown).toEqual([
    `${prefix}-nowhere UNKNOWN_TOPIC_OR_PARTITION `,
  ])
  expect((await describe(['bad name'])).shown).toEqual(['bad name INVALID_TOPIC_EXCEPTION '])
})

test('a cursor must name a topic of the list, and a partition', async () => {
  const [{ name }, other] = [await newTopic(broker), await newTopic(broker)]
  for (const cursor of [
    { topicName: 'zzz', partitionIndex: 0 },
    { topicName: '', partitionIndex: 0 },
    { topicName: other.name, partitionIndex: 0 },
    { topicName: name, partitionIndex: -1 },
  ])
    expect((await describe([name], 10, cursor)).shown).toEqual([`${name} INVALID_REQUEST `])
  expect((await describe([name], 10, { topicName: name, partitionIndex: 5 })).shown).toEqual([
    `${name} NONE `,
  ])
})

test('a page that is full ends before a topic that does not exist, too', async () => {
  const { name } = await newTopic(broker)
  expect(await describe([name, 'zzz'], 1)).toEqual({
    shown: [`${name} NONE 0`],
    next: { topicName: 'zzz', partitionIndex: 0 },
  })
  expect(await describe(['aaa', name], 1)).toEqual({
    shown: ['aaa UNKNOWN_TOPIC_OR_PARTITION ', `${name} NONE 0`],
    next: null,
  })
})

test('an empty list describes all topics', async () => {
  const { name } = await newTopic(broker)
  expect((await describe([])).shown).toContain(`${name} NONE 0`)
})

test('a described topic has its leaders and replicas', async () => {
  const { name, id } = await newTopic(broker)
  const answer = await broker.ask(describeTopicPartitions, 0, {
    topics: [{ name }],
    responsePartitionLimit: 10,
    cursor: null,
  })
  const leaderId = answer.topics[0]?.partitions[0]?.leaderId ?? -1
  expect(answer.topics).toMatchObject([
    {
      errorCode: 0,
      name,
      topicId: id,
      isInternal: false,
      partitions: [
        {
          errorCode: 0,
          partitionIndex: 0,
          leaderEpoch: 0,
          replicaNodes: [leaderId],
          isrNodes: [leaderId],
          offlineReplicas: [],
        },
      ],
    },
  ])
})

test('the size of a partition grows with its records, in every version', async () => {
  const topic = await newTopic(broker, { partitions: 2 })
  const sizeOf = async (version: number) => {
    const asked = [{ topic: topic.name, partitions: [0, 9] }]
    const { results } = await broker.ask(describeLogDirs, version, { topics: asked })
    const described = results[0]?.topics.flatMap(({ name, partitions }) =>
      partitions.map((each) => ({ name, ...each })),
    )
    expect(described, `v${version}`).toMatchObject([
      { name: topic.name, partitionIndex: 0, offsetLag: 0, isFutureKey: false },
    ])
    return described?.[0]?.partitionSize ?? -1
  }
  for (const version of await broker.versions(describeLogDirs, 1)) {
    const before = await sizeOf(version)
    await fill(broker, topic, ['x'])
    expect(await sizeOf(version)).toBe(before + batch(broker, ['x']).length)
  }
  const all = await broker.ask(describeLogDirs, 1, { topics: null })
  expect(all.results[0]?.topics.map(({ name }) => name)).toContain(topic.name)
})

test('new partitions are empty and begin at zero', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a', 'b'])
  const topics = [{ name: topic.name, count: 2, assignments: null }]
  await broker.ask(createPartitions, 3, { topics, timeoutMs: 5000, validateOnly: false })
  await broker.eventually(async () =>
    expect(await fetched(broker, topic, { partition: 1 })).toMatchObject({
      error: 'NONE',
      highWatermark: 0,
      logStartOffset: 0,
    }),
  )
})
