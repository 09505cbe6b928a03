import { CompressionTypes } from 'kafkajs'
import { expect, test } from 'vitest'
import { suite } from '../target.ts'
import { codecs, decompressed, snappyFraming } from './codecs.ts'
import { errorOf, newProducer, newTopic, readAll } from './kafka.ts'

const messages = Array.from({ length: 200 }, (_, index) => ({
  key: `key-${index % 7}`,
  value: `value-${index} `.repeat(50),
  headers: { number: String(index) },
}))

suite('a kafkajs producer that compresses', () => {
  for (const { name, type } of codecs) {
    test(`records compressed with ${name} arrive as they were sent`, async () => {
      const topic = await newTopic()
      const producer = await newProducer()
      const before = { ...decompressed }
      await producer.send({ topic, messages, compression: type })
      const records = await readAll(topic, messages.length)
      expect(records.map(({ key, value, offset }) => ({ key, value, offset }))).toEqual(
        messages.map(({ key, value }, offset) => ({ key, value, offset })),
      )
      expect(records.map(({ headers }) => headers.number?.toString())).toEqual(
        messages.map(({ headers }) => headers.number),
      )
      expect(decompressed).not.toEqual(before)
    })

    test(`an idempotent producer may compress with ${name}`, async () => {
      const topic = await newTopic()
      const producer = await newProducer({ idempotent: true })
      await producer.send({ topic, messages: messages.slice(0, 5), compression: type })
      await producer.send({ topic, messages: messages.slice(5, 10), compression: type })
      expect((await readAll(topic, 10)).map(({ offset }) => offset)).toEqual([...Array(10).keys()])
    })

    test(`a topic whose compression.type is ${name} keeps what came uncompressed in that codec`, async () => {
      const topic = await newTopic({ configEntries: [{ name: 'compression.type', value: name }] })
      const producer = await newProducer()
      await producer.send({ topic, messages })
      const before = { ...decompressed }
      const records = await readAll(topic, messages.length)
      expect(records.map(({ value }) => value)).toEqual(messages.map(({ value }) => value))
      const by = Object.entries(decompressed).filter(([codec, times]) => times > Reflect.get(before, codec))
      expect(by.map(([codec]) => codec)).toEqual([name])
    })
  }

  test('raw snappy, as librdkafka writes it, is taken like the framed one of Java', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    snappyFraming.xerial = false
    try {
      await producer.send({ topic, messages, compression: CompressionTypes.Snappy })
    } finally {
      snappyFraming.xerial = true
    }
    await producer.send({ topic, messages, compression: CompressionTypes.Snappy })
    const records = await readAll(topic, 2 * messages.length)
    expect(records.map(({ value }) => value)).toEqual([...messages, ...messages].map(({ value }) => value))
  })

  test('batches of every codec lie in one partition side by side', async () => {
    const topic = await newTopic()
    const producer = await newProducer()
    const types = [CompressionTypes.None, ...codecs.map(({ type }) => type), CompressionTypes.None]
    for (const [index, compression] of types.entries()) {
      await producer.send({
        topic,
        messages: [{ value: `a-${index}` }, { value: `b-${index}` }],
        compression,
      })
    }
    const records = await readAll(topic, 2 * types.length)
    expect(records.map(({ value }) => value)).toEqual(
      types.flatMap((_, index) => [`a-${index}`, `b-${index}`]),
    )
  })

  test('a topic with compression.type=uncompressed stores plain batches', async () => {
    const topic = await newTopic({ configEntries: [{ name: 'compression.type', value: 'uncompressed' }] })
    const producer = await newProducer()
    for (const { type } of codecs) await producer.send({ topic, messages, compression: type })
    const before = { ...decompressed }
    const records = await readAll(topic, codecs.length * messages.length)
    expect(records.map(({ value }) => value)).toEqual(
      codecs.flatMap(() => messages.map(({ value }) => value)),
    )
    expect(decompressed).toEqual(before)
  })

  test('bytes that are not what their codec says are refused', async () => {
    // The broker of a topic with a codec of its own must look inside.
    const topic = await newTopic({ configEntries: [{ name: 'compression.type', value: 'lz4' }] })
    const producer = await newProducer({ retry: { retries: 0 } })
    const broken = await import('kafkajs').then(({ CompressionCodecs }) => {
      const original = CompressionCodecs[CompressionTypes.GZIP]
      CompressionCodecs[CompressionTypes.GZIP] = () => ({
        compress: async () => Buffer.from('this is not gzip'),
        decompress: async (bytes: Buffer) => bytes,
      })
      return () => {
        CompressionCodecs[CompressionTypes.GZIP] = original
      }
    })
    try {
      const error = await errorOf(producer.send({ topic, messages, compression: CompressionTypes.GZIP }))
      // Apache Kafka says UNKNOWN_SERVER_ERROR, for want of a better word; either of the others is one.
      expect(['UNKNOWN', 'CORRUPT_MESSAGE', 'INVALID_RECORD']).toContain(error)
    } finally {
      broken()
    }
    await producer.send({ topic, messages: [{ value: 'next' }] })
    expect((await readAll(topic, 1))[0]?.value).toBe('next')
  })
})
