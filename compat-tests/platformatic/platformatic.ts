import {
  Admin,
  Connection,
  type ConsumeOptions,
  Consumer,
  type ConsumerOptions,
  type Message,
  MultipleErrors,
  Producer,
  type ProducerOptions,
  ProtocolError,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { onTestFinished } from 'vitest'
import { Inbox } from '../inbox.ts'
import { broker, uniqueName, whenSettled } from '../target.ts'

export type StringMessage = Message<string, string, string, string>
export type StringConsumer = Consumer<string, string, string, string>
export type StringProducer = Producer<string, string, string, string>

const base = () => ({ clientId: uniqueName('client'), bootstrapBrokers: [broker.bootstrap], retryDelay: 100 })

export function newAdmin(): Admin {
  const admin = new Admin(base())
  onTestFinished(async () => await admin.close())
  return admin
}

export function newProducer(
  options: Partial<ProducerOptions<string, string, string, string>> = {},
): StringProducer {
  const producer = new Producer({ ...base(), serializers: stringSerializers, ...options })
  onTestFinished(async () => await producer.close(true))
  return producer
}

export function newConsumer(
  options: Partial<ConsumerOptions<string, string, string, string>> = {},
): StringConsumer {
  const consumer = new Consumer({
    ...base(),
    groupId: uniqueName('group'),
    deserializers: stringDeserializers,
    maxWaitTime: 100,
    heartbeatInterval: 200,
    sessionTimeout: 10_000,
    rebalanceTimeout: 10_000,
    ...options,
  })
  onTestFinished(async () => await consumer.close(true))
  return consumer
}

/** A bare connection, for the client's own requests of one version each. */
export async function newConnection(): Promise<Connection> {
  const connection = new Connection(uniqueName('client'))
  onTestFinished(async () => await connection.close())
  await connection.connect(broker.host, broker.port)
  return connection
}

export async function newTopic(
  partitions = 1,
  configs: { name: string; value: string }[] = [],
): Promise<string> {
  const topic = uniqueName('topic')
  const admin = newAdmin()
  await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs })
  // Apache Kafka answers before the partitions have leaders; this client then sends what was refused once more, and
  // what was not refused as well.
  const all = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1n }))
  await whenSettled(() => admin.listOffsets({ topics: [{ name: topic, partitions: all }] }))
  return topic
}

/** Consumes into an inbox. */
export async function receive(
  consumer: StringConsumer,
  topics: string[],
  options: Partial<ConsumeOptions<string, string, string, string>> = {},
): Promise<Inbox<StringMessage>> {
  const inbox = new Inbox<StringMessage>()
  const stream = await consumer.consume({ topics, mode: 'earliest', ...options })
  stream.on('data', (message) => inbox.push(message))
  stream.on('error', () => {})
  return inbox
}

/** The Kafka errors (`UNKNOWN_TOPIC_OR_PARTITION`…) with which a promise is rejected. */
export async function errorsOf(promise: Promise<unknown>): Promise<string[]> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const found = new Set<string>()
  collect(error, found)
  return [...found]
}

function collect(error: unknown, found: Set<string>): void {
  if (error instanceof ProtocolError) found.add(String(error.apiId))
  else if (error instanceof MultipleErrors) for (const inner of error.errors) collect(inner, found)
  if (error instanceof Error && error.cause !== undefined) collect(error.cause, found)
}
