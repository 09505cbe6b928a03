import type { Random } from '../runtime/random.ts'
import { KafkaError } from '../wire/errors.ts'
import { ZERO_UUID } from '../wire/schema/field.ts'
import type { ClusterMetadata } from './cluster-metadata.ts'
import type { MetadataImage, TopicImage } from './metadata/image.ts'
import {
  type ConfigResourceType,
  configKey,
  type PartitionRecord,
  PRODUCER_IDS,
  partitionKey,
  topicKey,
} from './metadata/records.ts'
import type { MetadataPut, MetadataTransaction } from './metadata/store.ts'
import { collisionForm, requireTopicName } from './topic-name.ts'

/** A topic to be made. Counts are those of the request: -1 stands for the broker's default. */
export interface TopicSpec {
  readonly name: string
  readonly partitionCount: number
  readonly replicationFactor: number
  /** Replicas of each partition, by index, when the client chose them; the counts are then -1. */
  readonly assignments: readonly (readonly number[])[] | null
  readonly configs: ReadonlyMap<string, string>
}

export interface TopicDefaults {
  readonly partitionCount: number
  readonly replicationFactor: number
}

/** Overrides of one resource, all of them: what isn't named is cleared. */
export interface ConfigChange {
  readonly resourceType: ConfigResourceType
  readonly name: string
  readonly overrides: ReadonlyMap<string, string>
}

/** Producer ids are handed to brokers in blocks of this size (Kafka's `ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE`). */
export const PRODUCER_ID_BLOCK_SIZE = 1000

