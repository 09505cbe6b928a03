import { expect, test } from 'vitest'
import { describeProducers } from '../../src/wire/apis/describe-producers.ts'
import { listTransactions } from '../../src/wire/apis/list-transactions.ts'
import { writeTxnMarkers } from '../../src/wire/apis/write-txn-markers.ts'
import { errorName } from '../../src/wire/errors.ts'
import { ownTest, uniqueName, useBroker } from './broker.ts'
import { fetched, fill, newTopic } from './requests.ts'
import { add, addBatched, begun, described, end, init } from './transaction-requests.ts'

const broker = useBroker({ configs: { 'transaction.state.log.num.partitions': '3' } })

test('DescribeProducers tells where the open transaction begins', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['before'])
  const member = await begun(broker, topic)
  const active = async () => {
    const request = { topics: [{ name: topic.name, partitionIndexes: [0] }] }
    return (await broker.ask(describeProducers, 0, request)).topics[0]?.partitions[0]?.activeProducers[0]
  }
  expect(await active()).toMatchObject({ producerId: member.producerId, currentTxnStartOffset: 1 })
  await end(broker, member, true)
  await broker.eventually(async () =>
    expect(await active()).toMatchObject({ producerId: member.producerId, currentTxnStartOffset: -1 }),
  )
})

test('brokers add partitions for many transactions at once, and ask whether they are in them', async () => {
  const [one, other] = [await newTopic(broker), await newTopic(broker)]
  const [first, second] = [await init(broker), await init(broker)]
  expect(
    await addBatched(broker, [
      { ...first, topics: [one, other] },
      { ...second, topics: [one], verifyOnly: true },
    ]),
  ).toEqual([['NONE', 'NONE'], ['TRANSACTION_ABORTABLE']])
  expect(
    await addBatched(broker, [
      { ...first, topics: [one], verifyOnly: true },
      { ...second, producerEpoch: 7, topics: [one], verifyOnly: true },
    ]),
  ).toEqual([['NONE'], ['PRODUCER_FENCED']])
})

test('DescribeTransactions shows each state', async () => {
  const topic = await newTopic(broker)
  const member = await init(broker)
  const { transactionalId, producerId, producerEpoch } = member
  const common = { error: 'NONE', transactionalId, producerId, producerEpoch, transactionTimeoutMs: 60_000 }
  expect(await described(broker, transactionalId)).toMatchObject({
    ...common,
    transactionState: 'Empty',
    transactionStartTimeMs: -1,
    topics: [],
  })
  await add(broker, member, [topic])
  const open = await described(broker, transactionalId)
  expect(open).toMatchObject({ ...common, transactionState: 'Ongoing' })
  expect(open.transactionStartTimeMs).toBeGreaterThan(0)
  await end(broker, member, true)
  await broker.eventually(async () =>
    expect(await described(broker, transactionalId)).toMatchObject({
      ...common,
      transactionState: 'CompleteCommit',
      transactionStartTimeMs: open.transactionStartTimeMs,
      topics: [],
    }),
  )
  expect((await described(broker, uniqueName('nobody'))).error).toBe('TRANSACTIONAL_ID_NOT_FOUND')
})

test('ListTransactions filters by state, producer id, duration and pattern', async () => {
  const topic = await newTopic(broker)
  const prefix = uniqueName('list')
  const idle = await init(broker, `${prefix}-idle`)
  const open = await init(broker, `${prefix}-open`)
  await add(broker, open, [topic])
  const list = async (filters: {
    stateFilters?: string[]
    producerIdFilters?: number[]
    durationFilter?: number
    transactionalIdPattern?: string | null
  }) => {
    const request = { stateFilters: [], producerIdFilters: [], ...filters }
    const answer = await broker.ask(listTransactions, 2, request)
    const states = answer.transactionStates.filter(({ transactionalId }) =>
      transactionalId.startsWith(prefix),
    )
    return {
      error: errorName(answer.errorCode),
      unknown: answer.unknownStateFilters,
      ids: states.map(({ transactionalId }) => transactionalId.slice(prefix.length)).sort(),
    }
  }
  const all = { error: 'NONE', unknown: [], ids: ['-idle', '-open'] }
  expect(await list({})).toEqual(all)
  expect(await list({ stateFilters: ['Ongoing'] })).toEqual({ ...all, ids: ['-open'] })
  expect(await list({ stateFilters: ['Empty', 'Odd'] })).toEqual({ ...all, unknown: ['Odd'], ids: ['-idle'] })
  expect(await list({ stateFilters: ['Odd'] })).toEqual({ ...all, unknown: ['Odd'], ids: [] })
  expect(await list({ stateFilters: ['Dead', 'PrepareEpochFence'] })).toEqual({ ...all, ids: [] })
  expect(await list({ producerIdFilters: [idle.producerId] })).toEqual({ ...all, ids: ['-idle'] })
  expect(await list({ durationFilter: 1_000_000, stateFilters: ['Ongoing'] })).toEqual({ ...all, ids: [] })
  expect(await list({ transactionalIdPattern: `${prefix}-o.*` })).toEqual({ ...all, ids: ['-open'] })
  expect(await list({ transactionalIdPattern: prefix })).toEqual({ ...all, ids: [] })
  expect(await list({ transactionalIdPattern: '' })).toEqual(all)
  expect((await list({ transactionalIdPattern: '(' })).error).toBe('INVALID_REGULAR_EXPRESSION')
})

test('WriteTxnMarkers ends a transaction in a partition, unless a newer coordinator or epoch is known there', async () => {
  const topic = await newTopic(broker)
  const member = await begun(broker, topic)
  const marker = async (options: {
    coordinatorEpoch?: number
    producerEpoch?: number
    partition?: number
  }) => {
    const { coordinatorEpoch = 100, producerEpoch = 0, partition = 0 } = options
    const answer = await broker.ask(writeTxnMarkers, 1, {
      markers: [
        {
          producerId: member.producerId,
          producerEpoch,
          transactionResult: false,
          topics: [{ name: topic.name, partitionIndexes: [partition] }],
          coordinatorEpoch,
          transactionVersion: 0,
        },
      ],
    })
    return errorName(answer.markers[0]?.topics[0]?.partitions[0]?.errorCode ?? -1)
  }
  expect(await marker({ partition: 9 })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  expect(await marker({})).toBe('NONE')
  expect((await fetched(broker, topic)).lastStableOffset).toBe(2)
  expect(await marker({ coordinatorEpoch: 99 })).toBe('TRANSACTION_COORDINATOR_FENCED')
  expect(await marker({ producerEpoch: 3, coordinatorEpoch: 101 })).toBe('NONE')
  expect(await marker({ producerEpoch: 2, coordinatorEpoch: 101 })).toBe('INVALID_PRODUCER_EPOCH')
})

ownTest('an id that nobody uses is forgotten in the end, one with an open transaction never', async () => {
  const topic = await newTopic(broker)
  const [idle, open] = [await init(broker), await init(broker, uniqueName('tx'), { timeoutMs: 900_000 })]
  await add(broker, open, [topic])
  await broker.pass(604_800_000 + 3_600_000)
  expect((await described(broker, idle.transactionalId)).error).toBe('TRANSACTIONAL_ID_NOT_FOUND')
  expect((await init(broker, idle.transactionalId)).producerId).not.toBe(idle.producerId)
})
