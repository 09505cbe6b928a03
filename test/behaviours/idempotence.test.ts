import { expect, test } from 'vitest'
import { describeProducers } from '../../src/wire/apis/describe-producers.ts'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.ts'
import { initProducerId } from '../../src/wire/apis/init-producer-id.ts'
import { errorName } from '../../src/wire/errors.ts'
import { ownTest, useBroker } from './broker.ts'
import { batch, deletedBefore, NO_TOPIC, newTopic, offsetAt, produced, type Topic } from './requests.ts'

const broker = useBroker()
const LAST_SEQUENCE = 2_147_483_647

async function init(
  options: { transactionalId?: string | null; producerId?: number; producerEpoch?: number } = {},
  version = 4,
) {
  const { transactionalId = null, producerId = -1, producerEpoch = -1 } = options
  return await broker.eventually(async () => {
    const answer = await broker.ask(initProducerId, version, {
      transactionalId,
      transactionTimeoutMs: 60_000,
      producerId,
      producerEpoch,
      enable2Pc: false,
      keepPreparedTxn: false,
    })
    expect(errorName(answer.errorCode)).not.toBe('COORDINATOR_LOAD_IN_PROGRESS')
    return answer
  })
}

/** Sends a batch of so many records as a producer; tells the outcome and the base offset. */
async function send(
  topic: Topic,
  producerId: number,
  producerEpoch: number,
  baseSequence: number,
  count = 1,
) {
  const values = Array.from({ length: count }, (_, at) => `${baseSequence + at}`)
  const set = batch(broker, values, { producerId, producerEpoch, baseSequence })
  const { error, baseOffset } = await produced(broker, topic, set)
  return error === 'NONE' ? baseOffset : error
}

async function newProducer(): Promise<number> {
  return (await init()).producerId
}

test('every producer gets an id of its own, never below zero, with epoch 0', async () => {
  const seen = new Set<number>()
  for (const version of await broker.versions(initProducerId)) {
    const { errorCode, producerId, producerEpoch } = await init({}, version)
    expect({ errorCode, producerEpoch }, `v${version}`).toEqual({ errorCode: 0, producerEpoch: 0 })
    expect(producerId).toBeGreaterThanOrEqual(0)
    expect(seen.has(producerId)).toBe(false)
    seen.add(producerId)
  }
})

test('a thousand producers use up a block of ids, and the next block follows', async () => {
  const ids = new Set<number>()
  for (let at = 0; at < 1100; at++) ids.add(await newProducer())
  expect(ids.size).toBe(1100)
})

test('an empty transactional id, or half a producer identity, is INVALID_REQUEST', async () => {
  for (const wrong of [{ transactionalId: '' }, { producerId: 5 }, { producerEpoch: 0 }]) {
    const { errorCode, producerId, producerEpoch } = await init(wrong)
    expect(errorName(errorCode), JSON.stringify(wrong)).toBe('INVALID_REQUEST')
    expect({ producerId, producerEpoch }).toEqual({ producerId: -1, producerEpoch: -1 })
  }
})

test('a producer without transactions that tells its old identity gets a new one', async () => {
  const old = await newProducer()
  const { errorCode, producerId, producerEpoch } = await init({ producerId: old, producerEpoch: 3 })
  expect({ errorCode, producerEpoch }).toEqual({ errorCode: 0, producerEpoch: 0 })
  expect(producerId).not.toBe(old)
})

test('the first batch of a producer that the log does not know is accepted at any sequence', async () => {
  const topic = await newTopic(broker)
  expect(await send(topic, await newProducer(), 0, 42)).toBe(0)
  expect(await send(topic, await newProducer(), 7, 0)).toBe(1)
})

test('a batch that comes again is answered with the offset of the first time', async () => {
  const topic = await newTopic(broker)
  const producer = await newProducer()
  expect(await send(topic, producer, 0, 0, 3)).toBe(0)
  expect(await send(topic, producer, 0, 3, 2)).toBe(3)
  expect(await send(topic, producer, 0, 0, 3)).toBe(0)
  expect(await send(topic, producer, 0, 3, 2)).toBe(3)
  expect((await offsetAt(broker, topic, -1n)).offset).toBe(5)
})