/** Partitions that one request may make (Kafka's `ReplicationControlManager.MAX_PARTITIONS_PER_BATCH`). */
export const MAX_NEW_PARTITIONS = 10_000

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
      return plan(spec, this.metadata.image, this.defaults())
    } catch (error) {
      if (error instanceof KafkaError) return error
      throw error
    }
  }

  /** Makes topics; the results are in the order of `specs`: the topic as made, or why not. */
  async createTopics(specs: readonly TopicSpec[]): Promise<(TopicImage | KafkaError)[]> {
    const results = new Map<TopicSpec, KafkaError>()
    const puts: MetadataPut[] = []
    const made = new Set<string>()
    for (const spec of specs) {
      const planned = made.has(collisionForm(spec.name))
        ? new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${spec.name}' already exists.`)
        : this.planTopic(spec)
      if (planned instanceof KafkaError) {
        results.set(spec, planned)
        continue
      }
      made.add(collisionForm(spec.name))
      puts.push(...this.#putsOf(spec, planned))
    }
    const created = specs.filter((spec) => !results.has(spec))
    const compares = created.map(({ name }) => ({ key: topicKey(name), createRevision: 0 }))
    const applied = puts.length === 0 || (await this.#commit({ compares, puts }))
    // Another broker made one of these topics meanwhile: plan again on what is there now.
    if (!applied) return this.createTopics(specs)
    return specs.map((spec) => results.get(spec) ?? this.#made(spec.name))
  }

  /** Makes topics that have records and ids already, on the broker that holds them. */
  async adoptTopics(
    topics: ReadonlyMap<string, { readonly topicId: string; readonly partitionCount: number }>,
    nodeId: number,
  ): Promise<void> {
    const puts: MetadataPut[] = []
    for (const [name, { topicId, partitionCount }] of topics) {
      const id = topicId === ZERO_UUID ? newTopicId(this.random) : topicId
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
      const key = configKey(resourceType, name)
      if (overrides.size === 0) deletes.push(key)
      else puts.push({ key, value: JSON.stringify(Object.fromEntries(overrides)) })
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
      puts.push({
        key: configKey('topic', spec.name),
        value: JSON.stringify(Object.fromEntries(spec.configs)),
      })
    assignments.forEach((replicas, index) => {
      puts.push(putPartition(id, index, replicas))
    })
    return puts
  }

  async #commit(transaction: MetadataTransaction): Promise<boolean> {
    const { applied, revision } = await this.metadata.store.txn(transaction)
    if (applied) await this.metadata.reached(revision)
    return applied
  }
}

function plan(
  spec: TopicSpec,
  image: MetadataImage,
  defaults: TopicDefaults,
): readonly (readonly number[])[] {
  requireTopicName(spec.name)
  requireNewName(spec.name, image)
  const brokers = brokerIds(image)
  if (spec.assignments !== null) return checkedAssignments(spec, spec.assignments, brokers)
  const partitionCount = spec.partitionCount === -1 ? defaults.partitionCount : spec.partitionCount
  const replicationFactor =
    spec.replicationFactor === -1 ? defaults.replicationFactor : spec.replicationFactor
  if (partitionCount < 1)
    throw new KafkaError(
      'INVALID_PARTITIONS',
      'Number of partitions was set to an invalid non-positive value.',
    )
  if (replicationFactor < 1)
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  if (replicationFactor > brokers.length)
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `Replication factor ${replicationFactor} is larger than the number of brokers, ${brokers.length}.`,
    )
  return spread(brokers, 0, partitionCount, replicationFactor)
}

function requireNewName(name: string, image: MetadataImage): void {
  if (image.topics.has(name)) throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
  const colliding = /[._]/.test(name) ? collisionForms(image).get(collisionForm(name)) : undefined
  if (colliding !== undefined)
    throw new KafkaError(
      'INVALID_TOPIC_EXCEPTION',
      `Topic '${name}' collides with existing topic: ${colliding}`,
    )
}

const formsByImage = new WeakMap<MetadataImage, ReadonlyMap<string, string>>()

/** The names of an image by their collision form, gathered once per image: a request may create thousands. */
function collisionForms(image: MetadataImage): ReadonlyMap<string, string> {
  const known = formsByImage.get(image)
  if (known !== undefined) return known
  const forms = new Map([...image.topics.keys()].map((name) => [collisionForm(name), name]))
  formsByImage.set(image, forms)
  return forms
}

function checkedAssignments(
  spec: TopicSpec,
  assignments: readonly (readonly number[])[],
  brokers: readonly number[],
): readonly (readonly number[])[] {
  if (spec.partitionCount !== -1 || spec.replicationFactor !== -1)
    throw new KafkaError(
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but the number of partitions or the replication factor was not set to -1.',
    )
  if (assignments.length === 0)
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', 'The manual partition assignment has no partitions.')
  const replicationFactor = assignments[0]?.length ?? 0
  for (const replicas of assignments) checkReplicas(replicas, replicationFactor, brokers)
  return assignments
}

/** Refuses a list of replicas that a client chose and that can't be: empty, doubled, of unknown brokers, uneven. */
export function checkReplicas(
  replicas: readonly number[],
  replicationFactor: number,
  brokers: readonly number[],
): void {
  const refuse = (why: string) =>
    new KafkaError('INVALID_REPLICA_ASSIGNMENT', `The manual partition assignment ${why}.`)
  if (replicas.length === 0) throw refuse('includes an empty replica list')
  if (new Set(replicas).size !== replicas.length)
    throw refuse('includes a broker more than once in a partition')
  if (replicas.length !== replicationFactor)
    throw refuse('includes partitions with different replication factors')
  const unknown = replicas.find((replica) => !brokers.includes(replica))
  if (unknown !== undefined) throw refuse(`includes broker ${unknown}, but no such broker is registered`)
}

/** Ids of the brokers that are alive, ascending. */
export function brokerIds(image: MetadataImage): number[] {
  return [...image.brokers.keys()].sort((one, other) => one - other)
}

/** Replicas round robin over the brokers, so that leaders and followers spread evenly. */
function spread(
  brokers: readonly number[],
  firstIndex: number,
  count: number,
  replicationFactor: number,
): number[][] {
  return Array.from({ length: count }, (_, added) =>
    Array.from({ length: replicationFactor }, (_, replica) => {
      const turn = (firstIndex + added + replica) % brokers.length
      return brokers[turn] ?? 0
    }),
  )
}

function putPartition(topicId: string, index: number, replicas: readonly number[]): MetadataPut {
  const record: PartitionRecord = { leader: replicas[0] ?? -1, leaderEpoch: 0, isr: replicas, replicas }
  return { key: partitionKey(topicId, index), value: JSON.stringify(record) }
}

function keysOf(topic: TopicImage): string[] {
  return [
    topicKey(topic.name),
    configKey('topic', topic.name),
    ...topic.partitions.map((_, index) => partitionKey(topic.id, index)),
  ]
}

/** A random (version 4) UUID in Kafka's own form, which never starts with a dash so that tools take it as an argument. */
function newTopicId(random: Random): string {
  for (;;) {
    const bytes = random.bytes(16)
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
    const id = bytes.toString('base64url')
    if (!id.startsWith('-')) return id
  }
}
