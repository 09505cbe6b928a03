import { GroupCoordinator } from '../coordinator/group-coordinator.ts'
import type { StreamsEnvironment } from '../coordinator/streams/config.ts'
import { TransactionCoordinator } from '../coordinator/transactions/transaction-coordinator.ts'
import type { MetadataImage } from '../replication/metadata/image.ts'
import { CONSUMER_OFFSETS, TRANSACTION_STATE } from '../replication/topic-name.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { BrokerConfigs } from './configs/broker-configs.ts'
import { consumerGroupConfig } from './configs/consumer-group-config.ts'
import { GroupConfigs } from './configs/group-configs.ts'
import { readStreamsGroupConfig, servesStreamsGroups } from './configs/streams-group-config.ts'
import { CoordinatorHosting, type HostingParts } from './coordinator-hosting.ts'
import type { ConnectionInfo } from './handler.ts'
import type { CoordinatorAddress, CoordinatorLocator, CoordinatorType } from './handlers/find-coordinator.ts'
import { partitionCounter } from './internal-topics.ts'
import { ShareService } from './share/share-service.ts'
import { LocalMarkers } from './transactions/local-markers.ts'

export interface CoordinatorParts extends HostingParts {
  readonly runtime: Runtime
  readonly configs: BrokerConfigs
  readonly nextProducerId: () => Promise<number>
  /** Makes what streams applications keep in topics of their own. */
  readonly makeStreamsTopics: StreamsEnvironment['makeTopics']
  /** Makes a topic for what share groups give up. */
  readonly makeDeadLetterTopic: (name: string) => Promise<void>
}

/** All coordinators of this broker, each on the partitions of its topic that the broker leads. */
export class Coordinators implements CoordinatorLocator {
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  /** Writes transaction markers to partitions that this broker leads. */
  readonly markers: LocalMarkers
  readonly #configs: BrokerConfigs
  readonly #groupHosting: CoordinatorHosting
  readonly #transactionHosting: CoordinatorHosting
  readonly share: ShareService

  constructor(parts: CoordinatorParts) {
    const { configs, metadata, runtime } = parts
    this.#configs = configs
    const { groups, offsetsTopic } = configs.current()
    this.share = new ShareService({ ...parts, ...runtime })
    const consumerConfigs = new GroupConfigs(configs, consumerGroupConfig)
    const streamsConfigs = new GroupConfigs(configs, (read, { streams }) => ({
      ...readStreamsGroupConfig(read),
      maxSize: streams.maxSize,
    }))
    this.groups = new GroupCoordinator({
      ...runtime,
      config: groups,
      partitionCount: partitionCounter(CONSUMER_OFFSETS, metadata, () => offsetsTopic.numPartitions),
      topics: () => metadata.image,
      consumerConfig: (groupId) => consumerConfigs.of(groupId),
      share: this.share,
      streams: {
        config: (groupId) => ({
          ...streamsConfigs.of(groupId),
          isEnabled: servesStreamsGroups(configs.current(), metadata.image),
        }),
        makeTopics: parts.makeStreamsTopics,
      },
    })
    this.#groupHosting = new CoordinatorHosting(CONSUMER_OFFSETS, this.groups, parts)
    this.markers = new LocalMarkers({
      clock: runtime.clock,
      partitions: parts.partitions,
      image: () => metadata.image,
      groups: this.groups,
      groupsLoaded: () => this.#groupHosting.loaded(),
    })
    this.transactions = new TransactionCoordinator({
      ...runtime,
      markers: this.markers,
      config: () => configs.current().transactions,
      transactionVersion: () => metadata.image.featureLevel('transaction.version'),
      partitionCount: partitionCounter(
        TRANSACTION_STATE,
        metadata,
        () => configs.current().transactionTopic.numPartitions,
      ),
      nextProducerId: parts.nextProducerId,
    })
    this.#transactionHosting = new CoordinatorHosting(TRANSACTION_STATE, this.transactions, parts)
  }

  /** Follows a new image, after the partitions have. */
  apply(image: MetadataImage, before: MetadataImage): void {
    this.#groupHosting.apply(image, before)
    this.#transactionHosting.apply(image, before)
    this.share.hosting.apply(image, before)
    if (image.topics !== before.topics) this.#forgetDeleted(image, before)
  }

  /** Takes over settings that have changed. */
  configure(): void {
    this.groups.configure(this.#configs.current().groups)
  }

  /** Resolves once everything that is hosted by now can be served. */
  async loaded(): Promise<void> {
    const hostings = [this.#groupHosting, this.#transactionHosting, this.share.hosting]
    await Promise.all(hostings.map((hosting) => hosting.loaded()))
  }

  async locate(type: CoordinatorType, key: string, connection: ConnectionInfo): Promise<CoordinatorAddress> {
    if (type === 'group') return await this.#groupHosting.locate(key, connection)
    if (type === 'transaction') return await this.#transactionHosting.locate(key, connection)
    return await this.share.hosting.locate(key, connection)
  }

  close(): void {
    this.transactions.close()
    this.share.close()
    this.groups.close()
  }

  /** What was committed and delivered of a topic goes with the topic; one of the same name starts afresh. */
  #forgetDeleted(image: MetadataImage, before: MetadataImage): void {
    const deleted = [...before.topics.values()].filter(({ name, id }) => image.topics.get(name)?.id !== id)
    if (deleted.length === 0) return
    this.share.topicsDeleted(deleted.map(({ id }) => id))
    this.groups.topicsDeleted(deleted.map(({ name }) => name))
  }
}
