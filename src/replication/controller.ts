import type { Random } from '../runtime/random.ts'
import { KafkaError } from '../wire/errors.ts'
import type { ClusterMetadata } from './cluster-metadata.ts'
import type { TopicImage } from './metadata/image.ts'
import {
  type ConfigResourceType,
  configKey,
  featureKey,
  type PartitionRecord,
  PRODUCER_IDS,
  partitionKey,
  topicKey,
} from './metadata/records.ts'
import type { MetadataPut, MetadataTransaction } from './metadata/store.ts'
import { collisionForm } from './topic-name.ts'
import {
  brokerIds,
  collision,
  newTopicId,
  planTopic,
  spread,
  type TopicDefaults,
  type TopicSpec,
} from './topic-plan.ts'

/** Overrides of one resource, all of them: what isn't named is cleared. */
export interface ConfigChange {
  readonly resourceType: ConfigResourceType
  /** For brokers the node id, or empty for the default of all brokers. */
  readonly name: string
  readonly overrides: ReadonlyMap<string, string>
}

/** Producer ids are handed to brokers in blocks of this size (Kafka's `ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE`). */
export const PRODUCER_ID_BLOCK_SIZE = 1000

/**
 * Changes the cluster's metadata. Every change is a guarded transaction on the metadata store, so it does not
 * matter which broker makes it; when its promise resolves, this broker's image already shows it.
 */
export class Controller {
  constructor(
    private readonly metadata: ClusterMetadata,
    private readonly random: Random,
    private readonly defaults: () => TopicDefaults,
  ) {}

  /**
   * What `createTopics` would make, or the error that refuses it: TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION,
   * INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT, INVALID_REQUEST.
   */
  planTopic(spec: TopicSpec): readonly (readonly number[])[] | KafkaError {
    try {
      return planTopic(spec, this.metadata.image, this.defaults())
    } catch (error) {
      if (error instanceof KafkaError) return error
      throw error
    }
  }

