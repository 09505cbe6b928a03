import { expect, test } from 'vitest'
import { fetch } from '../../src/wire/apis/fetch.ts'
import { errorName } from '../../src/wire/errors.ts'
import { ownTest, useBroker } from './broker.ts'
import {
  batch,
  deletedBefore,
  fetched,
  fetchPartition,
  fetchRequest,
  fill,
  NO_TOPIC,
  newTopic,
  produced,
  type Topic,
  withRecords,
} from './requests.ts'

const broker = useBroker()

/** What a fetch of several partitions from offset 0 on gave, by partition. */
async function fetchAll(
  topic: Topic,
  partitions: number[],
  options: { maxBytes?: number; partitionMaxBytes?: number },
) {
  const asked = partitions.map((partition) => fetchPartition({ partition, ...options }))
  const { responses } = await broker.ask(fetch, 12, fetchRequest([{ topic, partitions: asked }], options))
  return responses[0]?.partitions.map((each) => withRecords(each).values) ?? []
}

/** A fetch that waits. Says whether it is answered yet, and gives the answer. */
async function waitingFetch(
  topic: Topic,
  options: Parameters<typeof fetchRequest>[1] = {},
  partitions = [0],
) {
  const client = await broker.connect()
  const asked = partitions.map((partition) => fetchPartition({ ...options, partition }))
  let isAnswered = false
  const answer = client
    .request(fetch, 12, fetchRequest([{ topic, partitions: asked }], options))
    .then((response) => {
      isAnswered = true
      return response.responses[0]?.partitions.map(withRecords) ?? []
    })
  await broker.settle()
  return { client, answer, isAnswered: () => isAnswered }
}

test('Fetch answers every version with the records and what else the version has', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a', 'b'])
  await deletedBefore(broker, topic, 1)
  for (const version of await broker.versions(fetch, 4)) {
    const answer = await fetched(broker, topic, { version, offset: 1 })
    expect(answer, `v${version}`).toMatchObject({
      error: 'NONE',
      partitionIndex: 0,
      highWatermark: 2,
      lastStableOffset: 2,
      logStartOffset: version >= 5 ? 1 : -1,
      divergingEpoch: { epoch: -1, endOffset: -1 },
      currentLeader: { leaderId: -1, leaderEpoch: -1 },
      abortedTransactions: null,
      preferredReadReplica: -1,
      values: ['b'],
      offsets: [1],
    })
  }
})

test('an offset inside a batch gives the whole batch', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['first'])
  await produced(broker, topic, batch(broker, ['a', 'b', 'c', 'd']))
  for (const offset of [1, 2, 4])
    expect((await fetched(broker, topic, { offset })).offsets).toEqual([1, 2, 3, 4])
})

test('at the end of the log there are zero bytes, not null, and no error', async () => {
  const topic = await newTopic(broker)
  for (const version of await broker.versions(fetch, 4)) {
    const { error, records, highWatermark } = await fetched(broker, topic, { version })
    expect({ error, records, highWatermark }, `v${version}`).toEqual({
      error: 'NONE',
      records: Buffer.alloc(0),
      highWatermark: 0,
    })
  }
  await fill(broker, topic, ['a'])
  expect(await fetched(broker, topic, { offset: 1 })).toMatchObject({
    error: 'NONE',
    values: [],
    highWatermark: 1,
  })
})

test('beyond the end and before the start an offset is out of range, and the log start is told', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a', 'b', 'c'])
  await deletedBefore(broker, topic, 2)
  for (const version of await broker.versions(fetch, 4)) {
    for (const offset of [4, 1, 0, -1, 1_000_000]) {
      const { error, highWatermark, lastStableOffset, records, abortedTransactions } = await fetched(
        broker,
        topic,
        {
          version,
          offset,
          maxWaitMs: 60_000,
          minBytes: 1,
        },
      )
      expect(
        { error, highWatermark, lastStableOffset, records, abortedTransactions },
        `v${version} ${offset}`,
      ).toEqual({
        error: 'OFFSET_OUT_OF_RANGE',
        highWatermark: -1,
        lastStableOffset: -1,
        records: Buffer.alloc(0),
        abortedTransactions: null,
      })
    }
    expect((await fetched(broker, topic, { version, offset: 3 })).error).toBe('NONE')
  }
})

test('an unknown topic, id or partition has its own error, at once', async () => {
  const topic = await newTopic(broker)
  const patient = { maxWaitMs: 60_000, minBytes: 1 }
  for (const version of await broker.versions(fetch, 4)) {
    const unknown = await fetched(broker, NO_TOPIC, { version, ...patient })
    expect(unknown.error, `v${version}`).toBe(
      version >= 13 ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION',
    )
    expect(unknown).toMatchObject({ highWatermark: -1, lastStableOffset: -1, logStartOffset: -1 })
    expect(unknown.abortedTransactions).toEqual([])
    expect(unknown.records).toEqual(Buffer.alloc(0))
    for (const partition of [1, -1])
      expect((await fetched(broker, topic, { version, partition, ...patient })).error, `v${version}`).toBe(
        'UNKNOWN_TOPIC_OR_PARTITION',
      )
  }
})

