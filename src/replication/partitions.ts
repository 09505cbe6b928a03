import { DiskError } from '../runtime/disk.ts'
import type { Logger } from '../runtime/log.ts'
import type { Log } from '../storage/log.ts'
import type { LogDirectory } from '../storage/log-directory.ts'
import { KafkaError } from '../wire/errors.ts'
import { ZERO_UUID } from '../wire/schema/field.ts'
import type { MetadataImage, TopicImage } from './metadata/image.ts'
import { CONFIGS, PARTITIONS, parsePartitionKey, TOPICS } from './metadata/records.ts'
import type { MetadataChange } from './metadata/store.ts'
import { Partition } from './partition.ts'
import type { ResolveTopicConfig, TopicConfig } from './topic-config.ts'

/** A replica that nobody has come to yet: its log is empty, and has neither a folder nor an object. */
const UNTOUCHED = 'untouched'

interface LocalTopic {
  readonly id: string
  config: TopicConfig
  /** By index; a partition without a replica here is missing, as is one whose log could not be made. */
  readonly partitions: (Partition | typeof UNTOUCHED | undefined)[]
}

/** A replica on this broker and what its log takes. */
export interface LocalReplica {
  readonly topic: string
  readonly index: number
  readonly sizeBytes: number
}

const TOPIC_CONFIGS = `${CONFIGS}topic/`

/**
 * The partitions that have a replica on this broker. Follows the metadata image: a replica that is assigned here can be
 * used before whoever asked for it goes on, and one that no longer belongs here is given up at once. A new one costs next
 * to nothing until it is used: most of ten thousand partitions are never written to.
 */
export class Partitions {
  readonly #topics = new Map<string, LocalTopic>()
  #image: MetadataImage | undefined

  constructor(
    private readonly nodeId: number,
    private readonly logs: LogDirectory,
    private readonly resolveConfig: ResolveTopicConfig,
    private readonly logger: Logger,
  ) {}

  /** The partition if it has a replica here. */
  get(topic: string, index: number): Partition | undefined {
    const local = this.#topics.get(topic)
    if (local === undefined) return undefined
    const held = local.partitions[index]
    return held === UNTOUCHED ? this.#begin(local, index) : held
  }

  /**
   * The partition, or NOT_LEADER_OR_FOLLOWER when it lives elsewhere, KAFKA_STORAGE_ERROR when it should live here and
   * has no log, UNKNOWN_TOPIC_OR_PARTITION when nowhere.
   */
  require(topic: string, index: number): Partition {
    const partition = this.get(topic, index)
    if (partition !== undefined) return partition
    const known = this.#image?.partition(topic, index)
    if (known === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    throw new KafkaError(
      known.replicas.includes(this.nodeId) ? 'KAFKA_STORAGE_ERROR' : 'NOT_LEADER_OR_FOLLOWER',
    )
  }

  /** Name of the topic with this id. */
  topicName(topicId: string): string | undefined {
    return this.#image?.topicNamesById.get(topicId)
  }

  /** Readers who wait for records, over all partitions. */
  get waitingReaders(): number {
    let count = 0
    for (const { partitions } of this.#topics.values())
      for (const partition of partitions) if (isInUse(partition)) count += partition.waitingReaders
    return count
  }

  /** All replicas here. */
  *replicas(): Generator<LocalReplica, void> {
    for (const [topic, { partitions }] of this.#topics) {
      for (let index = 0; index < partitions.length; index++) {
        const replica = this.replica(topic, index)
        if (replica !== undefined) yield replica
      }
    }
  }

  /** The replica here, if there is one. Unlike `get`, it doesn't count as use. */
  replica(topic: string, index: number): LocalReplica | undefined {
    const held = this.#topics.get(topic)?.partitions[index]
    if (held === undefined) return undefined
    return { topic, index, sizeBytes: held === UNTOUCHED ? 0 : held.log.sizeBytes }
  }

  /** Takes over a new image; `change` says what is new in it. */
  apply(image: MetadataImage, change: MetadataChange, before: MetadataImage): void {
    this.#image = image
    for (const key of change.deletes) {
      if (key.startsWith(TOPICS)) this.#remove(key.slice(TOPICS.length), before)
      else if (key.startsWith(TOPIC_CONFIGS)) this.#configure(key.slice(TOPIC_CONFIGS.length), image)
    }
    const touched = new Set<string>()
    for (const { key } of change.puts) {
      if (key.startsWith(PARTITIONS)) touched.add(parsePartitionKey(key).topicId)
      else if (key.startsWith(TOPIC_CONFIGS)) this.#configure(key.slice(TOPIC_CONFIGS.length), image)
    }
    for (const topicId of touched) {
      const topic = image.topicById(topicId)
      if (topic !== undefined) this.#place(topic, image)
    }
  }

  /** Takes over settings of the broker that are defaults of every topic. */
  reconfigure(): void {
    const image = this.#image
    if (image !== undefined) for (const topic of this.#topics.keys()) this.#configure(topic, image)
  }

  #place(topic: TopicImage, image: MetadataImage): void {
    const local = this.#local(topic, image)
    topic.partitions.forEach((partition, index) => {
      if (!partition.replicas.includes(this.nodeId)) return
      const known = local.partitions[index]
      if (isInUse(known)) known.update(partition)
      if (known !== undefined) return
      local.partitions[index] = UNTOUCHED
      if (isLast(topic, index) || this.logs.log(topic.name, index) !== undefined) this.#begin(local, index)
    })
  }

  /** Begins to serve a replica. Without a log it isn't served; everything else still is. */
  #begin(local: LocalTopic, index: number): Partition | undefined {
    const topic = this.#image?.topicById(local.id)
    const image = topic?.partitions[index]
    if (topic === undefined || image === undefined) return undefined
    const log = this.#logOf(topic, index, local.config)
    const partition =
      log === undefined ? undefined : new Partition(topic.id, log, this.nodeId, local.config, image)
    local.partitions[index] = partition
    return partition
  }

  /** The log as it was found at the start, or a new one. */
  #logOf(topic: TopicImage, index: number, config: TopicConfig): Log | undefined {
    try {
      const log = this.#foundOrNew(topic, index, config)
      // The others get theirs with their first records. This one tells whoever has nothing but the folders how many
      // partitions there are, on which it depends where a key, or a group, is.
      if (isLast(topic, index)) log.makeFolder()
      return log
    } catch (error) {
      if (!(error instanceof KafkaError || error instanceof DiskError)) throw error
      this.logger.error({ error, log: `${topic.name}-${index}` }, 'A log could not be made.')
      return undefined
    }
  }

