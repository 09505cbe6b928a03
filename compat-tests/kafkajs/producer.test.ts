import { expect, test } from 'vitest'
import { suite } from '../target.ts'
import { newProducer, newTopic, readAll } from './kafka.ts'

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
})
