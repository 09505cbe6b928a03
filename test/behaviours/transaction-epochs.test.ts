import { expect, test } from 'vitest'
import { useBroker } from './broker.ts'
import { fetched, newTopic } from './requests.ts'
import { add, described, end, init, markersIn, readCommitted, write } from './transaction-requests.ts'

const broker = useBroker({ configs: { 'transaction.state.log.num.partitions': '3' } })

test('old clients must have added the partition that they write to', async () => {
  const topic = await newTopic(broker)
  const member = await init(broker)
  expect(await write(broker, member, topic, 'x', { version: 10 })).toBe('INVALID_TXN_STATE')
  expect(await write(broker, member, topic, 'x', { version: 11 })).toBe('TRANSACTION_ABORTABLE')
  expect((await fetched(broker, topic)).highWatermark).toBe(0)
  await add(broker, member, [topic])
  expect(await write(broker, member, topic, 'x', { version: 10 })).toBe('NONE')
  await end(broker, member, true)
  // The transaction is over: a late record must not slip into the next one.
  expect(await write(broker, member, topic, 'late', { version: 11, sequence: 1 })).toBe(
    'TRANSACTION_ABORTABLE',
  )
})

test('newer clients add the partition by writing to it', async () => {
  const topic = await newTopic(broker)
  const member = await init(broker)
  expect(await write(broker, member, topic, 'x', { version: 12 })).toBe('NONE')
  expect(await described(broker, member.transactionalId)).toMatchObject({
    transactionState: 'Ongoing',
    topics: [{ topic: topic.name, partitions: [0] }],
  })
  expect(await write(broker, member, topic, 'y', { version: 12, sequence: 1 })).toBe('NONE')
  expect(await end(broker, member, true, 5)).toMatchObject({ error: 'NONE' })
  await broker.eventually(async () => expect(await readCommitted(broker, topic)).toEqual(['x', 'y']))
})

test('a newer client begins every partition at sequence 0', async () => {
  const topic = await newTopic(broker)
  const member = await init(broker)
  expect(await write(broker, member, topic, 'x', { version: 12, sequence: 5 })).toBe(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
  )
})

test('with EndTxn v5 every transaction has its own epoch, and its end can be asked for again', async () => {
  const topic = await newTopic(broker)
  const member = await init(broker)
  const { producerId } = member
  await write(broker, member, topic, 'a', { version: 12 })
  expect(await end(broker, member, true, 5)).toEqual({ error: 'NONE', producerId, producerEpoch: 1 })
  expect(await end(broker, member, true, 5)).toEqual({ error: 'NONE', producerId, producerEpoch: 1 })
  expect((await end(broker, member, false, 5)).error).toBe('INVALID_TXN_STATE')
  const next = { ...member, producerEpoch: 1 }
  expect((await end(broker, next, true, 5)).error).toBe('INVALID_TXN_STATE')
  expect(await write(broker, member, topic, 'late', { version: 12, sequence: 1 })).toBe(
    'INVALID_PRODUCER_EPOCH',
  )
  expect(await write(broker, next, topic, 'b', { version: 12 })).toBe('NONE')
  expect(await end(broker, next, false, 5)).toEqual({ error: 'NONE', producerId, producerEpoch: 2 })
  await broker.eventually(async () =>
    expect(await markersIn(broker, topic)).toEqual(['1 COMMIT of epoch 1', '3 ABORT of epoch 2']),
  )
  expect(await readCommitted(broker, topic)).toEqual(['a'])
})

test('with EndTxn v5 an abort without anything written raises the epoch, a commit is INVALID_TXN_STATE', async () => {
  const member = await init(broker)
  const { producerId } = member
  expect((await end(broker, member, true, 5)).error).toBe('INVALID_TXN_STATE')
  expect(await end(broker, member, false, 5)).toEqual({ error: 'NONE', producerId, producerEpoch: 1 })
  const next = { ...member, producerEpoch: 1 }
  expect(await end(broker, next, false, 5)).toEqual({ error: 'NONE', producerId, producerEpoch: 2 })
})
