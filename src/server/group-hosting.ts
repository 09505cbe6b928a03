import type { GroupCoordinator } from '../coordinator/group-coordinator.ts'
import { PartitionLog } from '../coordinator/partition-log.ts'
import type { ClusterMetadata } from '../replication/cluster-metadata.ts'
import type { MetadataImage } from '../replication/metadata/image.ts'
import type { Partition } from '../replication/partition.ts'
import type { Partitions } from '../replication/partitions.ts'
import { CONSUMER_OFFSETS } from '../replication/topic-name.ts'
import { KafkaError } from '../wire/errors.ts'
import type { Endpoints } from './endpoints.ts'
import type { ConnectionInfo } from './handler.ts'
import type { CoordinatorAddress, CoordinatorLocator, CoordinatorType } from './handlers/find-coordinator.ts'

/**
 * Gives every partition of `__consumer_offsets` that this broker leads to the group coordinator, takes it back when
 * another leads, and tells clients which broker that is.
 */
export class GroupHosting implements CoordinatorLocator {
  /** The leader epoch in which each partition is hosted here. */
  readonly #hosted = new Map<number, { readonly partition: Partition; readonly leaderEpoch: number }>()

  readonly #loading = new Set<Promise<void>>()
  #making: Promise<void> | undefined

  constructor(
    private readonly groups: GroupCoordinator,
    private readonly partitions: Partitions,
    private readonly metadata: ClusterMetadata,
    private readonly endpoints: Endpoints,
    /** Makes the topic when somebody has deleted it. */
    private readonly makeTopic: () => Promise<void>,
  ) {}

  /** Follows a new image, after the partitions have. */
  apply(image: MetadataImage, before: MetadataImage): void {
    if (image.topics.get(CONSUMER_OFFSETS) !== before.topics.get(CONSUMER_OFFSETS)) this.#rehost()
    if (image.topics !== before.topics) this.#forgetDeleted(image, before)
  }

  /** Resolves once every group that is hosted by now can be served; till then its clients would be put off. */
  async loaded(): Promise<void> {
    await Promise.all(this.#loading)
  }

  locate(type: CoordinatorType, key: string, connection: ConnectionInfo): CoordinatorAddress {
    if (type !== 'group')
      throw new KafkaError('COORDINATOR_NOT_AVAILABLE', `No ${type} coordinator is served yet.`)
    const { image } = this.metadata
    if (!image.topics.has(CONSUMER_OFFSETS)) this.#makeTopicAgain()
    const leader = image.partition(CONSUMER_OFFSETS, this.groups.partitionOf(key))?.leader
    const broker = leader === undefined ? undefined : image.brokers.get(leader)
    if (broker === undefined) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    return { nodeId: broker.id, ...this.endpoints.of(broker, connection) }
  }

  /** Without the topic there would be no coordinator for good; the client asks again (apache/kafka `KafkaApis.getCoordinator`). */
  #makeTopicAgain(): void {
    this.#making ??= this.makeTopic()
      .catch((error: unknown) => {
        if (!(error instanceof KafkaError)) throw error
      })
      .finally(() => {
        this.#making = undefined
      })
  }

  #rehost(): void {
    const count = Math.max(this.groups.partitionCount, ...[...this.#hosted.keys()].map((index) => index + 1))
    for (let index = 0; index < count; index++) {
      const partition = this.partitions.get(CONSUMER_OFFSETS, index)
      const hosted = this.#hosted.get(index)
      if (partition?.isLeader !== true) {
        if (hosted !== undefined) this.groups.resign(index)
        this.#hosted.delete(index)
      } else if (hosted?.partition !== partition || hosted.leaderEpoch !== partition.leaderEpoch) {
        this.#hosted.set(index, { partition, leaderEpoch: partition.leaderEpoch })
        this.#lead(index, partition)
      }
    }
  }

  #lead(index: number, partition: Partition): void {
    const loading = this.groups.lead(index, new PartitionLog(partition))
    if (loading === undefined) return
    this.#loading.add(loading)
    void loading.then(() => this.#loading.delete(loading))
  }

  /** What was committed for a topic goes with the topic; one of the same name starts afresh. */
  #forgetDeleted(image: MetadataImage, before: MetadataImage): void {
    const deleted = [...before.topics.values()].filter(({ name, id }) => image.topics.get(name)?.id !== id)
    if (deleted.length > 0) this.groups.topicsDeleted(deleted.map(({ name }) => name))
  }
}