test('the limit of a partition cuts between batches, yet the first one is given whole', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a', 'b', 'c'])
  const sizeBytes = batch(broker, ['a']).length
  for (const [partitionMaxBytes, count] of [
    [0, 1],
    [1, 1],
    [sizeBytes, 1],
    [2 * sizeBytes - 1, 1],
    [2 * sizeBytes, 2],
    [3 * sizeBytes, 3],
  ] as const) {
    const { records, values } = await fetched(broker, topic, { partitionMaxBytes })
    expect(values.length, `${partitionMaxBytes}`).toBe(count)
    expect(records?.length).toBeGreaterThanOrEqual(count * sizeBytes)
  }
})

test('the limit of the answer is shared by the partitions in their order', async () => {
  const topic = await newTopic(broker, { partitions: 3 })
  for (const partition of [0, 1, 2]) await fill(broker, topic, ['a', 'b'], partition)
  const sizeBytes = batch(broker, ['a']).length
  expect(await fetchAll(topic, [0, 1, 2], { maxBytes: 1 })).toEqual([['a'], [], []])
  expect(await fetchAll(topic, [2, 0, 1], { maxBytes: 3 * sizeBytes })).toEqual([['a', 'b'], ['a'], []])
  expect(await fetchAll(topic, [0, 1, 2], { maxBytes: 0 })).toEqual([['a'], [], []])
  expect(await fetchAll(topic, [1, 0], { partitionMaxBytes: 1 })).toEqual([['a'], []])
})

test('a fetch waits until there is something to read', async () => {
  const topic = await newTopic(broker)
  const { answer, isAnswered } = await waitingFetch(topic, { maxWaitMs: 30_000, minBytes: 1 })
  expect(isAnswered()).toBe(false)
  await fill(broker, topic, ['now'])
  expect((await answer)[0]?.values).toEqual(['now'])
})

test('a fetch waits for its smallest answer, counted over all its partitions', async () => {
  const topic = await newTopic(broker, { partitions: 2 })
  const minBytes = batch(broker, ['a']).length + 1
  const { answer, isAnswered } = await waitingFetch(topic, { maxWaitMs: 30_000, minBytes }, [0, 1])
  await fill(broker, topic, ['a'], 0)
  await broker.settle()
  expect(isAnswered()).toBe(false)
  await fill(broker, topic, ['b'], 1)
  expect((await answer).map(({ values }) => values)).toEqual([['a'], ['b']])
})

test('only bytes from the offset on count for the smallest answer', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a', 'b', 'c', 'd'])
  const minBytes = 2 * batch(broker, ['a']).length
  const { answer, isAnswered } = await waitingFetch(topic, { offset: 3, maxWaitMs: 30_000, minBytes })
  expect(isAnswered()).toBe(false)
  await fill(broker, topic, ['e'])
  expect((await answer)[0]?.values).toEqual(['d', 'e'])
})

test('a fetch that waited long enough is answered with what there is', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a'])
  const { answer, isAnswered } = await waitingFetch(topic, { maxWaitMs: 700, minBytes: 10_000 })
  expect(isAnswered()).toBe(false)
  await broker.pass(700)
  expect((await answer)[0]?.values).toEqual(['a'])
})

test('without a time to wait, or without anything to wait for, the answer comes at once', async () => {
  const topic = await newTopic(broker)
  expect((await fetched(broker, topic, { maxWaitMs: 0, minBytes: 1000 })).values).toEqual([])
  expect((await fetched(broker, topic, { maxWaitMs: 60_000, minBytes: 0 })).values).toEqual([])
  expect((await fetched(broker, topic, { maxWaitMs: -5, minBytes: 1 })).values).toEqual([])
})

test('a partition that does not exist does not end the wait of the others, one in error does', async () => {
  const topic = await newTopic(broker)
  const unknown = await waitingFetch(topic, { maxWaitMs: 700, minBytes: 1 }, [5, 0])
  expect(unknown.isAnswered()).toBe(false)
  await broker.pass(700)
  const errors = (await unknown.answer).map(({ partitionIndex, error }) => `${partitionIndex} ${error}`)
  expect(errors.sort()).toEqual(['0 NONE', '5 UNKNOWN_TOPIC_OR_PARTITION'])
  const other = await newTopic(broker)
  const asked = [
    { topic, partitions: [fetchPartition()] },
    { topic: other, partitions: [fetchPartition({ offset: 3 })] },
  ]
  const { responses } = await broker.ask(fetch, 12, fetchRequest(asked, { maxWaitMs: 60_000, minBytes: 1 }))
  expect(responses.map(({ partitions }) => errorName(partitions[0]?.errorCode ?? -1))).toEqual([
    'NONE',
    'OFFSET_OUT_OF_RANGE',
  ])
})