  #foundOrNew(topic: TopicImage, index: number, config: TopicConfig): Log {
    const found = this.logs.log(topic.name, index)
    if (found === undefined) return this.logs.createLog(topic.name, index, topic.id, config)
    if (found.topicId === topic.id) return found
    if (found.topicId === ZERO_UUID) return this.#ofUnknownTopic(found, topic, index, config)
    // The broker stopped between deleting a topic and deleting its files; this is a new topic of the same name.
    this.#deleteLog(found)
    return this.logs.createLog(topic.name, index, topic.id, config)
  }

  /**
   * A power cut may take the file that names the topic, of a log that was never synced: what is left of it may be of an
   * older topic of the same name. It is set aside, as in Kafka (`LogManager.isStrayReplica`). A log that was synced had
   * that file; it is for an operator to say whose it is.
   */
  #ofUnknownTopic(found: Log, topic: TopicImage, index: number, config: TopicConfig): Log {
    if (found.recoveryPoint > 0 || found.state !== 'open')
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `${found.folder}/partition.metadata names no topic: write 'topic_id: ${topic.id}' into it, or remove the folder.`,
      )
    if (found.sizeBytes === 0) {
      found.assignTopicId(topic.id)
      return found
    }
    const folder = this.logs.setAside(found)
    this.logger.error({ log: found.name, folder }, 'A log that names no topic was set aside.')
    return this.logs.createLog(topic.name, index, topic.id, config)
  }

  #local(topic: TopicImage, image: MetadataImage): LocalTopic {
    const known = this.#topics.get(topic.name)
    if (known !== undefined && known.id === topic.id) return known
    const config = this.resolveConfig(image.overrides('topic', topic.name))
    const local = { id: topic.id, config, partitions: [] }
    this.#topics.set(topic.name, local)
    return local
  }

  #configure(topic: string, image: MetadataImage): void {
    const local = this.#topics.get(topic)
    if (local === undefined) return
    local.config = this.resolveConfig(image.overrides('topic', topic))
    for (const partition of local.partitions) if (isInUse(partition)) partition.configure(local.config)
  }

  #remove(topic: string, before: MetadataImage): void {
    const local = this.#topics.get(topic)
    // The topic may have been made anew by the same change; then the old incarnation is what goes.
    if (local === undefined || local.id !== before.topics.get(topic)?.id) return
    this.#topics.delete(topic)
    for (const partition of local.partitions) {
      if (!isInUse(partition)) continue
      partition.retire(new KafkaError('UNKNOWN_TOPIC_OR_PARTITION'))
      this.#deleteLog(partition.log)
    }
  }

  /** What can't be removed now belongs to no topic any more, and the next start tells so. */
  #deleteLog(log: Log): void {
    try {
      this.logs.deleteLog(log)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.logger.error({ error, log: log.name }, 'The files of a deleted log could not be removed.')
    }
  }
}

function isInUse(held: LocalTopic['partitions'][number]): held is Partition {
  return held !== undefined && held !== UNTOUCHED
}

function isLast(topic: TopicImage, index: number): boolean {
  return index === topic.partitions.length - 1
}
