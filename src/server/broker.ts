import { adoptLogs, reportStrayLogs } from '../replication/adoption.ts'
import { ClusterMetadata } from '../replication/cluster-metadata.ts'
import { Controller } from '../replication/controller.ts'
import { freshFeatures } from '../replication/features.ts'
import { EmbeddedMetadataStore } from '../replication/metadata/embedded-store.ts'
import { CLUSTER, configKey } from '../replication/metadata/records.ts'
import type { MetadataChange } from '../replication/metadata/store.ts'
import { Partitions } from '../replication/partitions.ts'
import { ProducerIds } from '../replication/producer-ids.ts'
import { BrokerRegistration } from '../replication/registration.ts'
import { CONSUMER_OFFSETS } from '../replication/topic-name.ts'
import type { ListenAddress } from '../runtime/network.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { defaultLogConfig } from '../storage/log-config.ts'
import { LogDirectory, type LogDirectoryOptions } from '../storage/log-directory.ts'
import type { Release } from './act-as/release.ts'
import { adoptableConfigs } from './configs/adoptable.ts'
import { BrokerConfigs } from './configs/broker-configs.ts'
import type { BrokerLoggers } from './configs/broker-loggers.ts'
import type { Profile } from './configs/profile.ts'
import { Coordinators } from './coordinators.ts'
import { Dispatcher } from './dispatch.ts'
import { Endpoints } from './endpoints.ts'
import { FetchSessions } from './fetch/fetch-sessions.ts'
import { ensureInternalTopic } from './internal-topics.ts'
import { listenOn, PLAINTEXT } from './listen-addresses.ts'
import { MetadataConfigStore } from './metadata-config-store.ts'
import { PendingProduces } from './produce/pending-produces.ts'
import { ClientQuotas } from './quotas/client-quotas.ts'
import { Throttling } from './quotas/throttling.ts'
import { Server } from './server.ts'
import { serverLimits } from './server-limits.ts'
import { makeDeadLetterTopic } from './share/dead-letters/dead-letter-topics.ts'
import { makeStreamsTopics } from './streams-topics.ts'
import { handlerTable } from './table.ts'
import { ClientTelemetry } from './telemetry/client-telemetry.ts'
import { configuredSubscriptions } from './telemetry/configured.ts'

/** What a broker is made of and told to do. */
export interface BrokerPlan {
  readonly runtime: Runtime
  readonly loggers: BrokerLoggers
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly nodeId: number
  /** The cluster that the data must belong to; undefined for whichever it is. */
  readonly clusterId: string | undefined
  readonly advertised: { readonly host: string; readonly port: number | undefined } | undefined
  readonly profile: Profile
  readonly properties: ReadonlyMap<string, string>
  /** Where the data is, as an operator knows it. */
  readonly dataPath: string
  readonly acceptLoss: boolean
  /** The release of Kafka to act as; undefined for the newest that is known. */
  readonly release?: Release | undefined
  /** Told of a bug that the broker can't go on after. */
  readonly onBug: (error: unknown) => void
}

export interface BrokerLoad {
  readonly connections: number
  /** Of requests that were read and not answered yet. */
  readonly requestMemoryBytes: number
  /** Bounded by `max.incremental.fetch.session.cache.slots`; they outlive their connections. */
  readonly fetchSessions: number
  readonly pendingProduces: number
  /** Fetches that wait for records, once for each partition that they watch. */
  readonly waitingFetches: number
}

/** How long closing waits for requests whose records are in the log already. */
const DRAIN_MS = 2_000

const BROKER_CONFIGS = configKey('broker', '')

/** One broker: everything that works together to serve requests, put together here and nowhere else. */
export class BrokerNode {
  readonly #runtime: Runtime
  readonly #configs: BrokerConfigs
  readonly #endpoints: Endpoints
  readonly #coordinators: Coordinators
  readonly #producerIds: ProducerIds
  readonly #controller: Controller
  readonly #partitions: Partitions
  readonly #pendingProduces: PendingProduces
  readonly #quotas: ClientQuotas
  readonly #server: Server
  readonly #sessions: FetchSessions
  #registration: BrokerRegistration | undefined
  /** Whether what is left to do after a stop that wasn't clean is done. */
  #hasRecovered: boolean
  #addresses: readonly ListenAddress[] = []

