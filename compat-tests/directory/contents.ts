/** What is written to a broker before its folder is moved: of everything that a log can hold, something. */
import { createHash } from 'node:crypto'
import { CompressionTypes, ConfigResourceTypes, ConfigSource, type Kafka, type Producer } from 'kafkajs'
import { vi } from 'vitest'
import { newAdmin, newConsumer, newProducer, type Received, receive } from '../kafkajs/kafka.ts'

/** Small enough for several of them, as small as Kafka allows. */
const configEntries = [{ name: 'segment.bytes', value: String(1024 * 1024) }]
const compacted = [
  ...configEntries,
  { name: 'cleanup.policy', value: 'compact' },
  { name: 'min.cleanable.dirty.ratio', value: '0.001' },
]

export const topics = {
  plain: { topic: 'plain', numPartitions: 3, configEntries },
  transactions: { topic: 'transactions', numPartitions: 2, configEntries },
  compacted: { topic: 'compacted', numPartitions: 1, configEntries: compacted },
}
const OVERWRITES = 40
const KEYS = 60
export const OPEN_ID = 'left-open'

/** Makes the topics and waits until they can be used, as Kafka needs a moment. */
export async function makeTopics(kafka: Kafka): Promise<void> {
  const admin = await newAdmin(kafka)
  await admin.createTopics({ waitForLeaders: false, topics: Object.values(topics) })
  await eventually(async () => void (await admin.fetchTopicMetadata({ topics: Object.keys(topics) })))
}

export async function writeTopics(kafka: Kafka): Promise<void> {
  await makeTopics(kafka)
  const producer = await newProducer({ idempotent: true, maxInFlightRequests: 1 }, kafka)
  for (let round = 0; round < 60; round++) await writePlain(producer, round)
  for (let round = 0; round < OVERWRITES; round++) {
    const messages = Array.from({ length: KEYS }, (_, key) => ({
      key: `key-${key}`,
      // The values of some keys are taken away in the end.
      value: key < 5 && round === OVERWRITES - 1 ? null : noise(`${round}/${key}`, 1_500),
    }))
    await producer.send({ topic: 'compacted', messages })
  }
  await producer.send({ topic: 'compacted', messages: [{ key: 'last', value: 'last' }] })
  await writeTransactions(kafka)
}

/** Kafka makes its internal topics when they are first needed, and has those who need them come again. */
async function useOnce(kafka: Kafka, transactionalId: string, consumerGroupId: string): Promise<void> {
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
  try {
    await producer.connect()
    const transaction = await producer.transaction()
    const partitions = [{ partition: 0, offset: '0' }]
    await transaction.sendOffsets({ consumerGroupId, topics: [{ topic: 'plain', partitions }] })
    await transaction.abort()
  } finally {
    await producer.disconnect()
  }
}

async function eventually(attempt: () => Promise<void>): Promise<void> {
  await vi.waitFor(attempt, { timeout: 60_000, interval: 100 })
}

/** Transactions of two producers that lie in each other, with offsets; a third of them is aborted. */
async function writeTransactions(kafka: Kafka): Promise<void> {
  for (const who of [0, 1]) await eventually(() => useOnce(kafka, `first-${who}`, `transactional-${who}`))
  const producers = await Promise.all(['one', 'other'].map((id) => transactional(id, kafka)))
  for (let round = 0; round < 30; round++) {
    const begun = await Promise.all(producers.map((producer) => producer.transaction()))
    for (const [who, transaction] of begun.entries()) {
      const value = `${(round + who) % 3 === 0 ? 'aborted' : 'committed'} ${round}/${who}`
      const messages = [0, 1].map((partition) => ({ partition, key: `${round}`, value }))
      await transaction.send({ topic: 'transactions', messages })
      await transaction.sendOffsets({
        consumerGroupId: `transactional-${who}`,
        topics: [{ topic: 'plain', partitions: [{ partition: who, offset: String(round + 1) }] }],
      })
    }
    for (const [who, transaction] of begun.entries())
      await ((round + who) % 3 === 0 ? transaction.abort() : transaction.commit())
  }
}

/** A transaction that is not ended, behind all the others. */
export async function leaveOpen(kafka: Kafka): Promise<void> {
  const transaction = await (await transactional(OPEN_ID, kafka)).transaction()
  await transaction.send({ topic: 'transactions', messages: [{ partition: 0, value: 'open' }] })
}

export async function commitOffsets(kafka: Kafka): Promise<void> {
  const consumer = newConsumer({ groupId: 'readers' }, kafka)
  await receive(consumer, ['plain'], { autoCommit: false })
  await consumer.commitOffsets([{ topic: 'plain', partition: 2, offset: '17', metadata: 'note' }])
  await consumer.disconnect()
}

export async function transactional(transactionalId: string, kafka: Kafka): Promise<Producer> {
  await eventually(() => useOnce(kafka, transactionalId, 'first'))
  return await newProducer({ transactionalId, idempotent: true, maxInFlightRequests: 1 }, kafka)
}

async function writePlain(producer: Producer, round: number): Promise<void> {
  const messages = Array.from({ length: 30 }, (_, at) => ({
    partition: at % 3,
    key: `${round}`,
    value: noise(`${round}-${at}`, 2_000),
    headers: { at: `${at}` },
    timestamp: String(1_700_000_000_000 + ((round * 7919 + at) % 5_000)),
  }))
  const compression = round % 2 === 0 ? CompressionTypes.GZIP : CompressionTypes.None
  await producer.send({ topic: 'plain', messages, compression })
}

/** Bytes in which no codec finds anything to save, the same for the same name. */
function noise(name: string, length: number): string {
  let text = ''
  while (text.length < length) text += createHash('sha512').update(`${name}${text.length}`).digest('base64')
  return text.slice(0, length)
}

/** All that consumers can see of the topics. */
export async function readTopics(kafka: Kafka): Promise<Record<string, readonly Received[]>> {
  const [plain, transactions, kept] = await Promise.all([
    read(kafka, 'plain', (records) => records.length >= 60 * 30),
    read(kafka, 'transactions', (records) => records.length >= 80),
    read(kafka, 'compacted', (records) => records.some(({ key }) => key === 'last')),
  ])
  return { plain, transactions, compacted: kept }
}

async function read(
  kafka: Kafka,
  topic: string,
  isAll: (records: readonly Received[]) => boolean,
): Promise<readonly Received[]> {
  const consumer = newConsumer({}, kafka)
  const records = await (await receive(consumer, [topic])).until(`all of ${topic}`, isAll, 60_000)
  await consumer.disconnect()
  return [...records].sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}

/** What groups have committed. */
export async function readOffsets(kafka: Kafka) {
  const admin = await newAdmin(kafka)
  const groups = ['readers', 'transactional-0', 'transactional-1']
  return await Promise.all(
    groups.map(async (groupId) => {
      const [offsets] = await admin.fetchOffsets({ groupId, topics: ['plain'] })
      return offsets?.partitions.sort((a, b) => a.partition - b.partition)
    }),
  )
}

/** What is set on the topics themselves. */
export async function readConfigs(kafka: Kafka): Promise<Record<string, readonly string[]>> {
  const admin = await newAdmin(kafka)
  const names = Object.keys(topics)
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
  })
  return Object.fromEntries(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      configEntries
        .filter(({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG)
        .map(({ configName, configValue }) => `${configName}=${configValue}`)
        .sort(),
    ]),
  )
}
