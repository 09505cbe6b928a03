import { expect, test } from 'vitest'
import { deleteTopics } from '../../src/wire/apis/delete-topics.ts'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.ts'
import { initProducerId } from '../../src/wire/apis/init-producer-id.ts'
import { produce } from '../../src/wire/apis/produce.ts'
import { errorName } from '../../src/wire/errors.ts'
import { isExternal, ownTest, uniqueName, useBroker } from './broker.ts'
import { batch, fetched, fill, newTopic, offsetAt, produced, produceRequest, ZERO_UUID } from './requests.ts'
import {
  add,
  addOffsets,
  begun,
  coordinated,
  described,
  end,
  endOnce,
  init,
  initOnce,
  markersIn,
  readCommitted,
  write,
} from './transaction-requests.ts'

const broker = useBroker({ configs: { 'transaction.state.log.num.partitions': '3' } })

test('FindCoordinator tells where the coordinator of a transactional id is, at every version', async () => {
  const id = uniqueName('tx')
  await coordinated(broker, id)
  for (const version of await broker.versions(findCoordinator, 1)) {
    const answer = await broker.ask(findCoordinator, version, { key: id, keyType: 1, coordinatorKeys: [id] })
    const found = version >= 4 ? answer.coordinators[0] : answer
    expect(found?.errorCode, `v${version}`).toBe(0)
    expect(found?.nodeId, `v${version}`).toBe(1)
    expect(found?.port, `v${version}`).toBe(broker.address.port)
  }
})

test('a transactional id has one producer id, and every InitProducerId raises its epoch', async () => {
  const versions = await broker.versions(initProducerId)
  const { transactionalId, producerId, producerEpoch } = await init(broker)
  expect(producerEpoch).toBe(0)
  for (const [at, version] of versions.entries())
    expect(await initOnce(broker, transactionalId, { version }), `v${version}`).toEqual({
      error: 'NONE',
      producerId,
      producerEpoch: at + 1,
    })
})

test('a timeout of nothing, or above transaction.max.timeout.ms, is INVALID_TRANSACTION_TIMEOUT', async () => {
  const id = uniqueName('tx')
  await coordinated(broker, id)
  for (const timeoutMs of [0, -1, 900_001])
    expect((await initOnce(broker, id, { timeoutMs })).error, `${timeoutMs}`).toBe(
      'INVALID_TRANSACTION_TIMEOUT',
    )
  expect((await init(broker, id, { timeoutMs: 900_000 })).producerEpoch).toBe(0)
})

test('a producer that tells who it was goes on, once more if its answer was lost, and is fenced by another', async () => {
  const first = await init(broker)
  const { transactionalId } = first
  const second = await initOnce(broker, transactionalId, { expected: first })
  expect(second).toMatchObject({ error: 'NONE', producerId: first.producerId, producerEpoch: 1 })
  expect(await initOnce(broker, transactionalId, { expected: first })).toEqual(second)
  const other = await initOnce(broker, transactionalId)
  expect(other.producerEpoch).toBe(2)
  expect((await initOnce(broker, transactionalId, { expected: second })).error).toBe('PRODUCER_FENCED')
  expect((await initOnce(broker, transactionalId, { expected: second, version: 3 })).error).toBe(
    'INVALID_PRODUCER_EPOCH',
  )
  const stranger = { producerId: first.producerId + 100_000, producerEpoch: 2 }
  expect((await initOnce(broker, transactionalId, { expected: stranger })).error).toBe('PRODUCER_FENCED')
})

test('committed records are read, and their marker takes an offset', async () => {
  const topic = await newTopic(broker)
  const member = await begun(broker, topic)
  expect(await readCommitted(broker, topic)).toEqual([])
  expect(await end(broker, member, true)).toMatchObject({ error: 'NONE' })
  await broker.eventually(async () => expect(await readCommitted(broker, topic)).toEqual(['x']))
  expect(await markersIn(broker, topic)).toEqual(['1 COMMIT of epoch 0'])
  expect((await offsetAt(broker, topic, -1n)).offset).toBe(2)
})

