import { afterEach, describe, expect, test } from 'vitest'
import { alterClientQuotas } from '../../src/wire/apis/alter-client-quotas.ts'
import { createPartitions } from '../../src/wire/apis/create-partitions.ts'
import { createTopics } from '../../src/wire/apis/create-topics.ts'
import { deleteTopics } from '../../src/wire/apis/delete-topics.ts'
import { describeClientQuotas } from '../../src/wire/apis/describe-client-quotas.ts'
import { fetch } from '../../src/wire/apis/fetch.ts'
import { listGroups } from '../../src/wire/apis/list-groups.ts'
import { produce } from '../../src/wire/apis/produce.ts'
import { errorName } from '../../src/wire/errors.ts'
import type { RawClient } from '../raw-client.ts'
import { ownTest, uniqueName, useBroker } from './broker.ts'
import {
  batch,
  fetchPartition,
  fetchRequest,
  newTopic,
  produceRequest,
  type Topic,
  topicSpec,
} from './requests.ts'

const broker = useBroker()
const set: Record<string, string | null>[] = []

/** Sets one limit of a client id, or of whatever else is named, until the test is over. */
async function limit(entity: Record<string, string | null>, key: string, value: number): Promise<void> {
  await alter(entity, key, value, false)
  set.push({ ...entity, key })
  const [[entityType, match] = ['', null]] = Object.entries(entity)
  await broker.eventually(async () => {
    const { entries } = await broker.ask(describeClientQuotas, 1, {
      components: [{ entityType, matchType: match === null ? 1 : 0, match }],
      strict: true,
    })
    expect(entries?.flatMap(({ values }) => values.map((row) => row.key))).toContain(key)
  })
}

async function alter(entity: Record<string, string | null>, key: string, value: number, remove: boolean) {
  const rows = Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName }))
  const answer = await broker.ask(alterClientQuotas, 1, {
    entries: [{ entity: rows, ops: [{ key, value, remove }] }],
    validateOnly: false,
  })
  expect(answer.entries.map(({ errorCode }) => errorName(errorCode))).toEqual(['NONE'])
}

afterEach(async () => {
  for (const { key, ...entity } of set.splice(0)) await alter(entity, key ?? '', 0, true)
})

function send(client: RawClient, clientId: string, topic: Topic, sizeBytes: number, acks = -1) {
  const request = produceRequest(topic, batch(broker, ['x'.repeat(sizeBytes)]), { acks })
  return client.request(produce, 9, request, { clientId })
}

/** Says whether a promise is settled after so much time. */
async function isDoneAfter(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let done = false
  void promise.then(() => {
    done = true
  })
  await broker.pass(ms)
  return done
}

const groups = { statesFilter: [], typesFilter: [] }

describe('a producer over its rate', () => {
  test('is answered at once, told how long to be silent, and not heard before', async () => {
    const [topic, clientId] = [await newTopic(broker), uniqueName('producer')]
    await limit({ 'client-id': clientId }, 'producer_byte_rate', 100_000)
    const client = await broker.connect()
    const { throttleTimeMs } = await send(client, clientId, topic, 1_040_000)
    // 1.04 MB count as 104 kB in each of ten seconds; 0.4 s more and they are 100 kB.
    expect(throttleTimeMs).toBeGreaterThanOrEqual(400)
    expect(throttleTimeMs).toBeLessThanOrEqual(410)
    const next = client.request(listGroups, 4, groups, { clientId })
    expect(await isDoneAfter(next, throttleTimeMs - 150)).toBe(false)
    expect(await isDoneAfter(next, 400)).toBe(true)
  })

  test('is held up on that connection alone', async () => {
    const [topic, clientId] = [await newTopic(broker), uniqueName('producer')]
    await limit({ 'client-id': clientId }, 'producer_byte_rate', 100_000)
    const [muted, other] = [await broker.connect(), await broker.connect()]
    expect((await send(muted, clientId, topic, 1_040_000)).throttleTimeMs).toBeGreaterThan(0)
    expect((await other.request(listGroups, 4, groups, { clientId })).throttleTimeMs).toBe(0)
  })

  test('is counted by client id: another client is not held up, the same one elsewhere is', async () => {
    const [topic, clientId] = [await newTopic(broker), uniqueName('producer')]
    await limit({ 'client-id': clientId }, 'producer_byte_rate', 100_000)
    const clients = [await broker.connect(), await broker.connect()] as const
    await send(clients[0], clientId, topic, 900_000)
    expect((await send(clients[1], uniqueName('other'), topic, 200_000)).throttleTimeMs).toBe(0)
    expect((await send(clients[1], clientId, topic, 200_000)).throttleTimeMs).toBeGreaterThan(500)
  })

  test('has its records in the log all the same', async () => {
    const [topic, clientId] = [await newTopic(broker), uniqueName('producer')]
    await limit({ 'client-id': clientId }, 'producer_byte_rate', 1000)
    const answer = await send(await broker.connect(), clientId, topic, 20_000)
    expect(answer.throttleTimeMs).toBeGreaterThan(9000)
    expect(answer.responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 0 })
  })

  ownTest('that wants no answer is not heard for the time either', async () => {
    const [topic, clientId] = [await newTopic(broker), uniqueName('producer')]
    await limit({ 'client-id': clientId }, 'producer_byte_rate', 1000)
    const client = await broker.connect()
    const request = produceRequest(topic, batch(broker, ['x'.repeat(20_000)]), { acks: 0 })
    client.send(produce, 9, request, { clientId })
    await broker.settle()
    const next = client.request(listGroups, 4, groups, { clientId })
    expect(await isDoneAfter(next, 9000)).toBe(false)
    expect(await isDoneAfter(next, 2000)).toBe(true)
  })
})

