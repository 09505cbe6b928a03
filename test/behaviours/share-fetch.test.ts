import { expect, test } from 'vitest'
import { shareFetch } from '../../src/wire/apis/share-fetch.ts'
import { ownTest, useBroker } from './broker.ts'
import { batch, deletedBefore, fill, NO_TOPIC, newTopic, produced } from './requests.ts'
import {
  ACCEPT,
  type Ack,
  GAP,
  groupConfigs,
  newShareGroup,
  REJECT,
  RELEASE,
  RENEW,
  ShareMember,
} from './share-member.ts'
import { begun, end } from './transaction-requests.ts'

const broker = useBroker({
  configs: {
    'share.coordinator.state.topic.num.partitions': '1',
    'group.share.min.record.lock.duration.ms': '1000',
  },
})

async function scene(values: readonly string[] = [], configs: Record<string, string> = {}) {
  const topic = await newTopic(broker)
  const groupId = await newShareGroup(broker, configs)
  if (values.length > 0) await produced(broker, topic, batch(broker, values))
  return { topic, groupId, member: await ShareMember.join(broker, groupId, topic) }
}

/** The offsets of `first-last:deliveries`. */
function offsetsOf(acquired: string): number[] {
  const [first = 0, last = 0] = (acquired.split(':')[0] ?? '').split('-').map(Number)
  return Array.from({ length: last - first + 1 }, (_, at) => first + at)
}

test('records are delivered once, with their locks and counts, in every version', async () => {
  for (const version of await broker.versions(shareFetch, 1)) {
    const { topic, groupId } = await scene(['a', 'b', 'c'])
    const member = await ShareMember.join(broker, groupId, topic, version)
    expect(await member.fetchSome(broker), `v${version}`).toEqual({
      error: 'NONE',
      lockMs: 30_000,
      told: ['0 NONE'],
      acquired: ['0-2:1'],
      values: ['a', 'b', 'c'],
    })
    expect(await member.fetch(), `v${version}`).toMatchObject({ told: [], acquired: [] })
    expect(await member.acknowledge([[0, 2, ACCEPT]]), `v${version}`).toBe('NONE')
  }
})

test('a group that says nothing else begins at the end', async () => {
  const { topic, groupId, member } = await scene(['old'])
  await groupConfigs(broker, groupId, { 'share.auto.offset.reset': null })
  await broker.settle()
  await member.fetch()
  await broker.settle()
  await fill(broker, topic, ['new'])
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['1-1:1'], values: ['new'] })
})

test('two members share a partition, and none gets what the other has', async () => {
  const { topic, groupId, member } = await scene()
  await fill(broker, topic, ['a', 'b', 'c', 'd'])
  const other = await ShareMember.connect(broker, groupId, topic)
  expect(await member.fetchSome(broker, { maxRecords: 2 })).toMatchObject({ acquired: ['0-1:1'] })
  expect(await other.fetchSome(broker)).toMatchObject({ acquired: ['2-3:1'], values: ['c', 'd'] })
  expect(await other.acknowledge([[0, 1, ACCEPT]])).toBe('INVALID_RECORD_STATE')
})

test('released records come again and are counted, rejected ones and gaps do not', async () => {
  const { member } = await scene(['a', 'b', 'c', 'd'])
  await member.fetchSome(broker)
  expect(await member.acknowledge([[0, 3, ACCEPT, RELEASE, REJECT, GAP]])).toBe('NONE')
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['1-1:2'] })
  expect(await member.acknowledge([[1, 1, RELEASE]])).toBe('NONE')
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['1-1:3'] })
})

