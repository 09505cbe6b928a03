import { expect, test } from 'vitest'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.ts'
import { produce } from '../../src/wire/apis/produce.ts'
import { ownTest, useBroker } from './broker.ts'
import { batch, fetched, newTopic, produceRequest } from './requests.ts'
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
  await broker.eventually(async () => expect(await markersIn(broker, topic)).toHaveLength(1))
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

test('requests that a newer client has under way at once are appended in their order', async () => {
  const topic = await newTopic(broker, { partitions: 2 })
  const member = await init(broker)
  const client = await broker.connect()
  for (let round = 0; round < 3; round++) {
    const current = { ...member, producerEpoch: round }
    const requests = [0, 1, 2, 3].map((sequence) => {
      const identity = { ...current, baseSequence: sequence, transactional: true }
      const records = (partition: number) => batch(broker, [`${round}/${partition}/${sequence}`], identity)
      const { transactionalId } = member
      const request = produceRequest(topic, null, { transactionalId })
      const partitionData = [0, 1].map((index) => ({ index, records: records(index) }))
      return { ...request, topicData: request.topicData.map((data) => ({ ...data, partitionData })) }
    })
    const answers = await Promise.all(requests.map((request) => client.request(produce, 12, request)))
    const codes = answers.flatMap(({ responses }) =>
      responses.flatMap(({ partitionResponses }) => partitionResponses.map(({ errorCode }) => errorCode)),
    )
    expect(codes).toEqual(Array(8).fill(0))
    expect((await end(broker, current, true, 5)).error).toBe('NONE')
  }
  for (const partition of [0, 1]) {
    const expected = [0, 1, 2].flatMap((round) => [0, 1, 2, 3].map((at) => `${round}/${partition}/${at}`))
    await broker.eventually(async () =>
      expect(await readCommitted(broker, topic, partition)).toEqual(expected),
    )
  }
})

ownTest('old clients need not add partitions where verification is turned off', async () => {
  const topic = await newTopic(broker)
  const member = await init(broker)
  const turn = async (value: string) => {
    const configs = [{ name: 'transaction.partition.verification.enable', configOperation: 0, value }]
    const resources = [{ resourceType: 4, resourceName: '', configs }]
    const answer = await broker.ask(incrementalAlterConfigs, 1, { resources, validateOnly: false })
    expect(answer.responses[0]?.errorCode).toBe(0)
  }
  await turn('false')
  expect(await write(broker, member, topic, 'x', { version: 9 })).toBe('NONE')
  await turn('true')
  expect(await write(broker, member, await newTopic(broker), 'x', { version: 9 })).toBe('INVALID_TXN_STATE')
})
