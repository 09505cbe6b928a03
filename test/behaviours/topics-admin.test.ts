import { expect, test } from 'vitest'
import { createPartitions } from '../../src/wire/apis/create-partitions.ts'
import { createTopics } from '../../src/wire/apis/create-topics.ts'
import { deleteTopics } from '../../src/wire/apis/delete-topics.ts'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.ts'
import { metadata } from '../../src/wire/apis/metadata.ts'
import { offsetCommit } from '../../src/wire/apis/offset-commit.ts'
import { offsetFetch } from '../../src/wire/apis/offset-fetch.ts'
import { errorCodes, errorName } from '../../src/wire/errors.ts'
import { uniqueName, useBroker } from './broker.ts'
import {
  batch,
  fetched,
  fill,
  NO_TOPIC,
  newTopic,
  offsetAt,
  produced,
  ready,
  type Topic,
  topicSpec,
  ZERO_UUID,
} from './requests.ts'

const broker = useBroker()

type Spec = ReturnType<typeof topicSpec>
type SpecOptions = Parameters<typeof topicSpec>[1]

async function create(topics: readonly Spec[], { version = 7, validateOnly = false } = {}) {
  const answer = await broker.ask(createTopics, version, { topics, timeoutMs: 5000, validateOnly })
  return answer.topics
}

/** The error that one new topic of these kinds gets. */
async function errorOf(options: SpecOptions, name = uniqueName('t'), validateOnly = false): Promise<string> {
  const [answer] = await create([topicSpec(name, options)], { validateOnly })
  return errorName(answer?.errorCode ?? -1)
}

async function partitionsOf(name: string) {
  const answer = await broker.ask(metadata, 9, {
    topics: [{ topicId: ZERO_UUID, name }],
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  })
  return answer.topics[0]?.partitions ?? []
}

async function nodeId(): Promise<number> {
  return (await partitionsOf((await newTopic(broker)).name))[0]?.leaderId ?? -1
}

test('CreateTopics answers every version with what the version has', async () => {
  for (const version of await broker.versions(createTopics)) {
    const name = uniqueName('made')
    const [made] = await create(
      [topicSpec(name, { numPartitions: 2, configs: { 'retention.ms': '1000' } })],
      { version },
    )
    expect(made, `v${version}`).toMatchObject({
      name,
      errorCode: 0,
      errorMessage: version >= 1 ? null : '',
      topicConfigErrorCode: 0,
      numPartitions: version >= 5 ? 2 : -1,
      replicationFactor: version >= 5 ? 1 : -1,
    })
    expect(made?.topicId === ZERO_UUID).toBe(version < 7)
    const retention = made?.configs?.find((config) => config.name === 'retention.ms')
    expect(retention).toEqual(
      version < 5
        ? undefined
        : { name: 'retention.ms', value: '1000', readOnly: false, configSource: 1, isSensitive: false },
    )
    await ready(broker, name, 2)
  }
})

test('a topic that is only validated is described and not made', async () => {
  for (const version of await broker.versions(createTopics, 1)) {
    const name = uniqueName('validated')
    const [answer] = await create([topicSpec(name, { numPartitions: 3 })], { version, validateOnly: true })
    expect(answer, `v${version}`).toMatchObject({
      errorCode: 0,
      numPartitions: version >= 5 ? 3 : -1,
      replicationFactor: version >= 5 ? 1 : -1,
    })
    if (version >= 5) expect(answer?.configs?.length).toBeGreaterThan(20)
    expect(await partitionsOf(name)).toEqual([])
  }
})

test('-1 stands for the default number of partitions and replicas', async () => {
  const [made] = await create([topicSpec(uniqueName('t'), { numPartitions: -1, replicationFactor: -1 })])
  expect(made).toMatchObject({ errorCode: 0, numPartitions: 1, replicationFactor: 1 })
})

test('counts that cannot be are refused', async () => {
  for (const validateOnly of [true, false]) {
    for (const numPartitions of [0, -2])
      expect(await errorOf({ numPartitions }, undefined, validateOnly)).toBe('INVALID_PARTITIONS')
    for (const replicationFactor of [0, -2, 2, 32_767])
      expect(await errorOf({ replicationFactor }, undefined, validateOnly)).toBe('INVALID_REPLICATION_FACTOR')
  }
})