test('acknowledgements go along with a fetch', async () => {
  const { topic, member } = await scene(['a', 'b'])
  await member.fetchSome(broker)
  await fill(broker, topic, ['c'])
  const next = await member.fetch({ acks: [[0, 1, ACCEPT]] })
  expect(next).toMatchObject({ told: ['0 NONE'], acquired: ['2-2:1'], values: ['c'] })
  expect(await member.fetch({ acks: [[0, 1, ACCEPT]] })).toMatchObject({ told: ['0 NONE'] })
  expect(await member.fetch({ acks: [[2, 3, ACCEPT]] })).toMatchObject({ told: ['0 NONE/INVALID_REQUEST'] })
  expect(await member.fetch({ acks: [[2, 2, ACCEPT]] })).toMatchObject({ told: ['0 NONE'], acquired: [] })
})

test('after as many deliveries as allowed a record is given up', async () => {
  const { topic, member } = await scene(['bad'], { 'share.delivery.count.limit': '3' })
  for (let count = 1; count <= 3; count++) {
    expect(await member.fetchSome(broker)).toMatchObject({ acquired: [`0-0:${count}`] })
    expect(await member.acknowledge([[0, 0, RELEASE]])).toBe('NONE')
  }
  await fill(broker, topic, ['good'])
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['1-1:1'] })
})

test('records that fail again and again are delivered in smaller parts', async () => {
  const { member } = await scene(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
  const seen: string[] = []
  for (let round = 0; round < 12; round++) {
    const { acquired } = await member.fetchSome(broker)
    seen.push(acquired.join(' '))
    const acks = acquired.map((each) => {
      const [first = 0, last = 0] = (each.split(':')[0] ?? '').split('-').map(Number)
      return [first, last, RELEASE] as const
    })
    if (acks.length > 0) await member.acknowledge(acks)
  }
  expect(seen).toEqual([
    '0-7:1',
    '0-7:2',
    '0-7:3',
    '0-3:4',
    '0-0:5',
    '1-1:5',
    '2-2:5',
    '3-3:5',
    '4-7:4',
    '4-4:5',
    '5-5:5',
    '6-6:5',
  ])
})

test('where only two deliveries are allowed, the second is as large as the first', async () => {
  const { member } = await scene(['a', 'b', 'c', 'd'], { 'share.delivery.count.limit': '2' })
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['0-3:1'] })
  expect(await member.acknowledge([[0, 3, RELEASE]])).toBe('NONE')
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['0-3:2'] })
})

test('a lock that ends frees the records', async () => {
  const { member, topic, groupId } = await scene(['a', 'b'], { 'share.record.lock.duration.ms': '1000' })
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['0-1:1'], lockMs: 1000 })
  await broker.pass(1200)
  const other = await ShareMember.connect(broker, groupId, topic)
  expect(await other.fetchSome(broker)).toMatchObject({ acquired: ['0-1:2'] })
  expect(await member.acknowledge([[0, 1, ACCEPT]])).toBe('INVALID_RECORD_STATE')
})

test('a renewed lock holds longer', async () => {
  const { member } = await scene(['a', 'b'], { 'share.record.lock.duration.ms': '1000' })
  await member.fetchSome(broker)
  await broker.pass(700)
  expect(await member.acknowledge([[0, 0, RENEW]])).toBe('INVALID_REQUEST')
  expect(await member.acknowledge([[0, 0, RENEW]], { renew: true })).toBe('NONE')
  await broker.pass(600)
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['1-1:2'] })
  expect(await member.acknowledge([[0, 0, ACCEPT]])).toBe('NONE')
})

test('a fetch that renews does nothing else', async () => {
  const { member } = await scene(['a', 'b'])
  await member.fetchSome(broker, { maxRecords: 1, mode: 1 })
  const zeros = { maxWaitMs: 0, minBytes: 0, maxBytes: 0, maxRecords: 0, renew: true } as const
  expect(await member.fetch({ acks: [[0, 0, RENEW]], ...zeros, maxRecords: 1 })).toMatchObject({
    error: 'INVALID_REQUEST',
  })
  expect(await member.fetch({ acks: [[0, 0, RENEW]], ...zeros })).toMatchObject({
    told: ['0 NONE'],
    acquired: [],
  })
})

