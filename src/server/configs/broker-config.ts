/**
 * The broker configs that the broker itself looks at, typed, by the part that needs them. Being read here is what
 * makes a config have an effect; every other one is accepted and described as having none.
 */
import { brokerTable } from './broker-table.ts'
import type { ConfigDefinition } from './definition.ts'

/** Gives the effective value of one config. */
export type ReadConfig = <Value>(definition: ConfigDefinition<Value>) => Value

export type BrokerConfig = ReturnType<typeof readBrokerConfig>

const MINUTE_MS = 60_000

export function readBrokerConfig(read: ReadConfig) {
  return {
    node: node(read),
    topics: topics(read),
    network: network(read),
    logs: logs(read),
    replication: replication(read),
    groups: groups(read),
    offsetsTopic: offsetsTopic(read),
    transactions: transactions(read),
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
    listeners: read(brokerTable.listeners),
    /** `null` where each client is told the address that it used. */
    advertisedListeners: read(brokerTable['advertised.listeners']),
    socketRequestMaxBytes: read(brokerTable['socket.request.max.bytes']),
    socketListenBacklogSize: read(brokerTable['socket.listen.backlog.size']),
    /** Negative: idle connections stay open. */
    connectionsMaxIdleMs: read(brokerTable['connections.max.idle.ms']),
    maxConnections: read(brokerTable['max.connections']),
    maxConnectionsPerIp: read(brokerTable['max.connections.per.ip']),
    maxConnectionsPerIpOverrides: connectionsByHost(read(brokerTable['max.connections.per.ip.overrides'])),
    queuedMaxRequests: read(brokerTable['queued.max.requests']),
    requestMemoryBytes: requestMemoryBytes(read),
    fetchMaxBytes: read(brokerTable['fetch.max.bytes']),
    maxFetchSessions: read(brokerTable['max.incremental.fetch.session.cache.slots']),
    requestTimeoutMs: read(brokerTable['request.timeout.ms']),
  }
}

function logs(read: ReadConfig) {
  return {
    /** log.dirs, or else log.dir. */
    directories: read(brokerTable['log.dirs']) ?? read(brokerTable['log.dir']),
    retentionCheckIntervalMs: read(brokerTable['log.retention.check.interval.ms']),
    flushSchedulerIntervalMs: read(brokerTable['log.flush.scheduler.interval.ms']),
    recoveryPointCheckpointIntervalMs: read(brokerTable['log.flush.offset.checkpoint.interval.ms']),
    startOffsetCheckpointIntervalMs: read(brokerTable['log.flush.start.offset.checkpoint.interval.ms']),
    backgroundFlushIntervalMs: read(brokerTable['odradek.flush.background.ms']),
    tailCacheBytes: read(brokerTable['odradek.tail.cache.bytes']),
    /** -1: the larger of 1 GiB and 5 %, less on tiny disks. */
    diskFreeFloorBytes: read(brokerTable['odradek.disk.free.floor.bytes']),
    cleanerEnable: read(brokerTable['log.cleaner.enable']),
    cleanerBackoffMs: read(brokerTable['log.cleaner.backoff.ms']),
    producerIdExpirationMs: read(brokerTable['producer.id.expiration.ms']),
    producerIdExpirationCheckIntervalMs: read(brokerTable['producer.id.expiration.check.interval.ms']),
  }
}

function replication(read: ReadConfig) {
  return {
    replicaLagTimeMaxMs: read(brokerTable['replica.lag.time.max.ms']),
    fetchMaxBytes: read(brokerTable['replica.fetch.max.bytes']),
    fetchMinBytes: read(brokerTable['replica.fetch.min.bytes']),
    fetchResponseMaxBytes: read(brokerTable['replica.fetch.response.max.bytes']),
    fetchWaitMaxMs: read(brokerTable['replica.fetch.wait.max.ms']),
    fetchBackoffMs: read(brokerTable['replica.fetch.backoff.ms']),
    socketTimeoutMs: read(brokerTable['replica.socket.timeout.ms']),
    highWatermarkCheckpointIntervalMs: read(brokerTable['replica.high.watermark.checkpoint.interval.ms']),
    brokerHeartbeatIntervalMs: read(brokerTable['broker.heartbeat.interval.ms']),
    brokerSessionTimeoutMs: read(brokerTable['broker.session.timeout.ms']),
    controlledShutdownEnable: read(brokerTable['controlled.shutdown.enable']),
    autoLeaderRebalanceEnable: read(brokerTable['auto.leader.rebalance.enable']),
    leaderImbalanceCheckIntervalSeconds: read(brokerTable['leader.imbalance.check.interval.seconds']),
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
    offsetsCommitTimeoutMs: read(brokerTable['offsets.commit.timeout.ms']),
    evictOnClose: read(brokerTable['odradek.group.evict.on.close']),
    evictGraceMs: read(brokerTable['odradek.group.evict.grace.ms']),
  }
}

function offsetsTopic(read: ReadConfig) {
  return {
    numPartitions: read(brokerTable['offsets.topic.num.partitions']),
    /** A wish: bounded by the brokers there are. */
    replicationFactor: read(brokerTable['offsets.topic.replication.factor']),
    segmentBytes: read(brokerTable['offsets.topic.segment.bytes']),
  }
}

function transactions(read: ReadConfig) {
  return {
    maxTimeoutMs: read(brokerTable['transaction.max.timeout.ms']),
    transactionalIdExpirationMs: read(brokerTable['transactional.id.expiration.ms']),
    abortTimedOutIntervalMs: read(brokerTable['transaction.abort.timed.out.transaction.cleanup.interval.ms']),
    removeExpiredIntervalMs: read(brokerTable['transaction.remove.expired.transaction.cleanup.interval.ms']),
    partitionVerificationEnable: read(brokerTable['transaction.partition.verification.enable']),
    numPartitions: read(brokerTable['transaction.state.log.num.partitions']),
    /** A wish: bounded by the brokers there are. */
    replicationFactor: read(brokerTable['transaction.state.log.replication.factor']),
    /** Bounded by the replicas that the topic has. */
    minIsr: read(brokerTable['transaction.state.log.min.isr']),
    segmentBytes: read(brokerTable['transaction.state.log.segment.bytes']),
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