function atMost(offset: number, partitionMaxBytes: number) {
  return fetchPartition({ offset, partitionMaxBytes })
}

describe('a consumer over its rate', () => {
  async function filled(): Promise<Topic> {
    const topic = await newTopic(broker)
    for (let at = 0; at < 3; at++) await send(await broker.connect(), 'filler', topic, 50_000)
    return topic
  }

  const read = (client: RawClient, clientId: string, topic: Topic, offset: number) =>
    client.request(fetch, 12, fetchRequest([{ topic, partitions: [atMost(offset, 60_000)] }]), { clientId })

  test('gets nothing, is told how long to wait, and gets it then', async () => {
    const [topic, clientId] = [await filled(), uniqueName('consumer')]
    await limit({ 'client-id': clientId }, 'consumer_byte_rate', 10_000)
    const client = await broker.connect()
    const first = await read(client, clientId, topic, 0)
    expect(first.throttleTimeMs).toBe(0)
    expect(first.responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(50_000)
    const second = await read(client, clientId, topic, 1)
    expect(second.throttleTimeMs).toBeGreaterThan(0)
    expect(second.responses).toEqual([])
  })

  ownTest('gets no more at once than the whole window allows, so that it gets it some time', async () => {
    const [topic, clientId] = [await filled(), uniqueName('consumer')]
    await limit({ 'client-id': clientId }, 'consumer_byte_rate', 6000)
    const request = fetchRequest([{ topic, partitions: [atMost(0, 1_000_000)] }])
    const answer = await (await broker.connect()).request(fetch, 12, request, { clientId })
    expect(answer.throttleTimeMs).toBe(0)
    expect(answer.responses[0]?.partitions[0]?.records?.length).toBeLessThanOrEqual(60_000)
  })

  ownTest('of an incremental session misses nothing by it', async () => {
    const [topic, clientId] = [await filled(), uniqueName('consumer')]
    const client = await broker.connect()
    const partition = fetchPartition({ offset: 0, partitionMaxBytes: 60_000 })
    const opened = await client.request(
      fetch,
      12,
      fetchRequest([{ topic, partitions: [partition] }], { sessionEpoch: 0 }),
      { clientId },
    )
    const { sessionId } = opened
    await limit({ 'client-id': clientId }, 'consumer_byte_rate', 6000)
    const again = (sessionEpoch: number, offset: number) =>
      client.request(
        fetch,
        12,
        fetchRequest([{ topic, partitions: [{ ...partition, fetchOffset: offset }] }], {
          sessionId,
          sessionEpoch,
        }),
        { clientId },
      )
    expect((await again(1, 1)).responses).toHaveLength(1)
    const empty = await again(2, 2)
    expect(empty).toMatchObject({ sessionId, responses: [], errorCode: 0 })
    expect(empty.throttleTimeMs).toBeGreaterThan(0)
    const later = again(3, 2)
    await broker.pass(30_000)
    expect((await later).responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(50_000)
  })

  ownTest('that opens a session gets none', async () => {
    const [topic, clientId] = [await filled(), uniqueName('consumer')]
    await limit({ 'client-id': clientId }, 'consumer_byte_rate', 6000)
    const client = await broker.connect()
    const request = fetchRequest([{ topic, partitions: [fetchPartition()] }], { sessionEpoch: 0 })
    await client.request(fetch, 12, request, { clientId })
    const answer = await client.request(fetch, 12, request, { clientId })
    expect(answer.throttleTimeMs).toBeGreaterThan(0)
    expect(answer.sessionId).toBe(0)
  })
})

describe('who changes too many partitions', () => {
  const create = (client: RawClient, clientId: string, version: number, ...counts: number[]) =>
    client.request(
      createTopics,
      version,
      {
        topics: counts.map((numPartitions) => topicSpec(uniqueName('q'), { numPartitions })),
        validateOnly: false,
      },
      { clientId },
    )

  test('is refused once the quota is used up, and told when to come again', async () => {
    const clientId = uniqueName('admin')
    await limit({ 'client-id': clientId }, 'controller_mutation_rate', 1)
    const client = await broker.connect()
    // Eleven are there at first, and may be overdrawn in one go.
    const made = await create(client, clientId, 6, 10, 4, 1)
    const codes = made.topics.map(({ errorCode }) => errorName(errorCode))
    expect(codes.toSorted()).toEqual(['NONE', 'NONE', 'THROTTLING_QUOTA_EXCEEDED'])
    expect(made.throttleTimeMs).toBeGreaterThan(0)
    expect(made.throttleTimeMs).toBeLessThanOrEqual(4000)
  })

  ownTest('is only held up in versions from before there was an error for it', async () => {
    const clientId = uniqueName('admin')
    await limit({ 'client-id': clientId }, 'controller_mutation_rate', 1)
    const made = await create(await broker.connect(), clientId, 5, 10, 4, 1)
    expect(made.topics.map(({ errorCode }) => errorName(errorCode))).toEqual(['NONE', 'NONE', 'NONE'])
    expect(made.throttleTimeMs).toBe(4000)
  })

  ownTest('deletes and adds out of the same purse', async () => {
    const clientId = uniqueName('admin')
    const [topic, small] = [await newTopic(broker, { partitions: 12 }), await newTopic(broker)]
    await limit({ 'client-id': clientId }, 'controller_mutation_rate', 1)
    const names = { topics: [], topicNames: [topic.name], timeoutMs: 1000 }
    const deleted = await (await broker.connect()).request(deleteTopics, 5, names, { clientId })
    expect(deleted.responses.map(({ errorCode }) => errorName(errorCode))).toEqual(['NONE'])
    const topics = [{ name: small.name, count: 2, assignments: null }]
    const grow = async () => {
      const request = { topics, timeoutMs: 1000, validateOnly: false }
      return await (await broker.connect()).request(createPartitions, 3, request, { clientId })
    }
    expect(await grow()).toMatchObject({ throttleTimeMs: 1000, results: [{ errorCode: 89 }] })
    await broker.pass(1000)
    expect(await grow()).toMatchObject({ results: [{ errorCode: 0 }] })
  })
})

ownTest('an address that connects too often is kept waiting, and then closed', async () => {
  await limit({ ip: null }, 'connection_creation_rate', 1)
  const early = await Promise.all(Array.from({ length: 10 }, () => broker.connect()))
  const late = await broker.connect()
  const answers = Promise.all(early.map((client) => client.request(listGroups, 4, groups)))
  expect((await answers).map(({ errorCode }) => errorCode)).toEqual(Array(10).fill(0))
  const asked = late.request(listGroups, 4, groups).catch((error: Error) => error.name)
  expect(await isDoneAfter(asked, 900)).toBe(false)
  expect(await isDoneAfter(asked, 200)).toBe(true)
  expect(await asked).toBe('ConnectionClosed')
  await broker.pass(20_000)
  expect((await (await broker.connect()).request(listGroups, 4, groups)).errorCode).toBe(0)
})