test('a request for more than ten thousand partitions is refused as a whole', async () => {
  const names = [uniqueName('t'), uniqueName('t')]
  const refused = await create(names.map((name) => topicSpec(name, { numPartitions: 5001 })))
  expect(refused.map(({ errorCode }) => errorCode)).toEqual(Array(2).fill(errorCodes.POLICY_VIOLATION))
  expect(await errorOf({ numPartitions: 2_147_483_647 })).toBe('POLICY_VIOLATION')
  expect(await errorOf({ numPartitions: 9_999 }, undefined, true)).toBe('NONE')
  const { name } = await newTopic(broker)
  expect(await grow(name, 10_002)).toBe('POLICY_VIOLATION')
  expect(await grow(name, 10_001, { validateOnly: true })).toBe('NONE')
})

test('names that cannot be are refused', async () => {
  for (const name of ['', '.', '..', 'a b', 'a/b', 'a:b', 'ä', 'x'.repeat(250)])
    expect(await errorOf({}, name), name).toBe('INVALID_TOPIC_EXCEPTION')
  expect(await errorOf({}, uniqueName('x'.repeat(200)))).toBe('NONE')
})

test('a name that exists, or differs from one only in . and _, is refused', async () => {
  const name = uniqueName('a.b_c')
  expect(await errorOf({}, name)).toBe('NONE')
  expect(await errorOf({}, name)).toBe('TOPIC_ALREADY_EXISTS')
  expect(await errorOf({}, name, true)).toBe('TOPIC_ALREADY_EXISTS')
  expect(await errorOf({}, name.replace('.', '_'))).toBe('INVALID_TOPIC_EXCEPTION')
})

test('two names in one request that differ only in . and _: the second is refused', async () => {
  const name = uniqueName('a.b')
  const answers = await create([topicSpec(name), topicSpec(name.replace('.', '_'))])
  const errors = new Map(answers.map((answer) => [answer.name, errorName(answer.errorCode)]))
  expect([...errors.values()].filter((error) => error === 'NONE').length).toBeGreaterThanOrEqual(1)
})

test('a name that stands twice in a request is refused and answered once', async () => {
  const [twice, once] = [uniqueName('twice'), uniqueName('once')]
  const answers = await create([topicSpec(twice), topicSpec(once), topicSpec(twice, { numPartitions: 2 })])
  expect(new Map(answers.map((answer) => [answer.name, errorName(answer.errorCode)]))).toEqual(
    new Map([
      [twice, 'INVALID_REQUEST'],
      [once, 'NONE'],
    ]),
  )
  expect(answers).toHaveLength(2)
  expect(await partitionsOf(twice)).toEqual([])
})

test('the log of a quorum cannot be made by clients', async () => {
  expect(await errorOf({}, '__cluster_metadata')).toBe('INVALID_REQUEST')
})

test('replicas may be chosen by hand, and are refused where they cannot be', async () => {
  const node = await nodeId()
  const byHand = (...lists: [partitionIndex: number, brokerIds: number[]][]) => ({
    numPartitions: -1,
    replicationFactor: -1,
    assignments: lists.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds })),
  })
  expect(await errorOf(byHand([0, [node]], [1, [node]]))).toBe('NONE')
  expect(await errorOf(byHand([1, [node]], [0, [node]]))).toBe('NONE')
  for (const wrong of [
    byHand([0, [node]], [2, [node]]),
    byHand([1, [node]]),
    byHand([0, [node]], [0, [node]]),
    byHand([0, []]),
    byHand([0, [node, node]]),
    byHand([0, [77]]),
    byHand([0, [node]], [1, [node, 77]]),
  ])
    expect(await errorOf(wrong), JSON.stringify(wrong.assignments)).toBe('INVALID_REPLICA_ASSIGNMENT')
  expect(await errorOf({ ...byHand([0, [node]]), numPartitions: 1 })).toBe('INVALID_REQUEST')
  expect(await errorOf({ ...byHand([0, [node]]), replicationFactor: 1 })).toBe('INVALID_REQUEST')
})

test('configs that are unknown, malformed or null are refused', async () => {
  for (const configs of [
    { 'no.such.config': '1' },
    { 'retention.ms': 'long' },
    { 'cleanup.policy': 'burn' },
    { 'segment.bytes': '-1' },
    { 'retention.ms': null },
  ])
    expect(await errorOf({ configs }), JSON.stringify(configs)).toBe('INVALID_CONFIG')
})