test('aborted records are told to read_committed consumers, which skip them', async () => {
  const topic = await newTopic(broker)
  const member = await begun(broker, topic, 'no')
  await end(broker, member, false)
  await fill(broker, topic, ['yes'])
  const { abortedTransactions, lastStableOffset } = await broker.eventually(async () => {
    const found = await fetched(broker, topic, { isolationLevel: 1 })
    expect(found.lastStableOffset).toBe(3)
    return found
  })
  expect({ abortedTransactions, lastStableOffset }).toEqual({
    abortedTransactions: [{ producerId: member.producerId, firstOffset: 0 }],
    lastStableOffset: 3,
  })
  expect(await readCommitted(broker, topic)).toEqual(['yes'])
  expect(await markersIn(broker, topic)).toEqual(['1 ABORT of epoch 0'])
})

// Kafka tells of both transactions, each from its start in the log.
test.skipIf(isExternal)(
  'of several aborted transactions those are told that have records in what is read, from the first of these on',
  async () => {
    const topic = await newTopic(broker)
    const early = await begun(broker, topic, 'a0')
    const late = await begun(broker, topic, 'b1')
    await write(broker, early, topic, 'a2', { sequence: 1 })
    await end(broker, early, false)
    await end(broker, late, false)
    await fill(broker, topic, ['yes'])
    const told = async (offset: number) => {
      const { abortedTransactions } = await fetched(broker, topic, { isolationLevel: 1, offset })
      return abortedTransactions
    }
    const [a, b] = [early.producerId, late.producerId]
    await broker.eventually(async () =>
      expect(await told(0)).toEqual([
        { producerId: a, firstOffset: 0 },
        { producerId: b, firstOffset: 1 },
      ]),
    )
    expect(await told(1)).toEqual([
      { producerId: b, firstOffset: 1 },
      { producerId: a, firstOffset: 2 },
    ])
    expect(await told(2)).toEqual([{ producerId: a, firstOffset: 2 }])
    expect(await told(3)).toEqual([])
    expect(await readCommitted(broker, topic)).toEqual(['yes'])
  },
)

test('an open transaction holds back what lies behind it, for read_committed only', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['before'])
  const member = await begun(broker, topic, 'open')
  await fill(broker, topic, ['behind'])
  const committed = await fetched(broker, topic, { isolationLevel: 1 })
  expect(committed).toMatchObject({ values: ['before'], lastStableOffset: 1, highWatermark: 3 })
  const uncommitted = await fetched(broker, topic)
  expect(uncommitted).toMatchObject({ values: ['before', 'open', 'behind'], lastStableOffset: 1 })
  expect((await offsetAt(broker, topic, -1n, { isolationLevel: 1 })).offset).toBe(1)
  expect((await offsetAt(broker, topic, -1n)).offset).toBe(3)
  await end(broker, member, true)
  await broker.eventually(async () =>
    expect(await readCommitted(broker, topic)).toEqual(['before', 'open', 'behind']),
  )
})

test('ending again in the same way is fine, in the other way INVALID_TXN_STATE', async () => {
  const topic = await newTopic(broker)
  for (const committed of [true, false]) {
    const member = await begun(broker, topic)
    for (let times = 0; times < 2; times++)
      expect((await end(broker, member, committed)).error, `${committed}`).toBe('NONE')
    expect((await end(broker, member, !committed)).error, `${committed}`).toBe('INVALID_TXN_STATE')
  }
})

test('a transaction that never began can not be ended by old clients', async () => {
  const member = await init(broker)
  for (const committed of [true, false])
    expect((await end(broker, member, committed)).error).toBe('INVALID_TXN_STATE')
})