test('where renewing is switched off it is refused', async () => {
  const { member } = await scene(['a'], { 'share.renew.acknowledge.enable': 'false' })
  await member.fetchSome(broker)
  expect(await member.acknowledge([[0, 0, RENEW]], { renew: true })).toBe('INVALID_RECORD_STATE')
})

test('the limit of records is exact, or completes the batch that reaches it', async () => {
  for (const [mode, expected] of [
    [0, '0-3:1'],
    [1, '0-2:1'],
  ] as const) {
    const { topic, member } = await scene(['a', 'b'])
    await produced(broker, topic, batch(broker, ['c', 'd']))
    await produced(broker, topic, batch(broker, ['e']))
    expect((await member.fetchSome(broker, { maxRecords: 3, mode })).acquired).toEqual([expected])
  }
})

test('acquired records are cut into batches as large as asked for', async () => {
  const { topic, member } = await scene(['a', 'b'])
  for (const values of [['c', 'd'], ['e', 'f'], ['g', 'h'], ['i']])
    await produced(broker, topic, batch(broker, values))
  expect((await member.fetchSome(broker, { batchSize: 3 })).acquired).toEqual(['0-3:1', '4-7:1', '8-8:1'])
})

test('what is wrong with acknowledgements', async () => {
  const { member } = await scene(['a', 'b', 'c', 'd'])
  await member.fetchSome(broker)
  const results: Record<string, string> = {}
  for (const acks of [
    [[0, 0]],
    [[1, 0, ACCEPT]],
    [[0, 2, ACCEPT, ACCEPT]],
    [[0, 0, 9]],
    [[0, 0, -1]],
    [
      [1, 1, ACCEPT],
      [0, 0, ACCEPT],
    ],
    [
      [0, 1, ACCEPT],
      [1, 2, ACCEPT],
    ],
    [[-2, 0, ACCEPT]],
    [[7, 9, ACCEPT]],
    [[3, 4, ACCEPT]],
    [
      [0, 0, ACCEPT],
      [3, 4, ACCEPT],
    ],
    [[0, 3, ACCEPT]],
    [[0, 3, ACCEPT]],
  ] satisfies readonly Ack[][])
    results[JSON.stringify(acks) in results ? `${JSON.stringify(acks)} again` : JSON.stringify(acks)] =
      await member.acknowledge(acks)
  expect(results).toEqual({
    '[[0,0]]': 'INVALID_REQUEST',
    '[[1,0,1]]': 'INVALID_REQUEST',
    '[[0,2,1,1]]': 'INVALID_REQUEST',
    '[[0,0,9]]': 'INVALID_REQUEST',
    '[[0,0,-1]]': 'INVALID_REQUEST',
    '[[1,1,1],[0,0,1]]': 'INVALID_REQUEST',
    '[[0,1,1],[1,2,1]]': 'INVALID_RECORD_STATE',
    '[[-2,0,1]]': 'INVALID_REQUEST',
    '[[7,9,1]]': 'INVALID_REQUEST',
    '[[3,4,1]]': 'INVALID_REQUEST',
    '[[0,0,1],[3,4,1]]': 'INVALID_REQUEST',
    '[[0,3,1]]': 'NONE',
    '[[0,3,1]] again': 'NONE',
  })
})

