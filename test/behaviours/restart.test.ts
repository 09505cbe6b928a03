import { expect } from 'vitest'
import { deleteTopics } from '../../src/wire/apis/delete-topics.ts'
import { describeConfigs } from '../../src/wire/apis/describe-configs.ts'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.ts'
import { initProducerId } from '../../src/wire/apis/init-producer-id.ts'
import { metadata } from '../../src/wire/apis/metadata.ts'
import { offsetCommit } from '../../src/wire/apis/offset-commit.ts'
import { offsetFetch } from '../../src/wire/apis/offset-fetch.ts'
import { ownTest, TestBroker } from './broker.ts'
import { batch, deletedBefore, fetched, fill, newTopic, offsetAt, produced, type Topic } from './requests.ts'

/** The two ways to come back: after an orderly stop, and after the process was killed. */
const ways = ['restart', 'crash'] as const

async function withBroker(use: (broker: TestBroker) => Promise<void>, configs: Record<string, string> = {}) {
  const broker = new TestBroker({ configs })
  await broker.start()
  await use(broker)
  await broker.stop()
  expect(broker.bugs).toEqual([])
}

async function cluster(broker: TestBroker) {
  return await broker.ask(metadata, 12, {
    topics: null,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  })
}

async function produceAs(broker: TestBroker, topic: Topic, producerId: number, baseSequence: number) {
  const set = batch(broker, ['x'], { producerId, producerEpoch: 0, baseSequence })
  const { error, baseOffset } = await produced(broker, topic, set)
  return error === 'NONE' ? baseOffset : error
}

async function newProducer(broker: TestBroker): Promise<number> {
  const request = {
    transactionalId: null,
    transactionTimeoutMs: 1000,
    enable2Pc: false,
    keepPreparedTxn: false,
  }
  return (await broker.ask(initProducerId, 4, request)).producerId
}

for (const way of ways) {
  ownTest(`after a ${way} the cluster, its topics and their records are the same`, () =>
    withBroker(async (broker) => {
      const topic = await newTopic(broker, { partitions: 2, configs: { 'retention.ms': '1000000' } })
      await fill(broker, topic, ['a', 'b', 'c'])
      await deletedBefore(broker, topic, 1)
      await broker.pass(2000)
      const before = await cluster(broker)
      await broker[way]()
      const after = await cluster(broker)
      const identity = ({ clusterId, brokers, topics }: typeof before) => ({
        clusterId,
        brokers,
        topics: topics.map(({ name, topicId, partitions }) => [name, topicId, partitions.length]),
      })
      expect(identity(after)).toEqual(identity(before))
      expect(await fetched(broker, topic, { offset: 1 })).toMatchObject({
        error: 'NONE',
        values: ['b', 'c'],
        highWatermark: 3,
        logStartOffset: 1,
      })
      await fill(broker, topic, ['d'])
      expect((await fetched(broker, topic, { offset: 3 })).values).toEqual(['d'])
    }),
  )

  ownTest(`after a ${way} the last batch is known when it comes again, and a gap is refused`, () =>
    withBroker(async (broker) => {
      const topic = await newTopic(broker)
      const producer = await newProducer(broker)
      for (let sequence = 0; sequence < 3; sequence++) await produceAs(broker, topic, producer, sequence)
      await broker[way]()
      expect(await produceAs(broker, topic, producer, 2)).toBe(2)
      expect(await produceAs(broker, topic, producer, 5)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
      expect(await produceAs(broker, topic, producer, 3)).toBe(3)
    }),
  )

  ownTest(`after a ${way} no producer id is given out a second time`, () =>
    withBroker(async (broker) => {
      const before = [await newProducer(broker), await newProducer(broker)]
      await broker[way]()
      expect(before).not.toContain(await newProducer(broker))
    }),
  )

  ownTest(`after a ${way} configs and committed offsets are there`, () =>
    withBroker(async (broker) => {
      const topic = await newTopic(broker)
      await fill(broker, topic, ['a', 'b'])
      await broker.ask(incrementalAlterConfigs, 1, {
        resources: [
          {
            resourceType: 2,
            resourceName: topic.name,
            configs: [{ name: 'retention.ms', configOperation: 0, value: '12345' }],
          },
        ],
        validateOnly: false,
      })
      await commit(broker, topic, 2)
      await broker[way]()
      expect(await committed(broker, topic)).toBe(2)
      const { results } = await broker.ask(describeConfigs, 4, {
        resources: [{ resourceType: 2, resourceName: topic.name, configurationKeys: ['retention.ms'] }],
        includeSynonyms: false,
        includeDocumentation: false,
      })
      expect(results[0]?.configs[0]?.value).toBe('12345')
    }),
  )

  ownTest(`after a ${way} a deleted topic stays deleted`, () =>
    withBroker(async (broker) => {
      const topic = await newTopic(broker)
      await fill(broker, topic, ['a'])
      await broker.ask(deleteTopics, 4, { topics: [], topicNames: [topic.name], timeoutMs: 1000 })
      await broker[way]()
      expect((await cluster(broker)).topics.map(({ name }) => name)).not.toContain(topic.name)
      expect((await fetched(broker, topic)).error).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    }),
  )
}

async function commit(broker: TestBroker, topic: Topic, offset: number): Promise<void> {
  const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'm' }]
  const answer = await broker.ask(offsetCommit, 8, {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [{ name: topic.name, topicId: topic.id, partitions }],
  })
  expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(0)
}

async function committed(broker: TestBroker, topic: Topic): Promise<number | undefined> {
  const answer = await broker.ask(offsetFetch, 7, {
    groupId: 'g',
    topics: [{ name: topic.name, partitionIndexes: [0] }],
    groups: [],
    requireStable: false,
  })
  return answer.topics[0]?.partitions[0]?.committedOffset
}

ownTest('an orderly stop keeps the leader epoch, so no reader has to look back', () =>
  withBroker(async (broker) => {
    const topic = await newTopic(broker)
    await fill(broker, topic, ['a'])
    await broker.restart()
    expect(await offsetAt(broker, topic, -1n, { currentLeaderEpoch: 0 })).toMatchObject({
      error: 'NONE',
      leaderEpoch: 0,
    })
  }),
)

ownTest('records older than retention.ms go, and the log starts behind them', () =>
  withBroker(async (broker) => {
    const topic = await newTopic(broker, { configs: { 'retention.ms': '60000' } })
    await fill(broker, topic, ['old', 'older'])
    await broker.pass(40_000)
    expect((await offsetAt(broker, topic, -2n)).offset).toBe(0)
    await broker.pass(10 * 60_000)
    expect(await offsetAt(broker, topic, -2n)).toMatchObject({ error: 'NONE', offset: 2 })
    await fill(broker, topic, ['new'])
    expect(await fetched(broker, topic, { offset: 2 })).toMatchObject({ values: ['new'], logStartOffset: 2 })
  }),
)