  /** Makes topics; the results are in the order of `specs`: the topic as made, or why not. */
  async createTopics(specs: readonly TopicSpec[]): Promise<(TopicImage | KafkaError)[]> {
    const results = new Map<TopicSpec, KafkaError>()
    const puts: MetadataPut[] = []
    /** Names by what they collide in. */
    const made = new Map<string, string>()
    for (const spec of specs) {
      const twin = made.get(collisionForm(spec.name))
      const planned = twin === undefined ? this.planTopic(spec) : collision(spec.name, twin)
      if (planned instanceof KafkaError) {
        results.set(spec, planned)
        continue
      }
      made.set(collisionForm(spec.name), spec.name)
      puts.push(...this.#putsOf(spec, planned))
    }
    const created = specs.filter((spec) => !results.has(spec))
    const compares = created.map(({ name }) => ({ key: topicKey(name), createRevision: 0 }))
    const applied = puts.length === 0 || (await this.#commit({ compares, puts }))
    // Another broker made one of these topics meanwhile: plan again on what is there now.
    if (!applied) return this.createTopics(specs)
    return specs.map((spec) => results.get(spec) ?? this.#made(spec.name))
  }

  newTopicId(): string {
    return newTopicId(this.random)
  }

  /** Makes topics that have records, ids and configs already, on the broker that holds them. */
  async adoptTopics(
    topics: ReadonlyMap<string, { readonly topicId: string; readonly partitionCount: number }>,
    nodeId: number,
    configs: readonly ConfigChange[],
  ): Promise<void> {
    const puts = configs.filter(({ overrides }) => overrides.size > 0).map(putConfigs)
    for (const [name, { topicId: id, partitionCount }] of topics) {
      puts.push({ key: topicKey(name), value: JSON.stringify({ id }) })
      for (let index = 0; index < partitionCount; index++) puts.push(putPartition(id, index, [nodeId]))
    }
    await this.#commit({ puts })
  }

  /** Deletes topics by name; an unknown one gets UNKNOWN_TOPIC_OR_PARTITION. */
  async deleteTopics(names: readonly string[]): Promise<(TopicImage | KafkaError)[]> {
    const { image } = this.metadata
    const topics = names.map(
      (name) =>
        image.topics.get(name) ??
        new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Topic '${name}' does not exist.`),
    )
    const deletes = topics.flatMap((topic) => (topic instanceof KafkaError ? [] : keysOf(topic)))
    if (deletes.length > 0) await this.#commit({ deletes })
    return topics
  }

  /** Adds partitions to a topic, up to `partitionCount` in all. */
  async createPartitions(
    topic: TopicImage,
    partitionCount: number,
    assignments: readonly (readonly number[])[],
  ): Promise<void> {
    const first = topic.partitions.length
    const puts = Array.from({ length: partitionCount - first }, (_, added) =>
      putPartition(topic.id, first + added, assignments[added] ?? []),
    )
    const compares = [{ key: partitionKey(topic.id, first), createRevision: 0 }]
    if (!(await this.#commit({ compares, puts })))
      throw new KafkaError('INVALID_PARTITIONS', `Partitions of '${topic.name}' were added meanwhile.`)
  }

  /** Replicas for new partitions of an existing topic, spread over the brokers as for a new one. */
  assignPartitions(topic: TopicImage, added: number): number[][] {
    const replicationFactor = topic.partitions[0]?.replicas.length ?? 1
    return spread(brokerIds(this.metadata.image), topic.partitions.length, added, replicationFactor)
  }

  /**
   * Begins a new leader epoch for every partition that a broker leads: after a stop that wasn't clean its logs may end
   * earlier than what readers have seen, and the epoch is how they find out.
   */
  async beginNewEpochs(nodeId: number): Promise<void> {
    const puts: MetadataPut[] = []
    for (const topic of this.metadata.image.topics.values()) {
      topic.partitions.forEach(({ leader, leaderEpoch, isr, replicas }, index) => {
        if (leader !== nodeId) return
        const record: PartitionRecord = { leader, leaderEpoch: leaderEpoch + 1, isr, replicas }
        puts.push({ key: partitionKey(topic.id, index), value: JSON.stringify(record) })
      })
    }
    await this.#commit({ puts })
  }

  async replaceConfigs(changes: readonly ConfigChange[]): Promise<void> {
    const puts: MetadataPut[] = []
    const deletes: string[] = []
    for (const { resourceType, name, overrides } of changes) {
      if (overrides.size === 0) deletes.push(configKey(resourceType, name))
      else puts.push(putConfigs({ resourceType, name, overrides }))
    }
    await this.#commit({ puts, deletes })
  }

  /** Finalizes features at these levels; level 0 takes a feature out. Whoever calls has checked the levels. */
  async finalizeFeatures(levels: ReadonlyMap<string, number>): Promise<void> {
    const puts: MetadataPut[] = []
    const deletes: string[] = []
    for (const [name, level] of levels) {
      if (level === 0) deletes.push(featureKey(name))
      else puts.push({ key: featureKey(name), value: String(level) })
    }
    await this.#commit({ puts, deletes })
  }

  /** Reserves a block of producer ids for good: none of them is ever given out again. Returns the first one. */
  async reserveProducerIds(): Promise<number> {
    const { items } = await this.metadata.store.range(PRODUCER_IDS)
    const first = Number(items[0]?.value ?? 0)
    const applied = await this.#commit({
      compares: [{ key: PRODUCER_IDS, modRevision: items[0]?.modRevision ?? 0 }],
      puts: [{ key: PRODUCER_IDS, value: String(first + PRODUCER_ID_BLOCK_SIZE) }],
    })
    return applied ? first : this.reserveProducerIds()
  }

  #made(name: string): TopicImage | KafkaError {
    // Deleted again before this broker could tell its client that the topic was made.
    return (
      this.metadata.image.topics.get(name) ??
      new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Topic '${name}' was deleted meanwhile.`)
    )
  }

  #putsOf(spec: TopicSpec, assignments: readonly (readonly number[])[]): MetadataPut[] {
    const id = newTopicId(this.random)
    const puts = [{ key: topicKey(spec.name), value: JSON.stringify({ id }) }]
    if (spec.configs.size > 0)
      puts.push(putConfigs({ resourceType: 'topic', name: spec.name, overrides: spec.configs }))
    assignments.forEach((replicas, index) => {
      puts.push(putPartition(id, index, replicas))
    })
    return puts
  }

  #commit(transaction: MetadataTransaction): Promise<boolean> {
    return this.metadata.commit(transaction)
  }
}

function putPartition(topicId: string, index: number, replicas: readonly number[]): MetadataPut {
  const record: PartitionRecord = { leader: replicas[0] ?? -1, leaderEpoch: 0, isr: replicas, replicas }
  return { key: partitionKey(topicId, index), value: JSON.stringify(record) }
}

function putConfigs({ resourceType, name, overrides }: ConfigChange): MetadataPut {
  return { key: configKey(resourceType, name), value: JSON.stringify(Object.fromEntries(overrides)) }
}

function keysOf(topic: TopicImage): string[] {
  return [
    topicKey(topic.name),
    configKey('topic', topic.name),
    ...topic.partitions.map((_, index) => partitionKey(topic.id, index)),
  ]
}
