import { expect, test } from 'vitest'
import { listOffsets } from '../../src/wire/apis/list-offsets.ts'
import { errorName } from '../../src/wire/errors.ts'
import { ownTest, useBroker } from './broker.ts'
import { batch, deletedBefore, fill, NO_TOPIC, newTopic, offsetAt, produced, type Topic } from './requests.ts'

const broker = useBroker()
const LATEST = -1n
const EARLIEST = -2n
const MAX_TIMESTAMP = -3n
const EARLIEST_LOCAL = -4n
const LATEST_TIERED = -5n
const EARLIEST_PENDING_UPLOAD = -6n

/** One batch with a record for each of these timestamps, as milliseconds after some start. */
async function append(topic: Topic, startMs: number, ...afterMs: number[]): Promise<void> {
  const records = afterMs.map((ms) => ({ timestamp: BigInt(startMs + ms), value: Buffer.from('x') }))
  expect((await produced(broker, topic, batch(broker, [], { records }))).error).toBe('NONE')
}

test('latest is the end and earliest the start of the log, in every version', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a', 'b', 'c'])
  await deletedBefore(broker, topic, 1)
  for (const version of await broker.versions(listOffsets, 1)) {
    const found = { error: 'NONE', timestamp: -1n, leaderEpoch: version >= 4 ? 0 : -1 }
    expect(await offsetAt(broker, topic, LATEST, { version }), `v${version}`).toMatchObject({
      ...found,
      offset: 3,
    })
    expect(await offsetAt(broker, topic, EARLIEST, { version }), `v${version}`).toMatchObject({
      ...found,
      offset: 1,
    })
  }
})

ownTest('version 0 lists the ends of segments, newest first', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a', 'b', 'c'])
  const latest = await offsetAt(broker, topic, LATEST, { version: 0, maxNumOffsets: 10 })
  expect(latest).toMatchObject({ error: 'NONE', oldStyleOffsets: [3n, 0n] })
  const one = await offsetAt(broker, topic, LATEST, { version: 0, maxNumOffsets: 1 })
  expect(one.oldStyleOffsets).toEqual([3n])
  expect((await offsetAt(broker, topic, EARLIEST, { version: 0 })).oldStyleOffsets).toEqual([0n])
})

test('a time finds the first record at or after it', async () => {
  const topic = await newTopic(broker)
  const start = broker.nowMs() - 100_000
  await append(topic, start, 10, 20, 30)
  await append(topic, start, 40, 25, 60)
  for (const version of await broker.versions(listOffsets, 1)) {
    for (const [afterMs, offset, foundMs] of [
      [-1000, 0, 10],
      [10, 0, 10],
      [11, 1, 20],
      [30, 2, 30],
      [31, 3, 40],
      [41, 5, 60],
      [60, 5, 60],
    ] as const)
      expect(
        await offsetAt(broker, topic, BigInt(start + afterMs), { version }),
        `v${version} ${afterMs}`,
      ).toMatchObject({
        error: 'NONE',
        offset,
        timestamp: BigInt(start + foundMs),
        leaderEpoch: version >= 4 ? 0 : -1,
      })
    expect(await offsetAt(broker, topic, BigInt(start + 61), { version })).toMatchObject({
      error: 'NONE',
      offset: -1,
      timestamp: -1n,
      leaderEpoch: -1,
    })
  }
})

test('an empty topic has a latest and an earliest offset and no time', async () => {
  const topic = await newTopic(broker)
  for (const version of await broker.versions(listOffsets, 7)) {
    expect(await offsetAt(broker, topic, LATEST, { version })).toMatchObject({ error: 'NONE', offset: 0 })
    expect(await offsetAt(broker, topic, EARLIEST, { version })).toMatchObject({ error: 'NONE', offset: 0 })
    for (const timestamp of [0n, 1n, 9_223_372_036_854_775_807n, MAX_TIMESTAMP])
      expect(await offsetAt(broker, topic, timestamp, { version })).toMatchObject({
        error: 'NONE',
        offset: -1,
        timestamp: -1n,
        leaderEpoch: -1,
      })
  }
})

test('a log whose records are all deleted begins at its end', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a', 'b'])
  await deletedBefore(broker, topic, 2)
  expect(await offsetAt(broker, topic, EARLIEST)).toMatchObject({ error: 'NONE', offset: 2 })
  expect(await offsetAt(broker, topic, LATEST)).toMatchObject({ error: 'NONE', offset: 2 })
  expect(await offsetAt(broker, topic, 0n)).toMatchObject({ error: 'NONE', offset: -1 })
})