test('sessions count their requests', async () => {
  const { member, topic, groupId } = await scene(['a'])
  expect(await member.acknowledge([], { epoch: 0 })).toBe('INVALID_SHARE_SESSION_EPOCH')
  expect(await member.acknowledge([], { epoch: 1 })).toBe('SHARE_SESSION_NOT_FOUND')
  expect(await member.fetch({ epoch: 1 })).toMatchObject({ error: 'SHARE_SESSION_NOT_FOUND' })
  expect(await member.fetch({ epoch: -1 })).toMatchObject({ error: 'SHARE_SESSION_NOT_FOUND' })
  expect(await member.fetch({ epoch: 0, acks: [[0, 0, ACCEPT]] })).toMatchObject({ error: 'INVALID_REQUEST' })
  await member.fetchSome(broker)
  expect(await member.fetch({ epoch: 99 })).toMatchObject({ error: 'INVALID_SHARE_SESSION_EPOCH' })
  expect(await member.acknowledge([], { epoch: 99 })).toBe('INVALID_SHARE_SESSION_EPOCH')
  expect(await member.acknowledge([])).toBe('')
  expect(await member.fetch({ epoch: -1, partitions: [0] })).toMatchObject({ error: 'NONE', told: [] })
  expect(await member.fetch({ epoch: -1 })).toMatchObject({ error: 'SHARE_SESSION_NOT_FOUND' })
  expect(await member.fetch({ epoch: 2 })).toMatchObject({ error: 'SHARE_SESSION_NOT_FOUND' })
  const other = await ShareMember.connect(broker, groupId, topic)
  expect(await other.fetchSome(broker)).toMatchObject({ acquired: ['0-0:2'] })
})

test('who sends no fitting ids is refused', async () => {
  const topic = await newTopic(broker)
  const told: Record<string, unknown> = {}
  for (const [groupId, memberId] of [
    ['', 'AAAAAAAAAAAAAAAAAAAAAQ'],
    ['g', ''],
    ['g', 'x'],
    ['g', 'AAAAAAAAAAAAAAAAAAAAAA'],
    ['g', 'x'.repeat(36)],
    ['g', 'x'.repeat(37)],
  ] as const) {
    const member = await ShareMember.connect(broker, groupId, topic, { memberId })
    told[`${groupId}/${memberId}`] = [
      (await member.fetch()).error,
      await member.acknowledge([], { epoch: 1 }),
    ]
  }
  const unknown = await ShareMember.connect(broker, 'g', NO_TOPIC)
  told.topic = await unknown.fetch()
  told.topicAck = await unknown.acknowledge([[0, 0, 1]])
  const beyond = await ShareMember.connect(broker, 'g', topic)
  told.partition = await beyond.fetch({ partitions: [7] })
  told.partitionAck = await beyond.acknowledge([[0, 0, 1]], { partition: 7 })
  told.partitionAck0 = await beyond.acknowledge([[0, 0, 1]], { partition: 0 })
  expect(told).toEqual({
    '/AAAAAAAAAAAAAAAAAAAAAQ': ['NONE', ''],
    'g/': ['INVALID_REQUEST', 'INVALID_REQUEST'],
    'g/x': ['NONE', ''],
    'g/AAAAAAAAAAAAAAAAAAAAAA': ['NONE', ''],
    [`g/${'x'.repeat(36)}`]: ['NONE', ''],
    [`g/${'x'.repeat(37)}`]: ['INVALID_REQUEST', 'INVALID_REQUEST'],
    topic: { error: 'NONE', lockMs: 30_000, told: ['0 UNKNOWN_TOPIC_ID'], acquired: [], values: [] },
    topicAck: 'UNKNOWN_TOPIC_ID',
    partition: {
      error: 'NONE',
      lockMs: 30_000,
      told: ['7 UNKNOWN_TOPIC_OR_PARTITION'],
      acquired: [],
      values: [],
    },
    partitionAck: 'UNKNOWN_TOPIC_OR_PARTITION',
    partitionAck0: 'UNKNOWN_TOPIC_OR_PARTITION',
  })
})

test('a session that ends frees what its member had, and so does a connection that closes', async () => {
  const { topic, groupId, member } = await scene(['a', 'b'])
  await member.fetchSome(broker, { maxRecords: 1, mode: 1 })
  expect(await member.acknowledge([], { epoch: -1 })).toBe('')
  const second = await ShareMember.connect(broker, groupId, topic)
  expect(await second.fetchSome(broker)).toMatchObject({ acquired: ['0-0:2', '1-1:1'] })
  second.client.close()
  await broker.settle()
  const third = await ShareMember.connect(broker, groupId, topic)
  expect(await third.fetchSome(broker)).toMatchObject({ acquired: ['0-0:3', '1-1:2'] })
})