test('a stale epoch is PRODUCER_FENCED to those who know that, INVALID_PRODUCER_EPOCH to older clients', async () => {
  const topic = await newTopic(broker)
  const stale = await init(broker)
  await init(broker, stale.transactionalId)
  expect((await end(broker, stale, true, 1)).error).toBe('INVALID_PRODUCER_EPOCH')
  expect((await end(broker, stale, true, 2)).error).toBe('PRODUCER_FENCED')
  expect((await end(broker, stale, true, 5)).error).toBe('PRODUCER_FENCED')
  expect(await add(broker, stale, [topic], 1)).toEqual(['INVALID_PRODUCER_EPOCH'])
  expect(await add(broker, stale, [topic], 2)).toEqual(['PRODUCER_FENCED'])
  expect(await addOffsets(broker, stale, 'g', 1)).toBe('INVALID_PRODUCER_EPOCH')
  expect(await addOffsets(broker, stale, 'g', 2)).toBe('PRODUCER_FENCED')
  for (const version of [9, 11, 12])
    expect(await write(broker, stale, topic, 'x', { version })).toBe('INVALID_PRODUCER_EPOCH')
})

test('another producer id than the id has is INVALID_PRODUCER_ID_MAPPING, as is an id that nobody knows', async () => {
  const topic = await newTopic(broker)
  const member = await init(broker)
  const nobody = { ...member, transactionalId: uniqueName('tx') }
  await coordinated(broker, nobody.transactionalId)
  for (const wrong of [{ ...member, producerId: member.producerId + 1 }, nobody]) {
    expect((await end(broker, wrong, true)).error).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect((await end(broker, wrong, true, 5)).error).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(await add(broker, wrong, [topic])).toEqual(['INVALID_PRODUCER_ID_MAPPING'])
    expect(await addOffsets(broker, wrong, 'g')).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(await write(broker, wrong, topic, 'x')).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(await write(broker, wrong, topic, 'x', { version: 12 })).toBe('INVALID_PRODUCER_ID_MAPPING')
  }
})

test('an empty transactional id is INVALID_REQUEST', async () => {
  const topic = await newTopic(broker)
  const nameless = { transactionalId: '', producerId: 1, producerEpoch: 0 }
  expect((await endOnce(broker, nameless, true)).error).toBe('INVALID_REQUEST')
  expect(await add(broker, nameless, [topic])).toEqual(['INVALID_REQUEST'])
  expect(await addOffsets(broker, nameless, 'g')).toBe('INVALID_REQUEST')
  expect((await described(broker, '')).error).toBe('INVALID_REQUEST')
})

test('partitions are added all or none', async () => {
  const topic = await newTopic(broker, { partitions: 2 })
  const member = await init(broker)
  const asked = [
    { name: topic.name, partitions: [0, 1, 2] },
    { name: 'no-such-topic', partitions: [0] },
  ]
  expect((await add(broker, member, asked)).sort()).toEqual([
    'OPERATION_NOT_ATTEMPTED',
    'OPERATION_NOT_ATTEMPTED',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'UNKNOWN_TOPIC_OR_PARTITION',
  ])
  expect((await described(broker, member.transactionalId)).topics).toEqual([])
})

test('InitProducerId aborts the transaction that is open, and fences its producer', async () => {
  const topic = await newTopic(broker)
  const zombie = await begun(broker, topic, 'of the zombie')
  const heir = await init(broker, zombie.transactionalId)
  expect(heir).toMatchObject({ producerId: zombie.producerId, producerEpoch: 2 })
  expect((await end(broker, zombie, true)).error).toBe('PRODUCER_FENCED')
  expect(await write(broker, zombie, topic, 'late', { sequence: 1 })).toBe('INVALID_PRODUCER_EPOCH')
  expect(await markersIn(broker, topic)).toEqual(['1 ABORT of epoch 1'])
  await add(broker, heir, [topic])
  expect(await write(broker, heir, topic, 'of the heir')).toBe('NONE')
  await end(broker, heir, true)
  await broker.eventually(async () => expect(await readCommitted(broker, topic)).toEqual(['of the heir']))
})

