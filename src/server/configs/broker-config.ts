/**
 * The broker configs that the broker itself looks at, typed, by the part that needs them. Being read here is what
 * makes a config have an effect; every other one is accepted and described as having none.
 */
import { type MigrationPolicy, migrationPolicies } from '../../coordinator/consumer/config.ts'
import { brokerTable } from './broker-table.ts'
import type { ConfigDefinition } from './definition.ts'

/** Gives the effective value of one config. */
export type ReadConfig = <Value>(definition: ConfigDefinition<Value>) => Value

export type BrokerConfig = ReturnType<typeof readBrokerConfig>

const SECOND_MS = 1_000
const MINUTE_MS = 60_000

export function readBrokerConfig(read: ReadConfig) {
  return {
    node: node(read),
    topics: topics(read),
    network: network(read),
    logs: logs(read),
    cleaner: cleaner(read),
    groups: groups(read),
    consumerGroups: consumerGroups(read),
    offsetsTopic: offsetsTopic(read),
    quotas: quotas(read),
    transactionTopic: transactionTopic(read),
    transactions: transactions(read),
    shareStateTopic: shareStateTopic(read),
    share: share(read),
    streams: streams(read),
  } as const
}

function node(read: ReadConfig) {
  return {
    id: read(brokerTable['node.id']),
    rack: read(brokerTable['broker.rack']),
    profile: read(brokerTable['odradek.profile']),
  }
}

function topics(read: ReadConfig) {
  return {
    numPartitions: read(brokerTable['num.partitions']),
    defaultReplicationFactor: read(brokerTable['default.replication.factor']),
    autoCreateTopicsEnable: read(brokerTable['auto.create.topics.enable']),
    deleteTopicEnable: read(brokerTable['delete.topic.enable']),
    /** Most partitions named in one answer of DescribeTopicPartitions. */
    maxRequestPartitionSizeLimit: read(brokerTable['max.request.partition.size.limit']),
  }
}

function network(read: ReadConfig) {
  return {
    socketRequestMaxBytes: read(brokerTable['socket.request.max.bytes']),
    /** Negative: idle connections stay open. */
    connectionsMaxIdleMs: read(brokerTable['connections.max.idle.ms']),
    maxConnections: read(brokerTable['max.connections']),
    maxConnectionsPerIp: read(brokerTable['max.connections.per.ip']),
    maxConnectionsPerIpOverrides: connectionsByHost(read(brokerTable['max.connections.per.ip.overrides'])),
    requestMemoryBytes: requestMemoryBytes(read),
    fetchMaxBytes: read(brokerTable['fetch.max.bytes']),
    /** Of one push of a client's metrics. */
    telemetryMaxBytes: read(brokerTable['telemetry.max.bytes']),
    maxFetchSessions: read(brokerTable['max.incremental.fetch.session.cache.slots']),
  }
}

function logs(read: ReadConfig) {
  return {
    retentionCheckIntervalMs: read(brokerTable['log.retention.check.interval.ms']),
    recoveryPointCheckpointIntervalMs: read(brokerTable['log.flush.offset.checkpoint.interval.ms']),
    backgroundFlushIntervalMs: read(brokerTable['odradek.flush.background.ms']),
    tailCacheBytes: read(brokerTable['odradek.tail.cache.bytes']),
    /** -1: the larger of 1 GiB and 5 %, less on tiny disks. */
    diskFreeFloorBytes: read(brokerTable['odradek.disk.free.floor.bytes']),
    producerIdExpirationMs: read(brokerTable['producer.id.expiration.ms']),
  }
}

/** What compaction's `CleanerConfig` asks for. */
function cleaner(read: ReadConfig) {
  return {
    enabled: read(brokerTable['log.cleaner.enable']) && read(brokerTable['log.cleaner.threads']) > 0,
    backoffMs: read(brokerTable['log.cleaner.backoff.ms']),
    dedupeBufferBytes: read(brokerTable['log.cleaner.dedupe.buffer.size']),
    loadFactor: read(brokerTable['log.cleaner.io.buffer.load.factor']),
    ioBufferBytes: read(brokerTable['log.cleaner.io.buffer.size']),
    ioMaxBytesPerSecond: read(brokerTable['log.cleaner.io.max.bytes.per.second']),
    eager: read(brokerTable['odradek.log.cleaner.eager']),
  }
}

/** What the group coordinator's `GroupConfig` asks for, and the rest that it needs about offsets. */
function groups(read: ReadConfig) {
  return {
    minSessionTimeoutMs: read(brokerTable['group.min.session.timeout.ms']),
    maxSessionTimeoutMs: read(brokerTable['group.max.session.timeout.ms']),
    maxSize: read(brokerTable['group.max.size']),
    initialRebalanceDelayMs: read(brokerTable['group.initial.rebalance.delay.ms']),
    offsetMetadataMaxBytes: read(brokerTable['offset.metadata.max.bytes']),
    offsetsRetentionMs: read(brokerTable['offsets.retention.minutes']) * MINUTE_MS,
    offsetsRetentionCheckIntervalMs: read(brokerTable['offsets.retention.check.interval.ms']),
    evictOnClose: read(brokerTable['odradek.group.evict.on.close']),
    evictGraceMs: read(brokerTable['odradek.group.evict.grace.ms']),
  }
}

