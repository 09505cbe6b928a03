import type { CoordinatorLog } from '../coordinator/coordinator-log.ts'
import { PartitionLog } from '../coordinator/partition-log.ts'
import type { ClusterMetadata } from '../replication/cluster-metadata.ts'
import type { MetadataImage } from '../replication/metadata/image.ts'
import type { Partition } from '../replication/partition.ts'
import type { Partitions } from '../replication/partitions.ts'
import { KafkaError } from '../wire/errors.ts'
import type { Endpoints } from './endpoints.ts'
import type { ConnectionInfo } from './handler.ts'
import type { CoordinatorAddress } from './handlers/find-coordinator.ts'

/** A coordinator whose state lives in the partitions of an internal topic. */
export interface HostedCoordinator {
  readonly partitionCount: number
  /** Which partition a key belongs to. */
  partitionOf(key: string): number
  /** This broker leads the partition now; a promise when what it coordinates has to be read first. Never rejects. */
  lead(partition: number, log: CoordinatorLog, leaderEpoch: number): Promise<void> | undefined
  resign(partition: number): void
}

/** What a host of coordinators works with. */
export interface HostingParts {
  readonly partitions: Partitions
  readonly metadata: ClusterMetadata
  readonly endpoints: Endpoints
  /** Makes an internal topic that is missing. */
  readonly makeTopic: (topic: string) => Promise<void>
}

/**
 * Gives every partition of an internal topic that this broker leads to the coordinator that lives there, takes it back
 * when another leads, and tells clients which broker that is.
 */
export class CoordinatorHosting {
  /** The leader epoch in which each partition is hosted here. */
  readonly #hosted = new Map<number, { readonly partition: Partition; readonly leaderEpoch: number }>()
  readonly #loading = new Set<Promise<void>>()
  #making: Promise<void> | undefined

  constructor(
    private readonly topic: string,
    private readonly coordinator: HostedCoordinator,
    private readonly parts: HostingParts,
  ) {}

  /** Follows a new image, after the partitions have. */
  apply(image: MetadataImage, before: MetadataImage): void {
    if (image.topics.get(this.topic) !== before.topics.get(this.topic)) this.#rehost()
  }

  /** Resolves once everything that is hosted by now can be served; till then clients would be put off. */
  async loaded(): Promise<void> {
    await Promise.all(this.#loading)
  }

  /** Whether the topic is there, and what is hosted of it can be served. */
  get isReady(): boolean {
    return this.#loading.size === 0 && this.parts.metadata.image.topics.has(this.topic)
  }

  /** Makes the topic if it is missing, and waits until what is hosted of it can be served. */
  async ready(): Promise<void> {
    if (!this.parts.metadata.image.topics.has(this.topic)) await this.#makeTopic()
    await this.loaded()
  }

  /**
   * Where the coordinator of a key is. Without the topic there is none, so it is made first (apache/kafka
   * `KafkaApis.getCoordinator`, which has the client ask again). Rejects with COORDINATOR_NOT_AVAILABLE.
   */
  async locate(key: string, connection: ConnectionInfo): Promise<CoordinatorAddress> {
    const { metadata, endpoints } = this.parts
    if (!metadata.image.topics.has(this.topic)) await this.#makeTopic()
    const { image } = metadata
    const leader = image.partition(this.topic, this.coordinator.partitionOf(key))?.leader
    const broker = leader === undefined ? undefined : image.brokers.get(leader)
    if (broker === undefined) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    return { nodeId: broker.id, ...endpoints.of(broker, connection) }
  }

  #makeTopic(): Promise<void> {
    this.#making ??= this.parts
      .makeTopic(this.topic)
      .catch((error: unknown) => {
        throw error instanceof KafkaError
          ? new KafkaError('COORDINATOR_NOT_AVAILABLE', `${this.topic} can't be made: ${error.message}`)
          : error
      })
      .finally(() => {
        this.#making = undefined
      })
    return this.#making
  }

  #rehost(): void {
    const { coordinator } = this
    const count = Math.max(coordinator.partitionCount, ...[...this.#hosted.keys()].map((index) => index + 1))
    for (let index = 0; index < count; index++) {
      const partition = this.parts.partitions.get(this.topic, index)
      const hosted = this.#hosted.get(index)
      if (partition?.isLeader !== true) {
        if (hosted !== undefined) coordinator.resign(index)
        this.#hosted.delete(index)
      } else if (hosted?.partition !== partition || hosted.leaderEpoch !== partition.leaderEpoch) {
        this.#hosted.set(index, { partition, leaderEpoch: partition.leaderEpoch })
        this.#lead(index, partition)
      }
    }
  }

  #lead(index: number, partition: Partition): void {
    const loading = this.coordinator.lead(index, new PartitionLog(partition), partition.leaderEpoch)
    if (loading === undefined) return
    this.#loading.add(loading)
    void loading.then(() => this.#loading.delete(loading))
  }
}