test('a time does not find records that are deleted', async () => {
  const topic = await newTopic(broker)
  const start = broker.nowMs() - 100_000
  await append(topic, start, 10, 20, 30)
  await deletedBefore(broker, topic, 1)
  expect(await offsetAt(broker, topic, BigInt(start))).toMatchObject({
    offset: 1,
    timestamp: BigInt(start + 20),
  })
})

test('the largest timestamp is found with its offset, from version 7 on', async () => {
  const topic = await newTopic(broker)
  const start = broker.nowMs() - 100_000
  await append(topic, start, 10, 90, 20)
  await append(topic, start, 90, 30)
  for (const version of await broker.versions(listOffsets, 1)) {
    const found = await offsetAt(broker, topic, MAX_TIMESTAMP, { version })
    if (version < 7) expect(found.error, `v${version}`).toBe('UNSUPPORTED_VERSION')
    else
      expect(found, `v${version}`).toMatchObject({
        error: 'NONE',
        offset: 1,
        timestamp: BigInt(start + 90),
        leaderEpoch: 0,
      })
  }
})

test('questions about other places each came with a version, and are answered for a log that is all local', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a', 'b'])
  await deletedBefore(broker, topic, 1)
  for (const version of await broker.versions(listOffsets, 1)) {
    const at = async (timestamp: bigint) => {
      const { error, offset } = await offsetAt(broker, topic, timestamp, { version })
      return error === 'NONE' ? offset : error
    }
    expect(await at(EARLIEST_LOCAL), `v${version}`).toBe(version >= 8 ? 1 : 'UNSUPPORTED_VERSION')
    expect(await at(LATEST_TIERED), `v${version}`).toBe(version >= 9 ? -1 : 'UNSUPPORTED_VERSION')
    expect(await at(EARLIEST_PENDING_UPLOAD), `v${version}`).toBe(version >= 11 ? -1 : 'UNSUPPORTED_VERSION')
    for (const nonsense of [-7n, -100n, -9_223_372_036_854_775_808n])
      expect(await at(nonsense), `v${version}`).toBe('UNSUPPORTED_VERSION')
  }
})

test('unknown topics and partitions have an error of their own', async () => {
  const topic = await newTopic(broker)
  for (const version of await broker.versions(listOffsets, 1)) {
    for (const [asked, partition] of [
      [NO_TOPIC, 0],
      [topic, 1],
      [topic, -1],
    ] as const) {
      const { error, offset, timestamp } = await offsetAt(broker, asked, LATEST, { version, partition })
      expect({ error, offset, timestamp }, `v${version}`).toEqual({
        error: 'UNKNOWN_TOPIC_OR_PARTITION',
        offset: -1,
        timestamp: -1n,
      })
    }
  }
})

test('a leader epoch that is not the current one is refused', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a'])
  for (const version of await broker.versions(listOffsets, 4)) {
    for (const timestamp of [LATEST, EARLIEST, 0n]) {
      const errorAt = async (currentLeaderEpoch: number) =>
        (await offsetAt(broker, topic, timestamp, { version, currentLeaderEpoch })).error
      expect(await errorAt(0), `v${version}`).toBe('NONE')
      expect(await errorAt(1), `v${version}`).toBe('UNKNOWN_LEADER_EPOCH')
    }
  }
})

test('isolation makes no difference without transactions', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a', 'b'])
  for (const version of await broker.versions(listOffsets, 2))
    for (const isolationLevel of [0, 1])
      expect((await offsetAt(broker, topic, LATEST, { version, isolationLevel })).offset).toBe(2)
})

test('the debugging consumer is answered as any other', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a'])
  expect(await offsetAt(broker, topic, LATEST, { replicaId: -2 })).toMatchObject({ error: 'NONE', offset: 1 })
})

test('a partition that is asked about twice is INVALID_REQUEST', async () => {
  const topic = await newTopic(broker, { partitions: 2 })
  for (const version of await broker.versions(listOffsets, 1)) {
    const partitions = [0, 1, 0].map((partitionIndex) => ({
      partitionIndex,
      currentLeaderEpoch: -1,
      timestamp: LATEST,
    }))
    const { topics } = await broker.ask(listOffsets, version, {
      replicaId: -1,
      isolationLevel: 0,
      timeoutMs: 1000,
      topics: [{ name: topic.name, partitions }],
    })
    const errors = topics.flatMap((each) =>
      each.partitions.map(({ partitionIndex, errorCode }) => `${partitionIndex} ${errorName(errorCode)}`),
    )
    expect(errors.sort(), `v${version}`).toEqual(['0 INVALID_REQUEST', '1 NONE'])
  }
})