  private constructor(
    private readonly plan: BrokerPlan,
    configs: BrokerConfigs,
    private readonly logs: LogDirectory,
    private readonly metadata: ClusterMetadata,
  ) {
    const { runtime, nodeId } = plan
    this.#runtime = runtime
    this.#configs = configs
    this.#hasRecovered = logs.wasClean
    this.#endpoints = new Endpoints(nodeId, plan.advertised)
    this.#controller = new Controller(metadata, runtime.random, () => {
      const { numPartitions, defaultReplicationFactor } = this.#configs.current().topics
      return { partitionCount: numPartitions, replicationFactor: defaultReplicationFactor }
    })
    this.#partitions = new Partitions(
      nodeId,
      logs,
      (overrides) => this.#configs.topicWith(overrides),
      runtime.logger,
    )
    this.#producerIds = new ProducerIds(this.#controller)
    this.#coordinators = new Coordinators({
      runtime,
      configs,
      metadata,
      partitions: this.#partitions,
      endpoints: this.#endpoints,
      makeTopic: (topic) => ensureInternalTopic(topic, metadata, this.#controller, configs),
      nextProducerId: () => this.#producerIds.next(),
      makeStreamsTopics: (topics) => makeStreamsTopics(topics, this.#controller),
      makeDeadLetterTopic: (name) => makeDeadLetterTopic(name, this.#controller),
    })
    this.#pendingProduces = new PendingProduces(runtime.clock)
    const { maxFetchSessions } = this.#configs.current().network
    this.#sessions = new FetchSessions(runtime.clock, runtime.random, maxFetchSessions)
    this.#quotas = new ClientQuotas(runtime.clock, this.#configs.current().quotas)
    this.#server = new Server({
      ...runtime,
      buffers: logs.buffers,
      limits: serverLimits(this.#configs.current()),
      delayOf: (clientHost) => this.#quotas.connected(clientHost),
    })
    // Also when nobody waits for the answer any more, or ever did (acks=0).
    logs.watchQueuedBytes((sizeBytes) => this.#server.requestMemory.charge(sizeBytes))
  }

  /**
   * Starts a broker. The data is opened, the metadata read, the sockets bound, the broker made a member, the internal
   * topics made, and then requests are answered: whoever gets an answer finds everything in place.
   *
   * Rejects with ConfigError, DiskError, NetworkError or JournalDamaged; nothing is left open then.
   */
  static async start(plan: BrokerPlan): Promise<BrokerNode> {
    const { runtime, nodeId, profile, properties } = plan
    const store = new MetadataConfigStore()
    const configs = new BrokerConfigs({ nodeId, profile, properties, store })
    const logs = await LogDirectory.open(runtime, logDirectoryOptions(plan, configs))
    let node: BrokerNode | undefined
    try {
      const metadata = new ClusterMetadata(EmbeddedMetadataStore.open(runtime.disk))
      node = new BrokerNode(plan, configs, logs, metadata)
      store.attach(metadata, node.#controller)
      await node.#start()
      return node
    } catch (error) {
      if (node === undefined) await logs.close({ leavesUnclean: !logs.wasClean })
      else await node.close()
      throw error
    }
  }

  /** What is under way right now; nothing of it is left when no client wants anything. */
  get load(): BrokerLoad {
    return {
      connections: this.#server.connectionCount,
      requestMemoryBytes: this.#server.requestMemory.usedBytes,
      fetchSessions: this.#sessions.size,
      pendingProduces: this.#pendingProduces.size,
      waitingFetches: this.#partitions.waitingReaders,
    }
  }

  /** Where it listens. */
  get addresses(): readonly ListenAddress[] {
    return this.#addresses
  }

  /**
   * Stops: takes nothing more in, answers for what is in the logs, closes connections, and leaves the data so that the
   * next start needs no recovery.
   */
  async close(): Promise<void> {
    this.#server.stopReading()
    await this.#drained()
    await this.#server.close()
    this.#pendingProduces.close()
    this.#coordinators.close()
    try {
      await this.#leaveCluster()
    } finally {
      await this.logs.close({ leavesUnclean: !this.#hasRecovered })
    }
  }

  async #leaveCluster(): Promise<void> {
    try {
      await this.#registration?.withdraw()
    } finally {
      this.metadata.stop()
      await this.metadata.store.close()
    }
  }

  async #start(): Promise<void> {
    const { metadata, plan } = this
    metadata.onChange((image, change, before) => {
      this.#partitions.apply(image, change, before)
      this.#coordinators.apply(image, before)
      if (image.configs !== before.configs) this.#reconfigure(change)
      if (image.clientQuotas !== before.clientQuotas) this.#quotas.configure(image.clientQuotas)
    })
    await metadata.start()
    await adoptLogs({
      ...{ disk: this.#runtime.disk, logs: this.logs.logs, metadata, controller: this.#controller },
      nodeId: plan.nodeId,
      accept: (found) => adoptableConfigs(found, this.#configs, this.#runtime.logger),
    })
    await this.#claimCluster()
    if (!this.#hasRecovered) await this.#controller.beginNewEpochs(plan.nodeId)
    this.#hasRecovered = true
    reportStrayLogs(this.logs.logs, this.#partitions, this.#runtime.logger)
    const listeners = await listenOn(this.#server, plan.host, plan.port)
    this.#addresses = listeners.map(({ address }) => address)
    this.#registration = await BrokerRegistration.register(metadata, plan.nodeId, {
      rack: this.#configs.current().node.rack,
      listeners: this.#addresses.map(({ host, port }) => ({ name: PLAINTEXT, host, port })),
    })
    // The first group of a fresh broker finds its coordinator at once.
    await ensureInternalTopic(CONSUMER_OFFSETS, metadata, this.#controller, this.#configs)
    await this.#coordinators.loaded()
    this.#server.serve(this.#dispatcher())
  }

  /** A fresh store learns which cluster it belongs to, and what the cluster can do. */
  async #claimCluster(): Promise<void> {
    const { image } = this.metadata
    if (image.clusterId === null) {
      await this.metadata.store.txn({
        compares: [{ key: CLUSTER, createRevision: 0 }],
        puts: [{ key: CLUSTER, value: this.logs.properties.clusterId }, ...freshFeatures()],
      })
    } else if (image.features.size === 0) {
      await this.metadata.store.txn({ puts: freshFeatures() })
    }
  }

  /** Settings of the broker that may change while it runs are defaults of every topic, and of groups. */
  #reconfigure({ puts, deletes }: MetadataChange): void {
    const keys = [...deletes, ...puts.map(({ key }) => key)]
    if (!keys.some((key) => key.startsWith(BROKER_CONFIGS))) return
    this.#partitions.reconfigure()
    this.logs.producerIdExpirationMs = this.#configs.current().logs.producerIdExpirationMs
    this.#coordinators.configure()
    this.#server.configure(serverLimits(this.#configs.current()))
  }

  #dispatcher(): Dispatcher {
    const { clock, disk, logger } = this.#runtime
    const table = handlerTable({
      clock,
      configs: this.#configs,
      loggers: this.plan.loggers,
      controller: this.#controller,
      directory: { path: this.plan.dataPath, space: () => disk.space() },
      endpoints: this.#endpoints,
      groups: this.#coordinators.groups,
      transactions: this.#coordinators.transactions,
      markers: this.#coordinators.markers,
      share: this.#coordinators.share,
      coordinators: this.#coordinators,
      metadata: this.metadata,
      partitions: this.#partitions,
      pendingProduces: this.#pendingProduces,
      producerIds: this.#producerIds,
      quotas: this.#quotas,
      release: this.plan.release,
      sessions: this.#sessions,
      telemetry: this.#telemetry(),
      topics: {
        topicId: (name) => this.metadata.image.topics.get(name)?.id,
        topicName: (id) => this.metadata.image.topicNamesById.get(id),
        partitionCount: (name) => this.metadata.image.topics.get(name)?.partitions.length,
      },
    })
    return new Dispatcher(table, logger, this.plan.onBug, new Throttling(this.#quotas, clock))
  }

  /** Takes clients' metrics, and tells of them in the log. */
  #telemetry(): ClientTelemetry {
    const { clock, random, logger } = this.#runtime
    return new ClientTelemetry({
      clock,
      random,
      subscriptions: configuredSubscriptions(this.metadata),
      maxBytes: () => this.#configs.current().network.telemetryMaxBytes,
      receive: ({ payload, ...client }) =>
        logger.debug({ ...client, sizeBytes: payload.length }, 'metrics of a client'),
    })
  }

  async #drained(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#runtime.clock.setTimer(DRAIN_MS, resolve)
      void this.#pendingProduces.drained().then(() => {
        timer.cancel()
        resolve()
      })
    })
  }
}

function logDirectoryOptions(plan: BrokerPlan, configs: BrokerConfigs): LogDirectoryOptions {
  const { logs } = configs.current()
  return {
    nodeId: plan.nodeId,
    ...(plan.clusterId === undefined ? {} : { clusterId: plan.clusterId }),
    // Topics bring their own settings as soon as the metadata is read.
    configFor: () => defaultLogConfig,
    acceptLoss: plan.acceptLoss,
    cleaner: () => configs.current().cleaner,
    producerIdExpirationMs: logs.producerIdExpirationMs,
    retentionCheckIntervalMs: logs.retentionCheckIntervalMs,
    checkpointIntervalMs: logs.recoveryPointCheckpointIntervalMs,
    flushIntervalMs: logs.backgroundFlushIntervalMs,
    tailCacheBytes: logs.tailCacheBytes,
    ...(logs.diskFreeFloorBytes < 0 ? {} : { freeFloorBytes: logs.diskFreeFloorBytes }),
  }
}
