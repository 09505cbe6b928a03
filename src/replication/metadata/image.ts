import type { FeatureName } from '../features.ts'
import {
  CLIENT_QUOTAS,
  type ClientQuota,
  parseClientQuota,
  parseScram,
  SCRAM,
  type ScramCredential,
} from './client-records.ts'
import {
  BROKERS,
  type BrokerRecord,
  CLUSTER,
  CONFIGS,
  type ConfigResourceType,
  configKey,
  FEATURES,
  PARTITIONS,
  type PartitionRecord,
  parseBroker,
  parseConfigs,
  parseFeatureLevel,
  parsePartition,
  parsePartitionKey,
  parseTopic,
  TOPICS,
} from './records.ts'
import type { MetadataChange, MetadataItem } from './store.ts'

export interface BrokerImage extends BrokerRecord {
  readonly id: number
  /** The create revision of the broker's key: a broker that registers again has a higher one. */
  readonly brokerEpoch: number
}

export interface TopicImage {
  readonly name: string
  readonly id: string
  /** By index, without gaps. */
  readonly partitions: readonly PartitionImage[]
}

export interface PartitionImage extends PartitionRecord {
  /** The mod revision of the partition's key. */
  readonly partitionEpoch: number
}

const noOverrides: ReadonlyMap<string, string> = new Map()

/**
 * The cluster's metadata as of one revision. It never changes: `apply` gives the next one and shares with it
 * whatever the change didn't touch.
 */
export class MetadataImage {
  static readonly empty = new MetadataImage(
    0,
    null,
    new Map(),
    new Map(),
    new Map(),
    new Map(),
    new Map(),
    new Map(),
    new Map(),
  )

  private constructor(
    readonly revision: number,
    readonly clusterId: string | null,
    readonly brokers: ReadonlyMap<number, BrokerImage>,
    readonly topics: ReadonlyMap<string, TopicImage>,
    readonly topicNamesById: ReadonlyMap<string, string>,
    readonly configs: ReadonlyMap<string, ReadonlyMap<string, string>>,
    /** The finalized levels by name; a feature that isn't there is at level 0. */
    readonly features: ReadonlyMap<string, number>,
    /** By key. */
    readonly clientQuotas: ReadonlyMap<string, ClientQuota>,
    /** By key. */
    readonly scramCredentials: ReadonlyMap<string, ScramCredential>,
  ) {}

  topicById(id: string): TopicImage | undefined {
    const name = this.topicNamesById.get(id)
    return name === undefined ? undefined : this.topics.get(name)
  }

  partition(topic: string, index: number): PartitionImage | undefined {
    return this.topics.get(topic)?.partitions[index]
  }

  /** The configs that were set on a resource, by name; defaults are not among them. */
  overrides(type: ConfigResourceType, name: string): ReadonlyMap<string, string> {
    return this.configs.get(configKey(type, name)) ?? noOverrides
  }

  /** The finalized level of a feature. */
  featureLevel(name: FeatureName): number {
    return this.features.get(name) ?? 0
  }

  /** The image after one transaction. */
  apply(change: MetadataChange): MetadataImage {
    const next = new ImageBuilder(this)
    for (const key of change.deletes) next.delete(key)
    for (const item of change.puts) next.put(item)
    next.finishTopics()
    return new MetadataImage(
      change.revision,
      next.clusterId,
      next.brokers.result,
      next.topics.result,
      next.topicNamesById.result,
      next.configs.result,
      next.features.result,
      next.clientQuotas.result,
      next.scramCredentials.result,
    )
  }
}

/** Gathers the changes of one transaction; what isn't touched stays shared with the image before. */
class ImageBuilder {
  clusterId: string | null
  readonly brokers: CopyOnWrite<number, BrokerImage>
  readonly topics: CopyOnWrite<string, TopicImage>
  readonly topicNamesById: CopyOnWrite<string, string>
  readonly configs: CopyOnWrite<string, ReadonlyMap<string, string>>
  readonly features: CopyOnWrite<string, number>
  readonly clientQuotas: CopyOnWrite<string, ClientQuota>
  readonly scramCredentials: CopyOnWrite<string, ScramCredential>
  /** The partitions of each topic, by topic id, that this transaction changes. */
  readonly #partitions = new Map<string, PartitionImage[]>()
  /** By value. What a transaction says of most partitions is the same, and then it is one object. */
  readonly #images = new Map<string, PartitionImage>()

