import type { Admin, PartitionMetadata } from 'kafkajs'
import type { KafkaClient } from '../client/kafka-client.ts'
import { CliFailure, kafkaErrorName } from '../failure.ts'

export interface TopicDescription {
  readonly name: string
  readonly partitions: readonly PartitionDescription[]
  /** What was set for this topic, as far as the cluster lets us see it. */
  readonly configs: Readonly<Record<string, string>>
}

export interface PartitionDescription {
  readonly partition: number
  /** -1 while there is none. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** The log's first offset and the one after its last; `null` where the leader didn't tell. */
  readonly start: number | null
  readonly end: number | null
  /** `end - start`: compaction, aborted transactions and markers make the true number smaller. */
  readonly records: number | null
}

/** Describes the named topics, or all but Kafka's own if none is named. */
export async function describeTopics(
  admin: Admin,
  client: KafkaClient,
  names: readonly string[],
): Promise<TopicDescription[]> {
  const there = await admin.listTopics()
  requireTopics(there, names)
  const asked = names.length > 0 ? [...names] : there.filter((name) => !name.startsWith('__'))
  if (asked.length === 0) return []
  const { topics } = await admin.fetchTopicMetadata({ topics: asked })
  const configs = await overridesOf(admin, client, asked)
  const described = topics.map(async ({ name, partitions }) => ({
    name,
    partitions: withOffsets(partitions, await offsetsOf(admin, name)),
    configs: configs.get(name) ?? {},
  }))
  return (await Promise.all(described)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Kafka's own answer to a topic that isn't there doesn't say which one. */
export function requireTopics(there: readonly string[], names: readonly string[]): void {
  const missing = names.filter((name) => !there.includes(name))
  if (missing.length > 0)
    throw new CliFailure('environment', `${missing.join(', ')}: UNKNOWN_TOPIC_OR_PARTITION`)
}

type Offsets = ReadonlyMap<number, { low: string; high: string }>

async function offsetsOf(admin: Admin, topic: string): Promise<Offsets> {
  try {
    const offsets = await admin.fetchTopicOffsets(topic)
    return new Map(offsets.map(({ partition, low, high }) => [partition, { low, high }]))
  } catch (error) {
    // A partition without a leader leaves the others' offsets out too, but not the description.
    if (kafkaErrorName(error) === undefined) throw error
    return new Map()
  }
}

function withOffsets(partitions: readonly PartitionMetadata[], offsets: Offsets): PartitionDescription[] {
  return [...partitions]
    .sort((a, b) => a.partitionId - b.partitionId)
    .map(({ partitionId, leader, replicas, isr }) => {
      const range = offsets.get(partitionId)
      const start = range === undefined ? null : Number(range.low)
      const end = range === undefined ? null : Number(range.high)
      const records = start === null || end === null ? null : end - start
      return { partition: partitionId, leader, replicas, isr, start, end, records }
    })
}

async function overridesOf(admin: Admin, { kafkaJs }: KafkaClient, topics: readonly string[]) {
  const { TOPIC } = kafkaJs.ConfigResourceTypes
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({ type: TOPIC, name })),
  })
  return new Map(
    resources.map(({ resourceName, configEntries }) => {
      const set = configEntries.filter(
        ({ configSource }) => configSource === kafkaJs.ConfigSource.TOPIC_CONFIG,
      )
      return [
        resourceName,
        Object.fromEntries(set.map(({ configName, configValue }) => [configName, configValue])),
      ]
    }),
  )
}
