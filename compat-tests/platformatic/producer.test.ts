import type { CompressionAlgorithmValue } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { suite, uniqueName } from '../target.ts'
import { errorsOf, newAdmin, newConsumer, newProducer, newTopic, receive } from './platformatic.ts'

const algorithms: CompressionAlgorithmValue[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const hasZstd = 'zstd' in process.versions

suite('a @platformatic/kafka producer', () => {
  test('a record arrives with its key, value, headers and timestamp', async () => {
    const topic = await newTopic()
    const timestamp = 1_700_000_000_123n
    const result = await newProducer().send({
      messages: [{ topic, key: 'k', value: 'v', headers: { h: 'x' }, timestamp }],
      acks: -1,
    })
    expect(result.offsets).toEqual([{ topic, partition: 0, offset: 0n }])
    const [message] = await (await receive(newConsumer(), [topic])).count(1)
    expect(message).toMatchObject({ topic, key: 'k', value: 'v', partition: 0, offset: 0n, timestamp })
    expect([...(message?.headers ?? [])]).toEqual([['h', 'x']])
  })

  for (const compression of algorithms) {
    const impossible = compression === 'zstd' && !hasZstd
    test.skipIf(impossible)(`records with compression ${compression} arrive whole`, async () => {
      const topic = await newTopic()
      const messages = Array.from({ length: 100 }, (_, i) => ({
        topic,
        key: `k${i}`,
        value: `${i} `.repeat(200),
      }))
      await newProducer().send({ messages, compression, acks: -1 })
      const received = await (await receive(newConsumer(), [topic])).count(100)
      expect(received.map(({ value }) => value)).toEqual(messages.map(({ value }) => value))
      expect(received.map(({ offset }) => Number(offset))).toEqual([...Array(100).keys()])
    })
  }

  test('acks 0 has no answer, acks 1 and all have one', async () => {
    const topic = await newTopic()
    const producer = newProducer()
    await producer.send({ messages: [{ topic, value: 'none' }], acks: 0 })
    const one = await producer.send({ messages: [{ topic, value: 'one' }], acks: 1 })
    const all = await producer.send({ messages: [{ topic, value: 'all' }], acks: -1 })
    expect([one, all].map(({ offsets }) => offsets?.[0]?.offset)).toEqual([1n, 2n])
  })

  test('an idempotent producer has an id and writes everything once, in order', async () => {
    const topic = await newTopic()
    const producer = newProducer({ idempotent: true })
    for (let index = 0; index < 20; index++) {
      await producer.send({ messages: [{ topic, value: String(index) }], acks: -1 })
    }
    expect(producer.producerId).toBeGreaterThanOrEqual(0n)
    expect(producer.producerEpoch).toBe(0)
    const received = await (await receive(newConsumer(), [topic])).count(20)
    expect(received.map(({ value }) => Number(value))).toEqual([...Array(20).keys()])
  })

  test('no two producers have the same id', async () => {
    const ids = new Set<bigint | undefined>()
    for (let index = 0; index < 5; index++) {
      const producer = newProducer({ idempotent: true })
      ids.add((await producer.initIdempotentProducer({})).producerId)
    }
    expect(ids.size).toBe(5)
  })

  test('one send goes to several topics and partitions', async () => {
    const [one, two] = [await newTopic(2), await newTopic()]
    const { offsets } = await newProducer().send({
      messages: [
        { topic: one, value: 'a', partition: 0 },
        { topic: one, value: 'b', partition: 1 },
        { topic: two, value: 'c', partition: 0 },
      ],
      acks: -1,
    })
    expect(offsets).toHaveLength(3)
    const received = await (await receive(newConsumer(), [one, two])).count(3)
    expect(received.map(({ value }) => value).sort()).toEqual(['a', 'b', 'c'])
  })

  test('unknown topics are created only when it may', async () => {
    const [wanted, unwanted] = [uniqueName('auto'), uniqueName('auto')]
    const willing = newProducer({ autocreateTopics: true })
    await willing.send({ messages: [{ topic: wanted, value: 'v' }], acks: -1 })
    expect((await (await receive(newConsumer(), [wanted])).count(1))[0]?.value).toBe('v')
    const unwilling = newProducer({ autocreateTopics: false, retries: 0 })
    const refused = unwilling.send({ messages: [{ topic: unwanted, value: 'v' }], acks: -1 })
    await expect(refused).rejects.toThrow(`Unknown topic ${unwanted}`)
    expect(await newAdmin().listTopics()).not.toContain(unwanted)
  })

  test('a record that is too large is refused by name', async () => {
    const topic = await newTopic(1, [{ name: 'max.message.bytes', value: '2000' }])
    const producer = newProducer({ retries: 0 })
    const refused = producer.send({ messages: [{ topic, value: 'x'.repeat(3_000) }], acks: -1 })
    expect(await errorsOf(refused)).toEqual(['MESSAGE_TOO_LARGE'])
  })

  test('a stream of records is written in batches', async () => {
    const topic = await newTopic()
    const stream = newProducer().asStream({ batchSize: 50, batchTime: 20, acks: -1 })
    for (let index = 0; index < 500; index++) stream.write({ topic, value: String(index) })
    await new Promise<void>((resolve) => stream.end(() => resolve()))
    const received = await (await receive(newConsumer(), [topic])).count(500)
    expect(received.map(({ value }) => Number(value))).toEqual([...Array(500).keys()])
  })
})