test('a record of no transaction is refused while its producer has one', async () => {
  const topic = await newTopic(broker)
  const member = await begun(broker, topic)
  expect(await write(broker, member, topic, 'plain', { sequence: 1, transactional: false })).toBe(
    'INVALID_TXN_STATE',
  )
})

test('records of two producers in one request are INVALID_PRODUCER_ID_MAPPING, all of them', async () => {
  const topic = await newTopic(broker, { partitions: 2 })
  const [one, other] = [await init(broker), await init(broker)]
  const request = produceRequest(topic, null, { transactionalId: one.transactionalId })
  const [data] = request.topicData
  const partitionData = [one, other].map((member, index) => ({
    index,
    records: batch(broker, ['x'], { ...member, baseSequence: 0, transactional: true }),
  }))
  const topicData = data === undefined ? [] : [{ ...data, partitionData }]
  const answer = await broker.ask(produce, 9, { ...request, topicData })
  expect(answer.responses[0]?.partitionResponses.map(({ errorCode }) => errorName(errorCode))).toEqual(
    Array(2).fill('INVALID_PRODUCER_ID_MAPPING'),
  )
})

test('markers are the coordinator’s: a control batch of a client is INVALID_RECORD', async () => {
  const topic = await newTopic(broker)
  const member = await begun(broker, topic)
  const control = batch(broker, ['x'], { ...member, baseSequence: 1, transactional: true, control: true })
  const { transactionalId } = member
  expect((await produced(broker, topic, control, { transactionalId })).error).toBe('INVALID_RECORD')
})

ownTest('a transaction that takes too long is aborted, and its producer fenced', async () => {
  const topic = await newTopic(broker)
  const member = await init(broker, uniqueName('tx'), { timeoutMs: 1000 })
  await add(broker, member, [topic])
  await write(broker, member, topic, 'too late')
  await broker.pass(950)
  expect((await described(broker, member.transactionalId)).transactionState).toBe('Ongoing')
  await broker.pass(100)
  await broker.pass(100)
  expect(await described(broker, member.transactionalId)).toMatchObject({
    transactionState: 'CompleteAbort',
    producerEpoch: 1,
  })
  expect((await end(broker, member, true)).error).toBe('PRODUCER_FENCED')
  expect(await markersIn(broker, topic)).toEqual(['1 ABORT of epoch 1'])
  expect(await readCommitted(broker, topic)).toEqual([])
})

test('a topic that is deleted does not keep a transaction from ending', async () => {
  const [deleted, kept] = [await newTopic(broker), await newTopic(broker)]
  const member = await begun(broker, deleted)
  await add(broker, member, [kept])
  expect(await write(broker, member, kept, 'kept')).toBe('NONE')
  const request = { topics: [{ name: deleted.name, topicId: ZERO_UUID }], topicNames: [], timeoutMs: 5000 }
  expect((await broker.ask(deleteTopics, 6, request)).responses[0]?.errorCode).toBe(0)
  expect((await end(broker, member, true)).error).toBe('NONE')
  await broker.eventually(async () => {
    expect((await described(broker, member.transactionalId)).transactionState).toBe('CompleteCommit')
    expect(await readCommitted(broker, kept)).toEqual(['kept'])
  })
})

for (const way of ['restart', 'crash'] as const)
  ownTest(`a transaction that is open at a ${way} goes on after it`, async () => {
    const topic = await newTopic(broker)
    const member = await begun(broker, topic, 'before')
    await broker[way]()
    expect(await write(broker, member, topic, 'after', { sequence: 1 })).toBe('NONE')
    expect((await end(broker, member, true)).error).toBe('NONE')
    expect(await readCommitted(broker, topic)).toEqual(['before', 'after'])
    expect((await init(broker, member.transactionalId)).producerEpoch).toBe(1)
  })
