import type { Kafka, Producer, ProducerConfig } from 'kafkajs'
import { expect, test } from 'vitest'
import { broker, suite, uniqueName } from '../target.ts'
import { errorOf, newAdmin, newConsumer, newKafka, newProducer, newTopic, readAll, receive } from './kafka.ts'

/** kafkajs knows transactions as they were before KIP-890: the epoch stays the same from one to the next. */
async function transactional(config: ProducerConfig = {}, kafka?: Kafka): Promise<Producer> {
  return await newProducer(
    { transactionalId: uniqueName('tx'), maxInFlightRequests: 1, idempotent: true, ...config },
    kafka,
  )
}

suite('kafkajs with transactions', () => {
  test('what is committed is read, in several topics and partitions', async () => {
    const [orders, bills] = [await newTopic({ numPartitions: 3 }), await newTopic()]
    const producer = await transactional()
    for (let round = 0; round < 5; round++) {
      const transaction = await producer.transaction()
      const messages = [0, 1, 2].map((partition) => ({ partition, value: `order-${partition}-${round}` }))
      await transaction.send({ topic: orders, messages })
      await transaction.send({ topic: bills, messages: [{ value: `bill-${round}` }] })
      expect(transaction.isActive()).toBe(true)
      await transaction.commit()
      expect(transaction.isActive()).toBe(false)
    }
    const read = await readAll(orders, 15)
    expect(read.map(({ value }) => value)).toEqual(
      [0, 1, 2].flatMap((partition) => [0, 1, 2, 3, 4].map((round) => `order-${partition}-${round}`)),
    )
    expect((await readAll(bills, 5)).map(({ value }) => value)).toEqual(
      [0, 1, 2, 3, 4].map((round) => `bill-${round}`),
    )
  })

  test('what is aborted is never read, and neither is what is still open', async () => {
    const topic = await newTopic()
    const producer = await transactional()
    const aborted = await producer.transaction()
    await aborted.send({ topic, messages: [{ value: 'aborted' }] })
    await aborted.abort()
    const committed = await producer.transaction()
    await committed.send({ topic, messages: [{ value: 'committed' }] })
    await committed.commit()
    const other = await transactional()
    const open = await other.transaction()
    await open.send({ topic, messages: [{ value: 'open' }] })
    const inbox = await receive(newConsumer(), [topic])
    expect((await inbox.count(1)).map(({ value }) => value)).toEqual(['committed'])
    await open.abort()
    const last = await producer.transaction()
    await last.send({ topic, messages: [{ value: 'last' }] })
    await last.commit()
    expect((await inbox.count(2)).map(({ value }) => value)).toEqual(['committed', 'last'])
  })

  // With Apache Kafka kafkajs hands out 'other': see FINDINGS.md.
  test.skipIf(broker.kind !== 'odradek')(
    'nothing of two aborted transactions is read, when what is read begins within the first of them',
    async () => {
      const topic = await newTopic()
      const [early, late, plain] = [await transactional(), await transactional(), await newProducer()]
      const first = await early.transaction()
      await first.send({ topic, messages: [{ value: 'one' }] })
      const second = await late.transaction()
      await second.send({ topic, messages: [{ value: 'other' }] })
      await first.abort()
      await second.abort()
      await plain.send({ topic, messages: [{ value: 'last' }] })
      const consumer = newConsumer()
      const inbox = await receive(consumer, [topic], { autoCommit: false })
      await inbox.count(1)
      consumer.seek({ topic, partition: 0, offset: '1' })
      expect((await inbox.count(2)).map(({ value }) => value)).toEqual(['last', 'last'])
    },
  )

  test('a consumer that reads uncommitted sees everything', async () => {
    const topic = await newTopic()
    const producer = await transactional()
    const aborted = await producer.transaction()
    await aborted.send({ topic, messages: [{ value: 'aborted' }] })
    await aborted.abort()
    const committed = await producer.transaction()
    await committed.send({ topic, messages: [{ value: 'committed' }] })
    await committed.commit()
    const inbox = await receive(newConsumer({ readUncommitted: true }), [topic])
    expect((await inbox.count(2)).map(({ value }) => value)).toEqual(['aborted', 'committed'])
  })

  test('offsets are committed with the transaction, or not at all', async () => {
    const [topic, consumerGroupId] = [await newTopic(), uniqueName('group')]
    const producer = await transactional()
    const admin = await newAdmin()
    const offsets = (offset: string) => ({
      consumerGroupId,
      topics: [{ topic, partitions: [{ partition: 0, offset }] }],
    })
    const committedOffset = async () =>
      (await admin.fetchOffsets({ groupId: consumerGroupId, topics: [topic] }))[0]?.partitions[0]?.offset
    const first = await producer.transaction()
    await first.send({ topic, messages: [{ value: 'a' }] })
    await first.sendOffsets(offsets('7'))
    await first.commit()
    expect(await committedOffset()).toBe('7')
    const second = await producer.transaction()
    await second.sendOffsets(offsets('9'))
    await second.abort()
    expect(await committedOffset()).toBe('7')
  })

  test('a producer that takes over the transactional id aborts what was open and fences the one before', async () => {
    const [topic, transactionalId] = [await newTopic(), uniqueName('tx')]
    const zombie = await transactional({ transactionalId })
    const open = await zombie.transaction()
    await open.send({ topic, messages: [{ value: 'of the zombie' }] })
    const heir = await transactional({ transactionalId })
    const transaction = await heir.transaction()
    await transaction.send({ topic, messages: [{ value: 'of the heir' }] })
    expect(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED']).toContain(await errorOf(open.commit()))
    await transaction.commit()
    expect((await readAll(topic, 1)).map(({ value }) => value)).toEqual(['of the heir'])
  })

  test('a transaction that takes too long is aborted by the broker', async () => {
    const topic = await newTopic()
    const producer = await transactional(
      { transactionTimeout: 200 },
      newKafka({ retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 3 } }),
    )
    const slow = await producer.transaction()
    await slow.send({ topic, messages: [{ value: 'too late' }] })
    const plain = await newProducer()
    await plain.send({ topic, messages: [{ value: 'behind' }] })
    // Only once the transaction is over can the record behind it be read.
    expect((await readAll(topic, 1)).map(({ value }) => value)).toEqual(['behind'])
    expect(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED']).toContain(await errorOf(slow.commit()))
  })
})
