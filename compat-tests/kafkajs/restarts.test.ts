import { Admin as PlatformaticAdmin } from '@platformatic/kafka'
import { ConfigResourceTypes, type Kafka } from 'kafkajs'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { BrokerUnderTest } from '../brokers/broker-under-test.ts'
import { startBroker } from '../brokers/start.ts'
import { suite, uniqueName, whenSettled } from '../target.ts'
import { newAdmin, newConsumer, newKafka, newProducer, type Received, receive } from './kafka.ts'

suite('a broker that goes away and comes back, as kafkajs sees it,', () => {
  let broker: BrokerUnderTest
  let kafka: Kafka

  beforeAll(async () => {
    broker = await startBroker()
  })
  afterAll(async () => await broker?.dispose())
  beforeEach(() => {
    kafka = newKafka({
      brokers: [broker.bootstrap],
      retry: { initialRetryTime: 50, maxRetryTime: 300, retries: 200 },
    })
  })

  async function topicOf(partitions: number, configEntries: { name: string; value: string }[] = []) {
    const topic = uniqueName('topic')
    const admin = await newAdmin(kafka)
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] })
    return topic
  }

  async function all(topic: string, count: number): Promise<readonly Received[]> {
    const inbox = await receive(newConsumer({}, kafka), [topic])
    const records = await inbox.count(count)
    return [...records].sort((a, b) => a.partition - b.partition || a.offset - b.offset)
  }

  for (const end of ['stop', 'kill'] as const) {
    test(`under a running idempotent producer and consumer, nothing is lost or doubled (${end})`, async () => {
      const topic = await topicOf(1)
      const consumer = newConsumer(
        { retry: { initialRetryTime: 50, maxRetryTime: 300, retries: 200 } },
        kafka,
      )
      const inbox = await receive(consumer, [topic])
      const producer = await newProducer({ idempotent: true }, kafka)
      const total = 300
      let away: Promise<void> | undefined
      const sending = (async () => {
        for (let index = 0; index < total; index++) {
          await producer.send({ topic, messages: [{ value: String(index) }] })
          // The broker goes away in the midst of it.
          if (index === 100) away = broker[end]()
        }
      })()
      await vi.waitUntil(() => away !== undefined, { timeout: 20_000, interval: 5 })
      await away
      await broker.start()
      await sending
      const log = await all(topic, total)
      expect(log.map(({ value }) => Number(value))).toEqual(
        Array.from({ length: total }, (_, index) => index),
      )
      expect(log.map(({ offset }) => offset)).toEqual(Array.from({ length: total }, (_, index) => index))
      // At least once for the consumer, so it may see a record again; by offset it has seen each.
      const seen = await inbox.until(
        'every offset',
        (items) => new Set(items.map(({ offset }) => offset)).size === total,
      )
      expect(new Set(seen.map(({ offset, value }) => `${offset}=${value}`)).size).toBe(total)
    })
  }

  test('every record that was acknowledged before a kill -9 is there at its offset', async () => {
    const topic = await topicOf(3)
    const once = newKafka({ brokers: [broker.bootstrap], retry: { retries: 0 } })
    const producer = await newProducer({}, once)
    const acknowledged = new Map<string, string>()
    let dead: Promise<void> | undefined
    const lane = async (partition: number) => {
      for (let index = 0; ; index++) {
        const value = `${partition}-${index}-${'x'.repeat(500)}`
        const results = await producer
          .send({ topic, messages: [{ partition, value }] })
          .catch(() => undefined)
        if (results === undefined) return
        acknowledged.set(`${results[0]?.partition}/${results[0]?.baseOffset}`, value)
        if (acknowledged.size > 400) dead ??= broker.kill()
      }
    }
    await Promise.all([0, 1, 2, 0, 1, 2].map(lane))
    await dead
    await broker.start()
    expect(acknowledged.size).toBeGreaterThan(400)
    const found = new Map<string, string | null>()
    const inbox = await receive(newConsumer({}, kafka), [topic])
    await inbox.until('every acknowledged record', (items) => {
      for (const { partition, offset, value } of items.slice(found.size))
        found.set(`${partition}/${offset}`, value)
      return [...acknowledged.keys()].every((place) => found.has(place))
    })
    for (const [place, value] of acknowledged) expect(found.get(place)).toBe(value)
  })

  for (const end of ['stop', 'kill'] as const) {
    test(`topics with their ids and configs, groups and offsets are the same afterwards (${end})`, async () => {
      const topic = await topicOf(3, [{ name: 'retention.ms', value: '7200000' }])
      const gone = await topicOf(1)
      const groupId = uniqueName('group')
      const producer = await newProducer({}, kafka)
      const messages = Array.from({ length: 9 }, (_, index) => ({
        value: String(index),
        partition: index % 3,
      }))
      await producer.send({ topic, messages })
      const admin = await newAdmin(kafka)
      await admin.deleteTopics({ topics: [gone] })
      await admin.fetchTopicOffsets(topic)
      // A log start offset is written down once a minute and at a clean stop; Kafka may forget it in a crash.
      const low = end === 'stop' ? '1' : '0'
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 2, offset: low }] })
      const consumer = newConsumer({ groupId }, kafka)
      await receive(consumer, [topic], { autoCommit: false })
      await consumer.commitOffsets([{ topic, partition: 1, offset: '2', metadata: 'note' }])
      await consumer.disconnect()
      const before = await pictureOf(broker, kafka, topic, groupId)

      await broker[end]()
      await broker.start()

      const after = await whenSettled(() => pictureOf(broker, kafka, topic, groupId))
      expect(after).toEqual(before)
      expect(after.topicId).toMatch(/^[0-9a-f-]{36}$/)
      expect(after.topics).not.toContain(gone)
      expect(after.retentionMs).toBe('7200000')
      expect(after.offsets.map(({ low, high }) => [low, high])).toEqual([
        ['0', '3'],
        ['0', '3'],
        [low, '3'],
      ])
      expect(after.committed).toContainEqual({ partition: 1, offset: '2', metadata: 'note' })
      const inbox = await receive(newConsumer({ groupId }, kafka), [topic])
      expect(
        (await inbox.count(low === '1' ? 6 : 7))
          .filter(({ partition }) => partition === 1)
          .map(({ offset }) => offset),
      ).toEqual([2])
    })
  }
})

/** All that clients can see of a topic and a group, in an order of its own. */
async function pictureOf(broker: BrokerUnderTest, kafka: Kafka, topic: string, groupId: string) {
  const admin = await newAdmin(kafka)
  const modern = new PlatformaticAdmin({ clientId: 'picture', bootstrapBrokers: [broker.bootstrap] })
  onTestFinished(async () => await modern.close())
  const metadata = await modern.metadata({ topics: [topic] })
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
  })
  const configs = resources[0]?.configEntries ?? []
  const byPartition = (a: { partition: number }, b: { partition: number }) => a.partition - b.partition
  return {
    topics: (await admin.listTopics()).sort(),
    topicId: metadata.topics.get(topic)?.id,
    clusterId: (await admin.describeCluster()).clusterId,
    partitions: metadata.topics.get(topic)?.partitionsCount,
    configs: configs.map(({ configName, configValue, configSource }) => ({
      configName,
      configValue,
      configSource,
    })),
    retentionMs: configs.find(({ configName }) => configName === 'retention.ms')?.configValue,
    offsets: (await admin.fetchTopicOffsets(topic)).sort(byPartition),
    group: (await admin.describeGroups([groupId])).groups[0],
    committed: (await admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions.sort(byPartition),
  }
}
