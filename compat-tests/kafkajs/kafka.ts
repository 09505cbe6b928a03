import {
  type Admin,
  type Consumer,
  type ConsumerConfig,
  type ConsumerGroupJoinEvent,
  type EachMessagePayload,
  type IHeaders,
  type ITopicConfig,
  Kafka,
  type KafkaConfig,
  logLevel,
  type Producer,
  type ProducerConfig,
} from 'kafkajs'
import { onTestFinished } from 'vitest'
import { Inbox } from '../inbox.ts'
import { broker, uniqueName } from '../target.ts'

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

export interface Received {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: string
  readonly key: string | null
  readonly value: string | null
  readonly headers: IHeaders
}

export function newKafka(config: Partial<KafkaConfig> = {}): Kafka {
  return new Kafka({
    clientId: 'compat',
    brokers: [broker.bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 10 },
    ...config,
  })
}

/** A connected producer that is disconnected when the test ends. */
export async function newProducer(config: ProducerConfig = {}, kafka = newKafka()): Promise<Producer> {
  const producer = kafka.producer(config)
  onTestFinished(async () => await producer.disconnect())
  await producer.connect()
  return producer
}

/** A connected admin client that is disconnected when the test ends. */
export async function newAdmin(kafka = newKafka()): Promise<Admin> {
  const admin = kafka.admin()
  onTestFinished(async () => await admin.disconnect())
  await admin.connect()
  return admin
}

/** Creates a topic of a new name and tells the name. */
export async function newTopic(config: Partial<ITopicConfig> = {}, kafka = newKafka()): Promise<string> {
  const topic = config.topic ?? uniqueName('topic')
  const admin = kafka.admin()
  await admin.connect()
  try {
    await admin.createTopics({ topics: [{ numPartitions: 1, ...config, topic }] })
  } finally {
    await admin.disconnect()
  }
  return topic
}

/** Short waits, so that joining, leaving and stopping cost a test little; disconnected when the test ends. */
export function newConsumer(config: Partial<ConsumerConfig> = {}, kafka = newKafka()): Consumer {
  const consumer = kafka.consumer({
    groupId: uniqueName('group'),
    sessionTimeout: 10_000,
    heartbeatInterval: 200,
    maxWaitTimeInMs: 100,
    ...config,
  })
  onTestFinished(async () => await consumer.disconnect())
  return consumer
}

/** The joins of one consumer, as they happen; to be made before `run`. */
export function joinsOf(consumer: Consumer): Inbox<ConsumerGroupJoinEvent['payload']> {
  const joins = new Inbox<ConsumerGroupJoinEvent['payload']>()
  consumer.on(consumer.events.GROUP_JOIN, (event) => joins.push(event.payload))
  return joins
}

export function received({
  topic,
  partition,
  message,
}: Omit<EachMessagePayload, 'heartbeat' | 'pause'>): Received {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestamp: message.timestamp,
    key: message.key === null ? null : message.key.toString(),
    value: message.value === null ? null : message.value.toString(),
    headers: message.headers ?? {},
  }
}

/** Subscribes and runs a consumer whose messages go to an inbox; resolves when it is a member of its group. */
export async function receive(
  consumer: Consumer,
  topics: (string | RegExp)[],
  options: { fromBeginning?: boolean; autoCommit?: boolean } = {},
): Promise<Inbox<Received>> {
  const inbox = new Inbox<Received>()
  const joins = joinsOf(consumer)
  await consumer.connect()
  await consumer.subscribe({ topics, fromBeginning: options.fromBeginning ?? true })
  await consumer.run({
    autoCommit: options.autoCommit ?? true,
    eachMessage: async (payload) => inbox.push(received(payload)),
  })
  await joins.count(1)
  return inbox
}

/** The first `count` records of a topic, by partition and offset, read by a group of its own. */
export async function readAll(topic: string, count: number): Promise<readonly Received[]> {
  const inbox = await receive(newConsumer(), [topic])
  const records = await inbox.count(count)
  return [...records].sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}

/** The name of the Kafka error with which a promise is rejected (`UNKNOWN_TOPIC_OR_PARTITION`…). */
export async function errorOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return typeOf(error) ?? `no Kafka error: ${String(error)}`
}

/** Looks through the wrappers that kafkajs puts around the error of the broker. */
function typeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('type' in error && typeof error.type === 'string') return error.type
  if ('cause' in error && error.cause !== undefined) return typeOf(error.cause)
  if ('error' in error) return typeOf(error.error)
  for (const list of ['errors', 'groups', 'partitions']) {
    const inner: unknown = Reflect.get(error, list)
    if (Array.isArray(inner)) return typeOf(inner[0])
  }
  return undefined
}