test('a wait ends when its answer could not grow any more', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a'.repeat(500), 'b'.repeat(500)])
  const { values } = await fetched(broker, topic, {
    maxWaitMs: 60_000,
    minBytes: 100_000,
    maxBytes: 600,
    partitionMaxBytes: 600,
  })
  expect(values).toHaveLength(1)
})

test('read_committed is told the aborted transactions, read_uncommitted gets null', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a'])
  for (const version of await broker.versions(fetch, 4)) {
    const committed = await fetched(broker, topic, { version, isolationLevel: 1 })
    expect(committed, `v${version}`).toMatchObject({
      abortedTransactions: [],
      lastStableOffset: 1,
      values: ['a'],
    })
    const uncommitted = await fetched(broker, topic, { version, isolationLevel: 0 })
    expect(uncommitted, `v${version}`).toMatchObject({ abortedTransactions: null, lastStableOffset: 1 })
    const atEnd = await fetched(broker, topic, { version, isolationLevel: 1, offset: 1 })
    expect(atEnd, `v${version}`).toMatchObject({ abortedTransactions: [], values: [] })
  }
})

test('a leader epoch that is not the current one is refused', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a'])
  for (const version of await broker.versions(fetch, 9)) {
    const errorAt = async (currentLeaderEpoch: number) =>
      (await fetched(broker, topic, { version, currentLeaderEpoch, maxWaitMs: 60_000, minBytes: 1 })).error
    expect(await errorAt(0), `v${version}`).toBe('NONE')
    expect(await errorAt(1), `v${version}`).toBe('UNKNOWN_LEADER_EPOCH')
  }
})

test('a reader whose last epoch is not known here is out of range', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a', 'b'])
  for (const version of await broker.versions(fetch, 12)) {
    const patient = { version, maxWaitMs: 60_000, minBytes: 1 }
    const same = await fetched(broker, topic, { ...patient, offset: 1, lastFetchedEpoch: 0 })
    expect(same, `v${version}`).toMatchObject({ error: 'NONE', values: ['b'], divergingEpoch: { epoch: -1 } })
    const later = await fetched(broker, topic, { ...patient, offset: 2, lastFetchedEpoch: 5 })
    expect(later, `v${version}`).toMatchObject({
      error: 'OFFSET_OUT_OF_RANGE',
      divergingEpoch: { epoch: -1 },
    })
  }
})

ownTest('the answer is empty, not lost, when the topic is deleted while a fetch waits', async () => {
  const topic = await newTopic(broker)
  const { answer } = await waitingFetch(topic, { maxWaitMs: 60_000, minBytes: 1 })
  const { deleteTopics } = await import('../../src/wire/apis/delete-topics.ts')
  await broker.ask(deleteTopics, 4, { topics: [], topicNames: [topic.name], timeoutMs: 1000 })
  expect((await answer)[0]?.error).toBe('UNKNOWN_TOPIC_OR_PARTITION')
})

ownTest('a fetch whose client is gone waits no more', async () => {
  const topic = await newTopic(broker)
  const { client, answer } = await waitingFetch(topic, { maxWaitMs: 60_000, minBytes: 1 })
  client.close()
  await expect(answer).rejects.toThrow('connection closed')
  await broker.pass(60_000)
  expect((await produced(broker, topic, batch(broker, ['x']))).error).toBe('NONE')
})

test('topics are answered in the order in which they are asked for', async () => {
  const topics = [await newTopic(broker), await newTopic(broker), await newTopic(broker)].reverse()
  const asked = topics.map((topic) => ({ topic, partitions: [fetchPartition()] }))
  for (const version of await broker.versions(fetch, 4)) {
    const { responses } = await broker.ask(fetch, version, fetchRequest(asked))
    expect(
      responses.map(({ topic, topicId }) => (version >= 13 ? topicId : topic)),
      `v${version}`,
    ).toEqual(topics.map(({ id, name }) => (version >= 13 ? id : name)))
  }
})

test('partitions of one topic may come in several pieces', async () => {
  const topic = await newTopic(broker, { partitions: 2 })
  await fill(broker, topic, ['a'], 1)
  const asked = [0, 1].map((partition) => ({ topic, partitions: [fetchPartition({ partition })] }))
  const { responses } = await broker.ask(fetch, 12, fetchRequest(asked))
  const found = responses.flatMap(({ partitions }) => partitions.map(withRecords))
  expect(found.map(({ partitionIndex, values }) => [partitionIndex, values])).toEqual([
    [0, []],
    [1, ['a']],
  ])
})

test('a fetch of nothing is answered with nothing, at once', async () => {
  const { errorCode, responses } = await broker.ask(
    fetch,
    12,
    fetchRequest([], { maxWaitMs: 60_000, minBytes: 1 }),
  )
  expect({ error: errorName(errorCode), responses }).toEqual({ error: 'NONE', responses: [] })
})
