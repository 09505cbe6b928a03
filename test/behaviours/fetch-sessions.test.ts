import { expect, test } from 'vitest'
import { fetch } from '../../src/wire/apis/fetch.ts'
import { errorName } from '../../src/wire/errors.ts'
import type { DecodedResponseOf } from '../../src/wire/schema/api.ts'
import { ownTest, TestBroker, useBroker } from './broker.ts'
import {
  batch,
  deletedBefore,
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

interface Asked {
  readonly topic: Topic
  readonly partitions: ReturnType<typeof fetchPartition>[]
}

/** One reader's side of a session: it counts the epochs. */
class Session {
  id = 0
  epoch = 0

  constructor(
    readonly version: number,
    readonly on: TestBroker = broker,
  ) {}

  async fetch(
    asked: readonly Asked[],
    more: { forgotten?: { topic: Topic; partitions: number[] }[]; maxBytes?: number } = {},
  ) {
    const options = { sessionId: this.id, sessionEpoch: this.epoch, ...more }
    const answer = await this.on.ask(fetch, this.version, fetchRequest(asked, options, more.forgotten))
    if (answer.errorCode === 0) {
      this.id = answer.sessionId
      this.epoch++
    }
    return answer
  }
}

function whole(topic: Topic, offsets: readonly number[] = [0]): Asked {
  return { topic, partitions: offsets.map((offset, partition) => fetchPartition({ partition, offset })) }
}

/** `partition error values` of everything in an answer. */
function told({ errorCode, responses }: DecodedResponseOf<typeof fetch>): string[] | string {
  if (errorCode !== 0) return errorName(errorCode)
  return responses.flatMap(({ partitions }) =>
    partitions.map((each) => {
      const { partitionIndex, error, values } = withRecords(each)
      return [partitionIndex, error, ...values].join(' ')
    }),
  )
}

test('epoch -1 asks for no session, and gets none', async () => {
  const topic = await newTopic(broker)
  for (const version of await broker.versions(fetch, 7)) {
    const answer = await broker.ask(fetch, version, fetchRequest([whole(topic)], { sessionEpoch: -1 }))
    expect({ id: answer.sessionId, told: told(answer) }, `v${version}`).toEqual({ id: 0, told: ['0 NONE'] })
  }
})

test('later answers of a session tell only what is new', async () => {
  for (const version of await broker.versions(fetch, 7)) {
    const topic = await newTopic(broker, { partitions: 3 })
    await fill(broker, topic, ['a'], 1)
    const session = new Session(version)
    expect(told(await session.fetch([whole(topic, [0, 0, 0])])), `v${version}`).toEqual([
      '0 NONE',
      '1 NONE a',
      '2 NONE',
    ])
    expect(session.id).toBeGreaterThan(0)
    expect(told(await session.fetch([]))).toEqual(['1 NONE a'])
    const caughtUp = { topic, partitions: [fetchPartition({ partition: 1, offset: 1 })] }
    expect(told(await session.fetch([caughtUp]))).toEqual([])
    await fill(broker, topic, ['b'], 2)
    expect(told(await session.fetch([]))).toEqual(['2 NONE b'])
  }
})

test('a changed high watermark or log start is news without records', async () => {
  const topic = await newTopic(broker, { partitions: 2 })
  await fill(broker, topic, ['a', 'b', 'c'])
  const session = new Session(12)
  await session.fetch([whole(topic, [3, 0])])
  expect(told(await session.fetch([]))).toEqual([])
  await deletedBefore(broker, topic, 2)
  const started = await session.fetch([])
  expect(told(started)).toEqual(['0 NONE'])
  expect(started.responses[0]?.partitions[0]).toMatchObject({ logStartOffset: 2, highWatermark: 3 })
  expect(told(await session.fetch([]))).toEqual([])
})

test('an error is told each time, until it is over', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['a'])
  const session = new Session(12)
  await session.fetch([whole(topic, [5])])
  expect(told(await session.fetch([]))).toEqual(['0 OFFSET_OUT_OF_RANGE'])
  expect(told(await session.fetch([]))).toEqual(['0 OFFSET_OUT_OF_RANGE'])
  expect(told(await session.fetch([whole(topic, [1])]))).toEqual(['0 NONE'])
  expect(told(await session.fetch([]))).toEqual([])
})

test('partitions join a session and leave it', async () => {
  const topic = await newTopic(broker, { partitions: 2 })
  await fill(broker, topic, ['a'], 0)
  await fill(broker, topic, ['b'], 1)
  const session = new Session(12)
  expect(told(await session.fetch([whole(topic)]))).toEqual(['0 NONE a'])
  const other = { topic, partitions: [fetchPartition({ partition: 1 })] }
  const both = told(await session.fetch([other]))
  expect([...both].sort()).toEqual(['0 NONE a', '1 NONE b'])
  expect(told(await session.fetch([], { forgotten: [{ topic, partitions: [0] }] }))).toEqual(['1 NONE b'])
})

test('a session whose last partition leaves is over', async () => {
  const topic = await newTopic(broker)
  const session = new Session(12)
  const { sessionId } = await session.fetch([whole(topic)])
  const last = await session.fetch([], { forgotten: [{ topic, partitions: [0] }] })
  expect({ id: last.sessionId, told: told(last) }).toEqual({ id: 0, told: [] })
  const late = await broker.ask(fetch, 12, fetchRequest([], { sessionId, sessionEpoch: 2 }))
  expect(told(late)).toBe('FETCH_SESSION_ID_NOT_FOUND')
})