test('the last five batches of a producer are known again, older ones are out of order', async () => {
  const topic = await newTopic(broker)
  const producer = await newProducer()
  for (let sequence = 0; sequence < 6; sequence++) await send(topic, producer, 0, sequence)
  for (let sequence = 1; sequence < 6; sequence++)
    expect(await send(topic, producer, 0, sequence)).toBe(sequence)
  expect(await send(topic, producer, 0, 0)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect((await offsetAt(broker, topic, -1n)).offset).toBe(6)
})

test('a batch that overlaps another without being it is out of order', async () => {
  const topic = await newTopic(broker)
  const producer = await newProducer()
  await send(topic, producer, 0, 0, 3)
  for (const [sequence, count] of [
    [0, 2],
    [1, 2],
    [2, 3],
    [4, 1],
    [100, 1],
  ] as const)
    expect(await send(topic, producer, 0, sequence, count), `${sequence}`).toBe(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
    )
  expect(await send(topic, producer, 0, 3)).toBe(3)
})

test('an older epoch is fenced, a newer one begins at sequence zero', async () => {
  const topic = await newTopic(broker)
  const producer = await newProducer()
  expect(await send(topic, producer, 1, 0)).toBe(0)
  expect(await send(topic, producer, 0, 1)).toBe('INVALID_PRODUCER_EPOCH')
  expect(await send(topic, producer, 2, 1)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect(await send(topic, producer, 2, 0)).toBe(1)
  expect(await send(topic, producer, 1, 1)).toBe('INVALID_PRODUCER_EPOCH')
})

test('sequences go on at zero behind the largest one', async () => {
  const topic = await newTopic(broker)
  const producer = await newProducer()
  expect(await send(topic, producer, 0, LAST_SEQUENCE - 1)).toBe(0)
  expect(await send(topic, producer, 0, LAST_SEQUENCE, 3)).toBe(1)
  expect(await send(topic, producer, 0, LAST_SEQUENCE, 3)).toBe(1)
  expect(await send(topic, producer, 0, 2)).toBe(4)
})

test('a producer id without a sequence is refused', async () => {
  const topic = await newTopic(broker)
  const set = batch(broker, ['x'], { producerId: await newProducer(), producerEpoch: 0 })
  expect((await produced(broker, topic, set)).error).toBe('INVALID_RECORD')
})

test('a refusal that comes from looking at the log tells where it starts', async () => {
  const topic = await newTopic(broker)
  const producer = await newProducer()
  await send(topic, producer, 0, 0, 3)
  await deletedBefore(broker, topic, 2)
  const gap = batch(broker, ['x'], { producerId: producer, producerEpoch: 0, baseSequence: 9 })
  expect(await produced(broker, topic, gap)).toMatchObject({
    error: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    logStartOffset: 2,
  })
  const corrupt = batch(broker, ['x'])
  corrupt[20] = 1
  expect(await produced(broker, topic, corrupt)).toMatchObject({
    error: 'CORRUPT_MESSAGE',
    logStartOffset: -1,
  })
})

test('producers are kept apart, and so are partitions', async () => {
  const topic = await newTopic(broker, { partitions: 2 })
  const [one, other] = [await newProducer(), await newProducer()]
  expect(await send(topic, one, 0, 0)).toBe(0)
  expect(await send(topic, other, 0, 0)).toBe(1)
  const elsewhere = batch(broker, ['x'], { producerId: one, producerEpoch: 0, baseSequence: 0 })
  expect(await produced(broker, topic, elsewhere, { partition: 1 })).toMatchObject({
    error: 'NONE',
    baseOffset: 0,
  })
})

test('a producer is remembered when its records are deleted', async () => {
  const topic = await newTopic(broker)
  const producer = await newProducer()
  await send(topic, producer, 0, 0, 3)
  await deletedBefore(broker, topic, 3)
  expect(await send(topic, producer, 0, 0, 3)).toBe(0)
  expect(await send(topic, producer, 0, 5)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect(await send(topic, producer, 0, 3)).toBe(3)
})

test('the producers that a partition remembers can be listed', async () => {
  const topic = await newTopic(broker)
  const producer = await newProducer()
  await send(topic, producer, 2, 0, 3)
  const asked = [
    { name: topic.name, partitionIndexes: [0, 1] },
    { name: NO_TOPIC.name, partitionIndexes: [0] },
    { name: 'bad name', partitionIndexes: [0] },
  ]
  const { topics } = await broker.ask(describeProducers, 0, { topics: asked })
  const partitions = new Map(topics.map((each) => [each.name, each.partitions]))
  const found = [...(partitions.get(topic.name) ?? [])].sort((a, b) => a.partitionIndex - b.partitionIndex)
  expect(found).toMatchObject([
    {
      partitionIndex: 0,
      errorCode: 0,
      activeProducers: [
        {
          producerId: producer,
          producerEpoch: 2,
          lastSequence: 2,
          coordinatorEpoch: -1,
          currentTxnStartOffset: -1,
        },
      ],
    },
    { partitionIndex: 1, errorCode: 3, activeProducers: [] },
  ])
  expect(partitions.get(NO_TOPIC.name)).toMatchObject([{ errorCode: 3, activeProducers: [] }])
  expect(partitions.get('bad name')).toMatchObject([{ errorCode: 17, activeProducers: [] }])
})

ownTest('how long an idle producer is remembered may change while the broker runs', async () => {
  const topic = await newTopic(broker)
  const producer = await newProducer()
  const remembered = async () => {
    const asked = [{ name: topic.name, partitionIndexes: [0] }]
    const { topics } = await broker.ask(describeProducers, 0, { topics: asked })
    return topics[0]?.partitions[0]?.activeProducers.map(({ producerId }) => Number(producerId))
  }
  await send(topic, producer, 0, 0)
  await broker.pass(600_000)
  expect(await remembered()).toEqual([producer])
  const configs = [{ name: 'producer.id.expiration.ms', configOperation: 0, value: '60000' }]
  const altered = await broker.ask(incrementalAlterConfigs, 1, {
    resources: [{ resourceType: 4, resourceName: '', configs }],
    validateOnly: false,
  })
  expect(altered.responses.map(({ errorCode }) => errorName(errorCode))).toEqual(['NONE'])
  await broker.pass(600_000)
  expect(await remembered()).toEqual([])
})