/** What consumer groups have in common; what each may set for itself is in `readConsumerGroupConfig`. */
function consumerGroups(read: ReadConfig) {
  return {
    maxSize: read(brokerTable['group.consumer.max.size']),
    assignors: read(brokerTable['group.consumer.assignors']).map(assignorName),
    migrationPolicy: migrationPolicy(read(brokerTable['group.consumer.migration.policy'])),
    regexRefreshIntervalMs: read(brokerTable['group.consumer.regex.refresh.interval.ms']),
    isEnabled: read(brokerTable['group.coordinator.rebalance.protocols']).includes('consumer'),
  }
}

/** Kafka's own assignors may also be named by their classes. */
function assignorName(name: string): string {
  const [, simple] = /^org\.apache\.kafka\.coordinator\.group\.assignor\.(\w+)Assignor$/.exec(name) ?? []
  return simple?.toLowerCase() ?? name
}

function migrationPolicy(text: string): MigrationPolicy {
  const policy = migrationPolicies.find((each) => each === text.toUpperCase())
  return policy ?? 'BIDIRECTIONAL'
}

function offsetsTopic(read: ReadConfig) {
  return {
    numPartitions: read(brokerTable['offsets.topic.num.partitions']),
    /** A wish: bounded by the brokers there are. */
    replicationFactor: read(brokerTable['offsets.topic.replication.factor']),
    segmentBytes: read(brokerTable['offsets.topic.segment.bytes']),
  }
}

function transactionTopic(read: ReadConfig) {
  return {
    numPartitions: read(brokerTable['transaction.state.log.num.partitions']),
    /** A wish, as is what must be in sync: bounded by the brokers there are. */
    replicationFactor: read(brokerTable['transaction.state.log.replication.factor']),
    minInSyncReplicas: read(brokerTable['transaction.state.log.min.isr']),
    segmentBytes: read(brokerTable['transaction.state.log.segment.bytes']),
  }
}

/** What the transaction coordinator's `TransactionConfig` asks for, and the rest that partitions need. */
function transactions(read: ReadConfig) {
  return {
    maxTimeoutMs: read(brokerTable['transaction.max.timeout.ms']),
    timeoutCheckIntervalMs: read(brokerTable['transaction.abort.timed.out.transaction.cleanup.interval.ms']),
    idExpirationMs: read(brokerTable['transactional.id.expiration.ms']),
    idExpirationCheckIntervalMs: read(
      brokerTable['transaction.remove.expired.transaction.cleanup.interval.ms'],
    ),
    endingPatienceMs: read(brokerTable['add.partitions.to.txn.retry.backoff.max.ms']),
    twoPhaseCommitEnable: read(brokerTable['transaction.two.phase.commit.enable']),
    verifyPartitions: read(brokerTable['transaction.partition.verification.enable']),
  }
}

function shareStateTopic(read: ReadConfig) {
  return {
    numPartitions: read(brokerTable['share.coordinator.state.topic.num.partitions']),
    /** A wish, as is what must be in sync: bounded by the brokers there are. */
    replicationFactor: read(brokerTable['share.coordinator.state.topic.replication.factor']),
    minInSyncReplicas: read(brokerTable['share.coordinator.state.topic.min.isr']),
    segmentBytes: read(brokerTable['share.coordinator.state.topic.segment.bytes']),
  }
}

function quotas(read: ReadConfig) {
  return {
    client: {
      sampleCount: read(brokerTable['quota.window.num']),
      windowMs: read(brokerTable['quota.window.size.seconds']) * SECOND_MS,
    },
    controller: {
      sampleCount: read(brokerTable['controller.quota.window.num']),
      windowMs: read(brokerTable['controller.quota.window.size.seconds']) * SECOND_MS,
    },
  }
}

/** What streams groups have in common; what each may set for itself is in `readStreamsGroupConfig`. */
function streams(read: ReadConfig) {
  return {
    maxSize: read(brokerTable['group.streams.max.size']),
    isSpoken: read(brokerTable['group.coordinator.rebalance.protocols']).includes('streams'),
  }
}

/** What share groups have in common; what each may set for itself is in `readShareGroupConfig`. */
function share(read: ReadConfig) {
  return {
    maxSessions: read(brokerTable['group.share.max.share.sessions']),
    maxSize: read(brokerTable['group.share.max.size']),
    updatesPerSnapshot: read(brokerTable['share.coordinator.snapshot.update.records.per.snapshot']),
    coldSnapshotIntervalMs: read(brokerTable['share.coordinator.cold.partition.snapshot.interval.ms']),
    pruneIntervalMs: read(brokerTable['share.coordinator.state.topic.prune.interval.ms']),
    deadLetters: {
      autoCreate: read(brokerTable['errors.deadletterqueue.auto.create.topics.enable']),
      namePrefix: read(brokerTable['errors.deadletterqueue.topic.name.prefix']),
    },
  }
}

/** queued.max.request.bytes where it is set, our own bound where it isn't: memory is never unbounded. */
function requestMemoryBytes(read: ReadConfig): number {
  const queued = read(brokerTable['queued.max.request.bytes'])
  const ours = read(brokerTable['odradek.request.memory.bytes'])
  return queued > 0 ? queued : ours
}

/** `host:limit` pairs; what isn't one is passed over. */
function connectionsByHost(pairs: string): ReadonlyMap<string, number> {
  const limits = new Map<string, number>()
  for (const pair of pairs.split(',')) {
    const [, host, limit] = /^\s*(.+):(\d+)\s*$/.exec(pair) ?? []
    if (host !== undefined && limit !== undefined) limits.set(host, Number(limit))
  }
  return limits
}