test('an unknown session and a wrong epoch are refused', async () => {
  const topic = await newTopic(broker)
  for (const version of await broker.versions(fetch, 7)) {
    const unknown = await broker.ask(fetch, version, fetchRequest([], { sessionId: 1, sessionEpoch: 1 }))
    expect({ id: unknown.sessionId, told: told(unknown) }, `v${version}`).toEqual({
      id: 0,
      told: 'FETCH_SESSION_ID_NOT_FOUND',
    })
    const none = await broker.ask(
      fetch,
      version,
      fetchRequest([whole(topic)], { sessionId: 0, sessionEpoch: 5 }),
    )
    expect(told(none)).toBe('FETCH_SESSION_ID_NOT_FOUND')
    const session = new Session(version)
    await session.fetch([whole(topic)])
    for (const epoch of [2, 5]) {
      const ask = fetchRequest([], { sessionId: session.id, sessionEpoch: epoch })
      const wrong = await broker.ask(fetch, version, ask)
      expect(told(wrong)).toBe('INVALID_FETCH_SESSION_EPOCH')
    }
    expect(told(await session.fetch([]))).toEqual([])
  }
})

test('a request that comes again gets no answer of the session', async () => {
  const topic = await newTopic(broker)
  const session = new Session(12)
  await session.fetch([whole(topic)])
  await session.fetch([])
  session.epoch = 1
  expect(told(await session.fetch([]))).toBe('INVALID_FETCH_SESSION_EPOCH')
})

test('a full request ends the session it names and may begin another', async () => {
  const topic = await newTopic(broker)
  const session = new Session(12)
  const first = (await session.fetch([whole(topic)])).sessionId
  session.epoch = 0
  const second = (await session.fetch([whole(topic)])).sessionId
  expect(second).not.toBe(first)
  const late = await broker.ask(fetch, 12, fetchRequest([], { sessionId: first, sessionEpoch: 1 }))
  expect(told(late)).toBe('FETCH_SESSION_ID_NOT_FOUND')
  const closing = await broker.ask(
    fetch,
    12,
    fetchRequest([whole(topic)], { sessionId: second, sessionEpoch: -1 }),
  )
  expect({ id: closing.sessionId, told: told(closing) }).toEqual({ id: 0, told: ['0 NONE'] })
  expect(told(await session.fetch([]))).toBe('FETCH_SESSION_ID_NOT_FOUND')
})

test('a session keeps to names or to ids', async () => {
  const topic = await newTopic(broker)
  const byName = new Session(12)
  await byName.fetch([whole(topic)])
  const switched = await broker.ask(fetch, 13, fetchRequest([], { sessionId: byName.id, sessionEpoch: 1 }))
  expect(told(switched)).toBe('FETCH_SESSION_TOPIC_ID_ERROR')
  const byId = new Session(13)
  await byId.fetch([whole(topic)])
  const back = await broker.ask(fetch, 12, fetchRequest([], { sessionId: byId.id, sessionEpoch: 1 }))
  expect(told(back)).toBe('FETCH_SESSION_TOPIC_ID_ERROR')
})

test('a topic id that nobody knows is an error within the session', async () => {
  const topic = await newTopic(broker)
  const session = new Session(13)
  const first = told(await session.fetch([whole(topic), whole(NO_TOPIC)]))
  expect([...first].sort()).toEqual(['0 NONE', '0 UNKNOWN_TOPIC_ID'])
  expect(told(await session.fetch([]))).toEqual(['0 UNKNOWN_TOPIC_ID'])
})

test('a busy partition does not starve the others of its session', async () => {
  const topic = await newTopic(broker, { partitions: 3 })
  for (const partition of [0, 1, 2]) await fill(broker, topic, ['a', 'b', 'c'], partition)
  const session = new Session(12)
  const served: number[] = []
  for (let round = 0; round < 6; round++) {
    const answer = await session.fetch(round === 0 ? [whole(topic, [0, 0, 0])] : [], { maxBytes: 1 })
    for (const each of answer.responses[0]?.partitions ?? [])
      if (withRecords(each).values.length > 0) served.push(each.partitionIndex)
  }
  // The first answer of a session has the order of the request, and so has the second.
  expect(served).toEqual([0, 0, 1, 2, 0, 1])
})

test('a session outlives its connection', async () => {
  const topic = await newTopic(broker)
  const one = await broker.connect()
  const made = await one.request(fetch, 12, fetchRequest([whole(topic)], { sessionEpoch: 0 }))
  one.close()
  const other = await broker.connect()
  const next = await other.request(
    fetch,
    12,
    fetchRequest([], { sessionId: made.sessionId, sessionEpoch: 1 }),
  )
  expect(told(next)).toEqual([])
})

ownTest(
  'without a free place a reader goes on without a session, until one was idle for two minutes',
  async () => {
    const small = new TestBroker({ configs: { 'max.incremental.fetch.session.cache.slots': '2' } })
    await small.start()
    const topic = await newTopic(small)
    const sessions = [new Session(12, small), new Session(12, small), new Session(12, small)]
    for (const session of sessions) await session.fetch([whole(topic)])
    expect(sessions.map(({ id }) => id > 0)).toEqual([true, true, false])
    await produced(small, topic, batch(small, ['x']))
    await small.pass(120_001)
    const late = new Session(12, small)
    expect(told(await late.fetch([whole(topic)]))).toEqual(['0 NONE x'])
    expect(late.id).toBeGreaterThan(0)
    expect(told(await (sessions[0] ?? late).fetch([]))).toBe('FETCH_SESSION_ID_NOT_FOUND')
    await small.stop()
  },
)
