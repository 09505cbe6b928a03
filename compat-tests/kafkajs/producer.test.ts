import type { RecordMetadata } from 'kafkajs'
import { expect, test } from 'vitest'
import { suite, uniqueName } from '../target.ts'
import { errorOf, newAdmin, newKafka, newProducer, newTopic, readAll } from './kafka.ts'

const mebibyte = 1024 * 1024

suite('a kafkajs producer', () => {
  test('a record arrives with the key, value, headers and timestamp that it was sent with', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    const [result] = await producer.send({
      topic,
      messages: [{ key: 'k', value: 'v', headers: { h: 'x' }, timestamp: '1700000000123' }],
    })
    expect(result).toMatchObject({ topicName: topic, partition: 0, errorCode: 0, baseOffset: '0' })
    const [record] = await readAll(topic, 1)
    expect(record).toMatchObject({ key: 'k', value: 'v', offset: 0, timestamp: '1700000000123' })
    expect(record?.headers.h?.toString()).toBe('x')
  })

  test('each answer tells the base offset, the log start offset and no append time for CreateTime', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    const results: RecordMetadata[] = []
    for (let round = 0; round < 3; round++) {
      results.push(...(await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] })))
    }
    expect(results.map(({ baseOffset }) => baseOffset)).toEqual(['0', '2', '4'])
    expect(results.map(({ logAppendTime }) => logAppendTime)).toEqual(['-1', '-1', '-1'])
    expect(results.map(({ logStartOffset }) => logStartOffset)).toEqual(['0', '0', '0'])
  })

  test('acks 1 and all are answered with the offset', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    const [one] = await producer.send({ topic, acks: 1, messages: [{ value: 'one' }] })
    const [all] = await producer.send({ topic, acks: -1, messages: [{ value: 'all' }] })
    expect([one?.baseOffset, all?.baseOffset]).toEqual(['0', '1'])
  })

  test('acks 0 is not answered, and what follows on the connection is', async () => {
    const topic = await newTopic()
    const producer = await newProducer({}, newKafka({ requestTimeout: 5_000 }))
    for (let index = 0; index < 20; index++) {
      await producer.send({ topic, acks: 0, messages: [{ value: `unanswered-${index}` }] })
    }
    const [last] = await producer.send({ topic, acks: -1, messages: [{ value: 'answered' }] })
    expect(last?.baseOffset).toBe('20')
    expect((await readAll(topic, 21)).at(-1)?.value).toBe('answered')
  })

  test('an idempotent producer writes everything once and in order', async () => {
    const topic = await newTopic({ numPartitions: 3 })
    const producer = await newProducer({ idempotent: true, maxInFlightRequests: 1 })
    expect(producer.isIdempotent()).toBe(true)
    for (let round = 0; round < 30; round++) {
      const messages = [0, 1, 2].map((partition) => ({ partition, value: `${partition}-${round}` }))
      await producer.send({ topic, messages })
    }
    const records = await readAll(topic, 90)
    expect(records).toHaveLength(90)
    for (const partition of [0, 1, 2]) {
      const values = records.filter((record) => record.partition === partition).map(({ value }) => value)
      expect(values).toEqual(Array.from({ length: 30 }, (_, round) => `${partition}-${round}`))
    }
  })

  test('two idempotent producers do not disturb each other in one partition', async () => {
    const topic = await newTopic()
    const producers = [await newProducer({ idempotent: true }), await newProducer({ idempotent: true })]
    for (let round = 0; round < 10; round++) {
      for (const producer of producers) await producer.send({ topic, messages: [{ value: String(round) }] })
    }
    const values = (await readAll(topic, 20)).map(({ value }) => value)
    expect(values).toEqual(Array.from({ length: 20 }, (_, index) => String(Math.floor(index / 2))))
  })

  test('a header may be empty, binary, repeated, and there may be many', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`h${index}`, String(index)]))
    const binary = Buffer.from([0, 255, 128, 10])
    const headers = { ...many, empty: '', binary, twice: ['first', 'second'], ключ: 'значение' }
    await producer.send({ topic, messages: [{ value: 'v', headers }] })
    const [record] = await readAll(topic, 1)
    expect(record?.headers.empty?.toString()).toBe('')
    expect(record?.headers.binary).toEqual(binary)
    expect([record?.headers.twice].flat().map(String)).toEqual(['first', 'second'])
    expect(record?.headers.ключ?.toString()).toBe('значение')
    expect(record?.headers.h99?.toString()).toBe('99')
    expect(Object.keys(record?.headers ?? {})).toHaveLength(104)
  })

  test('null and empty stay different, in keys and in values', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    await producer.send({
      topic,
      messages: [
        { key: null, value: null },
        { key: '', value: '' },
        { key: 'gone', value: null },
        { key: null, value: 'keyless' },
      ],
    })
    const records = await readAll(topic, 4)
    expect(records.map(({ key, value }) => [key, value])).toEqual([
      [null, null],
      ['', ''],
      ['gone', null],
      [null, 'keyless'],
    ])
  })

  test('a large record arrives whole', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    const value = 'odradek '.repeat(120_000)
    await producer.send({ topic, messages: [{ value }] })
    const [record] = await readAll(topic, 1)
    expect(record?.value === value).toBe(true)
  })

  test('a record above max.message.bytes is refused, and the topic goes on', async () => {
    const topic = await newTopic()
    const producer = await newProducer({ retry: { retries: 0 } })
    const tooLarge = producer.send({ topic, messages: [{ value: Buffer.alloc(2 * mebibyte) }] })
    expect(await errorOf(tooLarge)).toBe('MESSAGE_TOO_LARGE')
    const [result] = await producer.send({ topic, messages: [{ value: 'small' }] })
    expect(result?.baseOffset).toBe('0')
  })

  test('a topic may allow larger and smaller records than the broker does', async () => {
    const limited = (value: number) =>
      newTopic({ configEntries: [{ name: 'max.message.bytes', value: String(value) }] })
    const producer = await newProducer({ retry: { retries: 0 } })
    const large = await limited(5 * mebibyte)
    await producer.send({ topic: large, messages: [{ value: Buffer.alloc(4 * mebibyte, 'x') }] })
    expect((await readAll(large, 1))[0]?.value).toHaveLength(4 * mebibyte)
    const small = producer.send({ topic: await limited(1_000), messages: [{ value: Buffer.alloc(1_000) }] })
    expect(await errorOf(small)).toBe('MESSAGE_TOO_LARGE')
  })

  test('the default partitioner sends equal keys to one partition, as Java does', async () => {
    const topic = await newTopic({ numPartitions: 5 })
    const producer = await newProducer()
    const keys = Array.from({ length: 40 }, (_, index) => `key-${index % 10}`)
    await producer.send({ topic, messages: keys.map((key) => ({ key, value: key })) })
    const records = await readAll(topic, 40)
    const places = new Map<string | null, Set<number>>()
    for (const { key, partition } of records) {
      places.set(key, (places.get(key) ?? new Set()).add(partition))
    }
    expect([...places.values()].map(({ size }) => size)).toEqual(Array(10).fill(1))
    expect(new Set(records.map(({ partition }) => partition)).size).toBeGreaterThan(1)
  })

  test('a custom partitioner sees every partition with its leader and decides', async () => {
    const topic = await newTopic({ numPartitions: 4 })
    const seen: number[] = []
    const createPartitioner =
      () => (args: { partitionMetadata: { partitionId: number; leader: number }[] }) => {
        seen.push(...args.partitionMetadata.map(({ leader }) => leader))
        return Math.max(...args.partitionMetadata.map(({ partitionId }) => partitionId))
      }
    const producer = await newProducer({ createPartitioner })
    await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] })
    expect((await readAll(topic, 2)).map(({ partition }) => partition)).toEqual([3, 3])
    expect(seen).toHaveLength(8)
    expect(new Set(seen).size).toBe(1)
  })

  test('sendBatch writes to several topics and partitions in one request', async () => {
    const topics = [await newTopic({ numPartitions: 2 }), await newTopic(), await newTopic()]
    const producer = await newProducer()
    const results = await producer.sendBatch({
      topicMessages: topics.map((topic, index) => ({
        topic,
        messages: [
          { value: `${index}-0`, partition: 0 },
          { value: `${index}-1`, partition: index === 0 ? 1 : 0 },
        ],
      })),
    })
    expect(results.map(({ topicName, partition }) => `${topicName}/${partition}`).sort()).toEqual(
      topics.flatMap((topic, index) => (index === 0 ? [`${topic}/0`, `${topic}/1`] : [`${topic}/0`])).sort(),
    )
    for (const [index, topic] of topics.entries()) {
      expect((await readAll(topic, 2)).map(({ value }) => value)).toEqual([`${index}-0`, `${index}-1`])
    }
  })

  test('a LogAppendTime topic stamps records with the time of the broker and tells it', async () => {
    const topic = await newTopic({
      configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
    })
    const producer = await newProducer()
    const before = Date.now()
    const [result] = await producer.send({ topic, messages: [{ value: 'v', timestamp: '1000000000000' }] })
    const appendTime = Number(result?.logAppendTime)
    expect(appendTime).toBeGreaterThanOrEqual(before - 1_000)
    expect(appendTime).toBeLessThanOrEqual(Date.now() + 1_000)
    expect((await readAll(topic, 1))[0]?.timestamp).toBe(String(appendTime))
  })

  test('a timestamp too far ahead of the clock is refused', async () => {
    const topic = await newTopic({
      configEntries: [{ name: 'message.timestamp.after.max.ms', value: '60000' }],
    })
    const producer = await newProducer({ retry: { retries: 0 } })
    const timestamp = String(Date.now() + 3_600_000)
    const error = await errorOf(producer.send({ topic, messages: [{ value: 'early', timestamp }] }))
    expect(error).toBe('INVALID_TIMESTAMP')
  })

  test('a compacted topic refuses a record without a key', async () => {
    const topic = await newTopic({ configEntries: [{ name: 'cleanup.policy', value: 'compact' }] })
    const producer = await newProducer({ retry: { retries: 0 } })
    await producer.send({ topic, messages: [{ key: 'k', value: 'v' }] })
    expect(await errorOf(producer.send({ topic, messages: [{ value: 'keyless' }] }))).toBe('INVALID_RECORD')
    expect(await readAll(topic, 1)).toHaveLength(1)
  })

  test('an unknown topic is created on first use', async () => {
    const topic = uniqueName('auto')
    const producer = await newProducer({ allowAutoTopicCreation: true })
    const [result] = await producer.send({ topic, messages: [{ value: 'first' }] })
    expect(result?.baseOffset).toBe('0')
    expect((await readAll(topic, 1))[0]?.value).toBe('first')
  })

  test('an unknown topic stays unknown to a producer that must not create it', async () => {
    const topic = uniqueName('forbidden')
    const producer = await newProducer({ allowAutoTopicCreation: false, retry: { retries: 0 } })
    expect(await errorOf(producer.send({ topic, messages: [{ value: 'v' }] }))).toBe(
      'UNKNOWN_TOPIC_OR_PARTITION',
    )
    expect(await (await newAdmin()).listTopics()).not.toContain(topic)
  })

  test('a topic name that Kafka does not allow is refused', async () => {
    const producer = await newProducer({ retry: { retries: 0 } })
    for (const topic of ['white space', 'ä', '..', 'x'.repeat(250)]) {
      expect(await errorOf(producer.send({ topic, messages: [{ value: 'v' }] }))).toBe(
        'INVALID_TOPIC_EXCEPTION',
      )
    }
  })

  test('sends that are under way together all arrive, each at the offset that its answer tells', async () => {
    const topic = await newTopic({ numPartitions: 3 })
    const producer = await newProducer()
    const results = await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        producer.send({ topic, messages: [{ value: String(index), partition: index % 3 }] }),
      ),
    )
    const records = await readAll(topic, 300)
    const places = new Map(records.map(({ partition, offset, value }) => [`${partition}/${offset}`, value]))
    expect(places.size).toBe(300)
    for (const [index, [result]] of results.entries()) {
      expect(places.get(`${result?.partition}/${result?.baseOffset}`)).toBe(String(index))
    }
  })

  test('thousands of records in one send keep their order', async () => {
    const topic = await newTopic({ numPartitions: 2 })
    const producer = await newProducer()
    const messages = Array.from({ length: 6_000 }, (_, index) => ({
      value: `value-${index}`,
      partition: index % 2,
    }))
    await producer.send({ topic, messages })
    const records = await readAll(topic, 6_000)
    const even = messages.filter(({ partition }) => partition === 0)
    const odd = messages.filter(({ partition }) => partition === 1)
    expect(records.map(({ value }) => value)).toEqual([...even, ...odd].map(({ value }) => value))
  })
})
