import { createRequire } from 'node:module'
import { ConsumerGroup, type ConsumerGroupOptions, KafkaClient, type Message, Producer } from 'kafka-node'
import { onTestFinished } from 'vitest'
import { kafkaVersion } from '../brokers/kafka-jars.ts'
import { Inbox } from '../inbox.ts'
import { snappyCodec } from '../kafkajs/codecs.ts'
import { broker, suite, uniqueName } from '../target.ts'

/** kafka-node expects the callbacks of an older `snappy`; the one installed here gives promises. */
interface CallbackCodec {
  encode(plain: Buffer, done: (error: unknown, bytes?: Buffer) => void): void
  decode(bytes: Buffer, done: (error: unknown, plain?: Buffer) => void): void
}
const snappy: CallbackCodec = createRequire(import.meta.url)('kafka-node/lib/codec/snappy')
snappy.encode = (buffer, done) =>
  void snappyCodec.compress({ buffer }).then((bytes) => done(null, bytes), done)
snappy.decode = (bytes, done) => void snappyCodec.decompress(bytes).then((plain) => done(null, plain), done)

/** What kafka-node's own types leave out. */
declare module 'kafka-node' {
  class Admin {
    constructor(client: KafkaClient)
    listGroups(callback: (error: unknown, groups: Record<string, string>) => void): void
    describeGroups(
      groups: string[],
      callback: (error: unknown, described: Record<string, DescribedGroup>) => void,
    ): void
    describeConfigs(
      payload: { resources: object[]; includeSynonyms: boolean },
      callback: (error: unknown, resources: DescribedResource[]) => void,
    ): void
    createTopics(
      topics: CreateTopicRequest[],
      callback: (error: unknown, failed: CreateTopicResponse[]) => void,
    ): void
  }
  interface DescribedGroup {
    state: string
    protocolType: string
    protocol: string
    members: {
      memberId: string
      clientHost: string
      memberAssignment: { partitions: Record<string, number[]> }
    }[]
  }
  interface DescribedResource {
    resourceName: string
    configEntries: { configName: string; configValue: string }[]
  }
}

/**
 * kafka-node speaks what Kafka spoke before 1.0: message sets of magic 0 and 1, JoinGroup v0, ListOffsets v0. Apache
 * Kafka 4 dropped all that (KIP-896); Odradek serves it. Held against the original with `ODRADEK_KAFKA_VERSION=3.9.1`.
 */
export const oldProtocolSuite: typeof suite =
  broker.kind !== 'odradek' && kafkaVersion >= '4' ? suite.skip : suite

export async function newClient(): Promise<KafkaClient> {
  const client = new KafkaClient({ kafkaHost: broker.bootstrap, connectRetryOptions: { retries: 3 } })
  onTestFinished(async () => await new Promise<void>((resolve) => client.close(resolve)))
  await new Promise<void>((resolve, reject) => {
    client.on('ready', resolve)
    client.on('error', reject)
  })
  return client
}

export async function newProducer(requireAcks = 1): Promise<Producer> {
  return new Producer(await newClient(), { requireAcks, partitionerType: 0 })
}

/** Runs what takes a Node-style callback. */
export async function result<T>(start: (callback: (error: unknown, value: T) => void) => void): Promise<T> {
  return await new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)))
  })
}

/** A member of a group whose messages go to an inbox; resolves when it has joined. */
export async function joinGroup(
  topic: string,
  options: Partial<ConsumerGroupOptions> = {},
): Promise<{ group: ConsumerGroup; inbox: Inbox<Message>; leave: () => Promise<void> }> {
  const group = new ConsumerGroup(
    {
      kafkaHost: broker.bootstrap,
      groupId: uniqueName('group'),
      sessionTimeout: 10_000,
      heartbeatInterval: 200,
      fetchMaxWaitMs: 100,
      fromOffset: 'earliest',
      outOfRangeOffset: 'earliest',
      autoCommitIntervalMs: 100,
      ...options,
    },
    topic,
  )
  let left: Promise<void> | undefined
  const leave = async () => {
    left ??= new Promise<void>((resolve) => group.close(true, () => resolve()))
    await left
  }
  onTestFinished(leave)
  const inbox = new Inbox<Message>()
  group.on('message', (message) => inbox.push(message))
  await new Promise<void>((resolve, reject) => {
    group.on('rebalanced', resolve)
    group.on('error', reject)
  })
  return { group, inbox, leave }
}