test('what is wrong with the name is told first, then what is wrong with a config, then the counts', async () => {
  const configs = { 'no.such.config': '1' }
  const { name } = await newTopic(broker)
  expect(await errorOf({ configs }, name)).toBe('TOPIC_ALREADY_EXISTS')
  expect(await errorOf({ configs }, 'bad name')).toBe('INVALID_TOPIC_EXCEPTION')
  expect(await errorOf({ configs, numPartitions: 0 })).toBe('INVALID_CONFIG')
  expect(await errorOf({ configs, replicationFactor: 2 })).toBe('INVALID_CONFIG')
})

test('standard configs are accepted, also those without an effect here', async () => {
  const configs = { 'min.insync.replicas': '2', 'flush.ms': '1000', 'unclean.leader.election.enable': 'true' }
  expect(await errorOf({ configs })).toBe('NONE')
})

test('one refused topic does not keep the others of its request from being made', async () => {
  const names = [uniqueName('good'), uniqueName('bad'), uniqueName('good')]
  const answers = await create(names.map((name, at) => topicSpec(name, { numPartitions: at === 1 ? 0 : 1 })))
  const byName = new Map(answers.map((answer) => [answer.name, errorName(answer.errorCode)]))
  expect(names.map((name) => byName.get(name))).toEqual(['NONE', 'INVALID_PARTITIONS', 'NONE'])
})

async function remove(
  topics: readonly { name: string | null; topicId: string }[],
  version = 6,
): Promise<{ name: string | null; topicId: string; error: string; errorMessage: string | null }[]> {
  const topicNames = topics.map(({ name }) => name ?? '')
  const answer = await broker.ask(deleteTopics, version, { topics, topicNames, timeoutMs: 5000 })
  return answer.responses.map(({ errorCode, ...rest }) => ({ ...rest, error: errorName(errorCode) }))
}

test('a deleted topic is gone, and one of the same name is another', async () => {
  for (const version of await broker.versions(deleteTopics)) {
    const topic = await newTopic(broker)
    await fill(broker, topic, ['old'])
    const byName = { name: topic.name, topicId: ZERO_UUID }
    expect(await remove([byName], version), `v${version}`).toEqual([
      { name: topic.name, topicId: version >= 6 ? topic.id : ZERO_UUID, error: 'NONE', errorMessage: null },
    ])
    await broker.eventually(async () => {
      expect(await partitionsOf(topic.name)).toEqual([])
      expect((await produced(broker, topic, batch(broker, ['late']))).error).toBe(
        'UNKNOWN_TOPIC_OR_PARTITION',
      )
      expect((await fetched(broker, topic)).error).toBe('UNKNOWN_TOPIC_OR_PARTITION')
      expect((await fetched(broker, topic, { version: 13 })).error).toBe('UNKNOWN_TOPIC_ID')
    })
    const [made] = await create([topicSpec(topic.name)])
    expect(made?.topicId).not.toBe(topic.id)
    await ready(broker, topic.name, 1)
    expect((await offsetAt(broker, topic, -1n)).offset).toBe(0)
    expect((await fetched(broker, topic, { version: 13 })).error).toBe('UNKNOWN_TOPIC_ID')
  }
})

test('topics are deleted by id from version 6 on', async () => {
  const { name, id } = await newTopic(broker)
  expect(await remove([{ name: null, topicId: id }])).toEqual([
    { name, topicId: id, error: 'NONE', errorMessage: null },
  ])
})

test('deleting what does not exist is an error of its own for names and ids', async () => {
  for (const version of await broker.versions(deleteTopics)) {
    const [byName] = await remove([{ name: NO_TOPIC.name, topicId: ZERO_UUID }], version)
    expect(byName).toMatchObject({ name: NO_TOPIC.name, error: 'UNKNOWN_TOPIC_OR_PARTITION' })
  }
  const [byId] = await remove([{ name: null, topicId: NO_TOPIC.id }])
  expect(byId).toMatchObject({ name: null, topicId: NO_TOPIC.id, error: 'UNKNOWN_TOPIC_ID' })
})

test('a deletion that names a topic in two ways, in none, or twice is refused', async () => {
  const { name, id } = await newTopic(broker)
  const errors = async (...topics: { name: string | null; topicId: string }[]) =>
    (await remove(topics)).map(({ error }) => error)
  const [byName, byId] = [
    { name, topicId: ZERO_UUID },
    { name: null, topicId: id },
  ]
  expect(await errors({ name, topicId: id })).toEqual(['INVALID_REQUEST'])
  expect(await errors({ name: null, topicId: ZERO_UUID })).toEqual(['INVALID_REQUEST'])
  expect(await errors(byName, byName)).toEqual(['INVALID_REQUEST'])
  expect(await errors(byId, byId)).toEqual(['INVALID_REQUEST'])
  expect(await errors(byName, byId)).toEqual(['INVALID_REQUEST'])
  expect(await partitionsOf(name)).toHaveLength(1)
})

