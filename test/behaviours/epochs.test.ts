import { expect, test } from 'vitest'
import { metadata } from '../../src/wire/apis/metadata.ts'
import { offsetForLeaderEpoch } from '../../src/wire/apis/offset-for-leader-epoch.ts'
import { errorName } from '../../src/wire/errors.ts'
import { readPartitionLeaderEpoch } from '../../src/wire/records/batch-header.ts'
import { ownTest, TestBroker, useBroker } from './broker.ts'
import {
  batch,
  deletedBefore,
  fetched,
  fill,
  NO_TOPIC,
  newTopic,
  offsetAt,
  produced,
  type Topic,
  ZERO_UUID,
} from './requests.ts'

const broker = useBroker()

async function endOf(
  topic: Topic,
  leaderEpoch: number,
  { version = 4, partition = 0, currentLeaderEpoch = -1, replicaId = -1, on = broker } = {},
) {
  const { topics } = await on.ask(offsetForLeaderEpoch, version, {
    replicaId,
    topics: [{ topic: topic.name, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }],
  })
  const found = topics[0]?.partitions[0]
  return [errorName(found?.errorCode ?? -1), found?.leaderEpoch, found?.endOffset].join(' ')
}

test('the current epoch ends at the end of the log', async () => {
  const topic = await newTopic(broker)
  expect(await endOf(topic, 0)).toBe('NONE 0 0')
  await fill(broker, topic, ['a', 'b'])
  for (const version of await broker.versions(offsetForLeaderEpoch))
    for (const replicaId of [-1, -2])
      expect(await endOf(topic, 0, { version, replicaId }), `v${version}`).toBe(
        `NONE ${version >= 1 ? 0 : -1} 2`,
      )
})

test('an epoch that nobody knows has no end', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a'])
  for (const epoch of [1, 7, 2_147_483_647, -1])
    expect(await endOf(topic, epoch), `${epoch}`).toBe('NONE -1 -1')
})

test('a log without records keeps its epoch', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a', 'b'])
  await deletedBefore(broker, topic, 2)
  expect(await endOf(topic, 0)).toBe('NONE 0 2')
})

test('a current epoch that is not the leader’s is refused, -1 stands for any', async () => {
  const topic = await newTopic(broker)
  for (const version of await broker.versions(offsetForLeaderEpoch, 2)) {
    expect(await endOf(topic, 0, { version, currentLeaderEpoch: 0 })).toBe('NONE 0 0')
    expect(await endOf(topic, 0, { version, currentLeaderEpoch: -1 })).toBe('NONE 0 0')
    expect(await endOf(topic, 0, { version, currentLeaderEpoch: 1 })).toBe('UNKNOWN_LEADER_EPOCH -1 -1')
  }
})

test('unknown topics and partitions have an error of their own', async () => {
  const topic = await newTopic(broker)
  for (const version of await broker.versions(offsetForLeaderEpoch)) {
    expect(await endOf(NO_TOPIC, 0, { version })).toBe('UNKNOWN_TOPIC_OR_PARTITION -1 -1')
    for (const partition of [1, -1])
      expect(await endOf(topic, 0, { version, partition })).toBe('UNKNOWN_TOPIC_OR_PARTITION -1 -1')
  }
})

async function leaderEpoch(on: TestBroker, { name }: Topic): Promise<number | undefined> {
  const { topics } = await on.ask(metadata, 9, {
    topics: [{ topicId: ZERO_UUID, name }],
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  })
  return topics[0]?.partitions[0]?.leaderEpoch
}

ownTest('after a crash a new epoch begins, and everything tells of it alike', async () => {
  const crashing = new TestBroker({})
  await crashing.start()
  const topic = await newTopic(crashing)
  await fill(crashing, topic, ['a', 'b'])
  await crashing.crash()
  expect(await leaderEpoch(crashing, topic)).toBe(1)
  await fill(crashing, topic, ['c'])
  expect(await endOf(topic, 0, { on: crashing })).toBe('NONE 0 2')
  expect(await endOf(topic, 1, { on: crashing })).toBe('NONE 1 3')
  expect((await fetched(crashing, topic, { currentLeaderEpoch: 0 })).error).toBe('FENCED_LEADER_EPOCH')
  expect((await offsetAt(crashing, topic, -1n, { currentLeaderEpoch: 0 })).error).toBe('FENCED_LEADER_EPOCH')
  expect(await endOf(topic, 0, { on: crashing, currentLeaderEpoch: 0 })).toBe('FENCED_LEADER_EPOCH -1 -1')
  const read = await fetched(crashing, topic, { offset: 2, currentLeaderEpoch: 1, lastFetchedEpoch: 0 })
  expect(read).toMatchObject({ error: 'NONE', values: ['c'] })
  expect(readPartitionLeaderEpoch(read.records ?? Buffer.alloc(0), 0)).toBe(1)
  const parted = await fetched(crashing, topic, { offset: 3, lastFetchedEpoch: 0 })
  expect(parted).toMatchObject({ error: 'NONE', values: [], divergingEpoch: { epoch: 0, endOffset: 2 } })
  await crashing.stop()
})

ownTest('a record that is found by its time is told with the epoch in which it was written', async () => {
  const crashing = new TestBroker({})
  await crashing.start()
  const topic = await newTopic(crashing)
  const record = (timestamp: bigint) => ({ timestamp, value: Buffer.from('x') })
  await produced(crashing, topic, batch(crashing, [], { records: [record(1000n)] }))
  await crashing.crash()
  await produced(crashing, topic, batch(crashing, [], { records: [record(2000n)] }))
  expect(await offsetAt(crashing, topic, 1000n)).toMatchObject({ offset: 0, leaderEpoch: 0 })
  expect(await offsetAt(crashing, topic, 1001n)).toMatchObject({ offset: 1, leaderEpoch: 1 })
  expect(await offsetAt(crashing, topic, -2n)).toMatchObject({ offset: 0, leaderEpoch: 0 })
  expect(await offsetAt(crashing, topic, -1n)).toMatchObject({ offset: 2, leaderEpoch: 1 })
  await crashing.stop()
})