ownTest('a fetch that waits acquires nothing for a client that has gone', async () => {
  const { topic, groupId, member } = await scene(['a'])
  await member.fetchSome(broker)
  expect(await member.acknowledge([[0, 0, ACCEPT]])).toBe('NONE')
  const answer = member.fetch({ maxWaitMs: 60_000, minBytes: 1_000_000 }).catch(() => 'none')
  await fill(broker, topic, ['b'])
  await broker.settle()
  member.client.close()
  expect(await answer).toBe('none')
  await broker.settle()
  const other = await ShareMember.connect(broker, groupId, topic)
  expect(await other.fetch()).toMatchObject({ acquired: ['1-1:1'], values: ['b'] })
})

test('where the log was cut, delivery goes on behind', async () => {
  const { topic, member } = await scene()
  await fill(broker, topic, ['a', 'b', 'c', 'd'])
  await member.fetchSome(broker, { maxRecords: 2 })
  await deletedBefore(broker, topic, 3)
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['3-3:1'], values: ['d'] })
  expect(await member.acknowledge([[0, 1, ACCEPT]])).toBe('NONE')
})

test('a fetch waits for records', async () => {
  const { topic, member } = await scene(['a'])
  await member.fetchSome(broker)
  const waiting = member.fetch({ maxWaitMs: 10_000 })
  await broker.settle()
  await fill(broker, topic, ['b'])
  expect(await waiting).toMatchObject({ acquired: ['1-1:1'], values: ['b'] })
})

test('a fetch waits for records that another gives back', async () => {
  const { topic, groupId, member } = await scene(['a'])
  await member.fetchSome(broker)
  const other = await ShareMember.connect(broker, groupId, topic)
  const waiting = other.fetch({ maxWaitMs: 10_000 })
  await broker.settle()
  await member.acknowledge([[0, 0, RELEASE]])
  expect(await waiting).toMatchObject({ acquired: ['0-0:2'] })
})

test('a fetch answers when its time is up', async () => {
  const { member } = await scene(['a'])
  await member.fetchSome(broker)
  const waiting = member.fetch({ maxWaitMs: 300 })
  await broker.pass(400)
  expect(await waiting).toMatchObject({ error: 'NONE', told: [] })
})

test('by default records of open and aborted transactions are delivered, too', async () => {
  const { topic, member } = await scene()
  const producer = await begun(broker, topic, 'open')
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['0-0:1'], values: ['open'] })
  await end(broker, producer, false)
  expect((await member.fetchSome(broker)).acquired).toEqual(['1-1:1'])
})

test('a group that reads committed records waits for the end of a transaction, and skips aborted ones', async () => {
  const { topic, member } = await scene([], { 'share.isolation.level': 'read_committed' })
  await fill(broker, topic, ['before'])
  const aborted = await begun(broker, topic, 'aborted')
  await fill(broker, topic, ['between'])
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['0-0:1'], values: ['before'] })
  expect(await member.fetch()).toMatchObject({ acquired: [] })
  await end(broker, aborted, false)
  const committed = await begun(broker, topic, 'committed')
  await end(broker, committed, true)
  const delivered: number[] = []
  await broker.eventually(async () => {
    for (const each of (await member.fetchSome(broker)).acquired) delivered.push(...offsetsOf(each))
    expect(delivered).toEqual([2, 3, 4, 5])
  })
  expect(await member.acknowledge([[2, 5, ACCEPT, GAP, ACCEPT, GAP]])).toBe('NONE')
  expect(await member.fetch()).toMatchObject({ acquired: [] })
})