  constructor(base: MetadataImage) {
    this.clusterId = base.clusterId
    this.brokers = new CopyOnWrite(base.brokers)
    this.topics = new CopyOnWrite(base.topics)
    this.topicNamesById = new CopyOnWrite(base.topicNamesById)
    this.configs = new CopyOnWrite(base.configs)
    this.features = new CopyOnWrite(base.features)
    this.clientQuotas = new CopyOnWrite(base.clientQuotas)
    this.scramCredentials = new CopyOnWrite(base.scramCredentials)
  }

  put({ key, value, createRevision, modRevision }: MetadataItem): void {
    if (key.startsWith(PARTITIONS)) {
      const { topicId, index } = parsePartitionKey(key)
      this.#partitionsOf(topicId)[index] = this.#partition(value, modRevision)
    } else if (key.startsWith(TOPICS)) {
      this.#putTopic(key.slice(TOPICS.length), parseTopic(value).id)
    } else if (key.startsWith(CONFIGS)) {
      this.configs.set(key, parseConfigs(value))
    } else if (key.startsWith(BROKERS)) {
      const id = Number(key.slice(BROKERS.length))
      this.brokers.set(id, { ...parseBroker(value), id, brokerEpoch: createRevision })
    } else if (key.startsWith(FEATURES)) {
      this.features.set(key.slice(FEATURES.length), parseFeatureLevel(value))
    } else if (key.startsWith(CLIENT_QUOTAS)) {
      this.clientQuotas.set(key, parseClientQuota(key, value))
    } else if (key.startsWith(SCRAM)) {
      this.scramCredentials.set(key, parseScram(key, value))
    } else if (key === CLUSTER) {
      this.clusterId = value
    }
  }

  delete(key: string): void {
    if (key.startsWith(TOPICS)) {
      const name = key.slice(TOPICS.length)
      const topic = this.topics.get(name)
      this.topics.delete(name)
      if (topic !== undefined) this.topicNamesById.delete(topic.id)
    } else if (key.startsWith(CONFIGS)) {
      this.configs.delete(key)
    } else if (key.startsWith(FEATURES)) {
      this.features.delete(key.slice(FEATURES.length))
    } else if (key.startsWith(BROKERS)) {
      this.brokers.delete(Number(key.slice(BROKERS.length)))
    } else if (key.startsWith(CLIENT_QUOTAS)) {
      this.clientQuotas.delete(key)
    } else if (key.startsWith(SCRAM)) {
      this.scramCredentials.delete(key)
    }
  }

  /** Gives every topic that the transaction touched its new partitions. */
  finishTopics(): void {
    for (const [topicId, partitions] of this.#partitions) {
      const name = this.topicNamesById.get(topicId)
      if (name !== undefined) this.topics.set(name, { name, id: topicId, partitions })
    }
  }

  #putTopic(name: string, id: string): void {
    this.topicNamesById.set(id, name)
    this.topics.set(name, { name, id, partitions: this.topics.get(name)?.partitions ?? [] })
  }

  #partition(value: string, partitionEpoch: number): PartitionImage {
    const known = this.#images.get(value)
    if (known?.partitionEpoch === partitionEpoch) return known
    const image = { ...parsePartition(value), partitionEpoch }
    this.#images.set(value, image)
    return image
  }

  #partitionsOf(topicId: string): PartitionImage[] {
    const touched = this.#partitions.get(topicId)
    if (touched !== undefined) return touched
    const name = this.topicNamesById.get(topicId)
    const copy = name === undefined ? [] : [...(this.topics.get(name)?.partitions ?? [])]
    this.#partitions.set(topicId, copy)
    return copy
  }
}

/** A map that is copied when it is first written to. */
class CopyOnWrite<K, V> {
  readonly #base: ReadonlyMap<K, V>
  #copy: Map<K, V> | undefined

  constructor(base: ReadonlyMap<K, V>) {
    this.#base = base
  }

  get result(): ReadonlyMap<K, V> {
    return this.#copy ?? this.#base
  }

  get(key: K): V | undefined {
    return this.result.get(key)
  }

  set(key: K, value: V): void {
    this.#writable().set(key, value)
  }

  delete(key: K): void {
    this.#writable().delete(key)
  }

  #writable(): Map<K, V> {
    this.#copy ??= new Map(this.#base)
    return this.#copy
  }
}