async function grow(
  name: string,
  count: number,
  { version = 3, brokers = undefined as number[][] | undefined, validateOnly = false } = {},
): Promise<string> {
  const assignments = brokers?.map((brokerIds) => ({ brokerIds })) ?? null
  const topics = [{ name, count, assignments }]
  const answer = await broker.ask(createPartitions, version, { topics, timeoutMs: 5000, validateOnly })
  expect(answer.results.map((result) => result.name)).toEqual([name])
  return errorName(answer.results[0]?.errorCode ?? -1)
}

test('added partitions continue the numbers and can be used', async () => {
  for (const version of await broker.versions(createPartitions)) {
    const topic = await newTopic(broker, { partitions: 2 })
    expect(await grow(topic.name, 4, { version })).toBe('NONE')
    await ready(broker, topic.name, 4)
    expect((await partitionsOf(topic.name)).map(({ partitionIndex }) => partitionIndex).sort()).toEqual([
      0, 1, 2, 3,
    ])
    await fill(broker, topic, ['x'], 3)
  }
})

test('partitions are not added where the count, the topic or the replicas cannot be', async () => {
  const { name } = await newTopic(broker, { partitions: 2 })
  const node = await nodeId()
  for (const count of [2, 1, 0, -1]) expect(await grow(name, count), `${count}`).toBe('INVALID_PARTITIONS')
  expect(await grow(NO_TOPIC.name, 2)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  for (const brokers of [[], [[node], [node]], [[]], [[77]], [[node, 77]], [[node, node]]])
    expect(await grow(name, 3, { brokers }), JSON.stringify(brokers)).toBe('INVALID_REPLICA_ASSIGNMENT')
  expect(await grow(name, 3, { validateOnly: true })).toBe('NONE')
  expect(await partitionsOf(name)).toHaveLength(2)
  expect(await grow(name, 3, { brokers: [[node]] })).toBe('NONE')
})

test('a topic that stands twice in a CreatePartitions request is refused', async () => {
  const { name } = await newTopic(broker)
  const topics = [2, 3].map((count) => ({ name, count, assignments: null }))
  const { results } = await broker.ask(createPartitions, 3, { topics, timeoutMs: 5000, validateOnly: false })
  expect(results.map(({ errorCode }) => errorCode)).toEqual([errorCodes.INVALID_REQUEST])
})

test('more partitions for the offsets topic leave every group where it is', async () => {
  const groupIds = Array.from({ length: 8 }, () => uniqueName('group'))
  const topic = await newTopic(broker)
  // Kafka makes the offsets topic when somebody looks for a coordinator.
  await broker.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: groupIds })
  for (const groupId of groupIds) expect(await commit(groupId, topic, 7)).toBe('NONE')
  const { topics } = await broker.ask(metadata, 4, {
    topics: [{ name: '__consumer_offsets', topicId: ZERO_UUID }],
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  })
  const count = (topics[0]?.partitions.length ?? 0) + 5
  const grown = await broker.ask(createPartitions, 3, {
    topics: [{ name: '__consumer_offsets', count, assignments: null }],
    timeoutMs: 5000,
    validateOnly: false,
  })
  expect(grown.results).toMatchObject([{ name: '__consumer_offsets', errorCode: 0 }])
  await broker.settle()
  for (const groupId of groupIds) {
    const { groups } = await broker.ask(offsetFetch, 8, {
      groups: [
        { groupId, memberId: null, memberEpoch: -1, topics: [{ name: topic.name, partitionIndexes: [0] }] },
      ],
      requireStable: false,
    })
    expect(groups[0]).toMatchObject({ errorCode: 0, topics: [{ partitions: [{ committedOffset: 7 }] }] })
  }
})

/** Commits an offset for a group without members. */
async function commit(groupId: string, { name }: Topic, committedOffset: number): Promise<string> {
  return await broker.eventually(async () => {
    const { topics } = await broker.ask(offsetCommit, 7, {
      groupId,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [{ name, partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: '' }] }],
    })
    const error = errorName(topics[0]?.partitions[0]?.errorCode ?? -1)
    expect(error).not.toMatch(/COORDINATOR/)
    return error
  })
}
