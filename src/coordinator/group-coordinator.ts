import { CONSUMER_OFFSETS } from '../replication/topic-name.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/log.ts'
import type { Random } from '../runtime/random.ts'
import { KafkaError, NONE } from '../wire/errors.ts'
import type { JoinRequest } from './classic/draft.ts'
import type { ClassicGroup, JoinReply, Parked, SyncReply } from './classic/group.ts'
import type { HeartbeatRequest, LeaveResult, LeavingMember, SyncRequest } from './classic/membership.ts'
import { type ConsumerGroupConfig, instantConsumerConfig } from './consumer/config.ts'
import type { ConsumerLeave } from './consumer/consumer-groups.ts'
import type { ConsumerGroupDescription } from './consumer/description.ts'
import type { ConsumerHeartbeat, ConsumerHeartbeatReply } from './consumer/heartbeat.ts'
import { loadRegexEngine } from './consumer/regular-expressions.ts'
import type { CoordinatorLog, TransactionEnd, TransactionSource } from './coordinator-log.ts'
import type { GroupType } from './group.ts'
import { type GroupConfig, instantGroupConfig } from './group-config.ts'
import type { GroupEnvironment } from './group-kind.ts'
import { GroupShard, type ListedGroup } from './group-shard.ts'
import { type GroupTopics, noTopics } from './group-topics.ts'
import { LedShards } from './led-shards.ts'
import { type MemberConnection, MemberConnections } from './member-connections.ts'
import { freshMemberId } from './member-id.ts'
import type { OffsetCommit, OffsetDeleteTopic, TopicResult } from './offsets/offset-decisions.ts'
import type { OffsetFetchTopic, OffsetFetchTopicResult } from './offsets/offset-fetch.ts'
import { partitionOfGroup } from './partition-of-group.ts'
import type { Soon } from './shard.ts'
import { noShareGroups, type ShareEnvironment } from './share/share-environment.ts'
import type { ShareGroups, ShareHeartbeatReply } from './share/share-groups.ts'
import type { ShareHeartbeatRequest } from './share/share-heartbeat.ts'
import { noStreamsGroups, type StreamsEnvironment } from './streams/config.ts'
import type { StreamsGroupDescription } from './streams/description.ts'
import type { StreamsHeartbeat, StreamsHeartbeatReply } from './streams/heartbeat.ts'
import type { StreamsLeave } from './streams/streams-groups.ts'

export interface GroupCoordinatorOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly config?: GroupConfig
  /** What is set for one consumer group, by itself or by the broker; looked at with every decision. */
  readonly consumerConfig?: (groupId: string) => ConsumerGroupConfig
  /** offsets.topic.num.partitions; must never change while there are groups. */
  readonly partitionCount?: () => number
  /** The topics of the cluster as they are now. */
  readonly topics?: () => GroupTopics
  readonly share?: ShareEnvironment
  readonly streams?: StreamsEnvironment
}

/** A JoinGroup request as handlers pass it on; the coordinator makes up the member id. */
export type JoinIntent = Omit<JoinRequest, 'freshMemberId'>

/**
 * All groups that this broker coordinates: those whose partition of `__consumer_offsets` it leads. Requests for
 * others throw NOT_COORDINATOR, for those still being read COORDINATOR_LOAD_IN_PROGRESS; every method that takes a
 * request may throw a `KafkaError`, or reject with one when what it did was lost.
 */
export class GroupCoordinator {
  readonly #random: Random
  readonly #environment: GroupEnvironment
  readonly #shards: LedShards<GroupShard>
  readonly #connections: MemberConnections
  readonly #partitionCount: () => number
  #config: GroupConfig

  constructor(options: GroupCoordinatorOptions) {
    const { clock, random, logger, config = instantGroupConfig } = options
    this.#random = random
    this.#config = config
    this.#partitionCount = options.partitionCount ?? (() => 50)
    const current = () => this.#config
    this.#environment = {
      clock,
      logger,
      topics: options.topics ?? (() => noTopics),
      consumerConfig: options.consumerConfig ?? (() => instantConsumerConfig),
      share: options.share ?? noShareGroups,
      streams: options.streams ?? noStreamsGroups,
      get config() {
        return current()
      },
    }
    this.#shards = new LedShards({
      clock,
      logger,
      topic: CONSUMER_OFFSETS,
      tidying: {
        intervalMs: () => this.#config.offsetsRetentionCheckIntervalMs,
        tidy: (shard) => shard.expireOffsets(),
      },
    })
    this.#connections = new MemberConnections(
      clock,
      () => this.#config.evictGraceMs,
      (groupId, memberId) => this.#evict(groupId, memberId),
    )
  }

  /** Takes effect with the next decision. */
  configure(config: GroupConfig): void {
    this.#config = config
    this.#shards.configured()
  }

  get partitionCount(): number {
    return this.#partitionCount()
  }

  /** Which partition of `__consumer_offsets` a group belongs to. */
  partitionOf(groupId: string): number {
    return partitionOfGroup(groupId, this.partitionCount)
  }

  /**
   * This broker leads the partition now. Serves its groups at once when the log is empty, else when the promise
   * resolves; it never rejects: a log that can't be read leaves the partition unserved.
   */
  lead(partition: number, log: CoordinatorLog): Promise<void> | undefined {
    return this.#shards.lead(partition, (onLost) => new GroupShard(log, this.#environment, onLost))
  }

  /** This broker doesn't lead the partition any more. Requests that wait there are sent to look for who does. */
  resign(partition: number): void {
    this.#shards.resign(partition)
  }

  close(): void {
    this.#shards.close()
  }

  join(intent: JoinIntent, connection: MemberConnection): Promise<JoinReply> {
    requireGroupId(intent.groupId)
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#config
    if (intent.sessionTimeoutMs < minSessionTimeoutMs || intent.sessionTimeoutMs > maxSessionTimeoutMs)
      throw new KafkaError('INVALID_SESSION_TIMEOUT')
    const shard = this.#shardOf(intent.groupId)
    const { clientId, groupInstanceId } = intent
    const request = { ...intent, freshMemberId: freshMemberId(this.#random, groupInstanceId ?? clientId) }
    const memberId = intent.memberId === '' ? request.freshMemberId : intent.memberId
    const reply = answer<JoinReply>((parked) => shard.join(request, parked))
    this.#heardOver(connection, shard, intent.groupId, memberId)
    return reply
  }

  sync(request: SyncRequest, connection: MemberConnection): Promise<SyncReply> {
    requireGroupId(request.groupId)
    const shard = this.#shardOf(request.groupId)
    this.#heardOver(connection, shard, request.groupId, request.memberId)
    return answer<SyncReply>((parked) => shard.sync(request, parked))
  }

  /** The error code of the answer. */
  heartbeat(request: HeartbeatRequest, connection: MemberConnection): Soon<number> {
    requireGroupId(request.groupId)
    const shard = this.#shardOf(request.groupId)
    // While the state is still being read nothing can be said against the member, so it is not alarmed.
    if (shard.status === 'loading') return NONE
    this.#heardOver(connection, shard, request.groupId, request.memberId)
    return shard.heartbeat(request)
  }

  leave(groupId: string, members: readonly LeavingMember[]): Soon<readonly LeaveResult[]> {
    requireGroupId(groupId)
    for (const { memberId } of members) this.#connections.forget(groupId, memberId)
    return this.#shardOf(groupId).leave(groupId, members)
  }

  /** An id for a client that leaves it to the broker to make one up. */
  freshConsumerMemberId(): string {
    return this.#random.bytes(16).toString('base64url')
  }

  /** A member of a consumer group (KIP-848) joins, reports and learns. */
  consumerHeartbeat(request: ConsumerHeartbeat, connection: MemberConnection): Soon<ConsumerHeartbeatReply> {
    const { groupId, memberId, subscribedTopicRegex } = request
    const loading =
      subscribedTopicRegex === null || subscribedTopicRegex === '' ? undefined : loadRegexEngine()
    if (loading !== undefined) return loading.then(() => this.consumerHeartbeat(request, connection))
    this.#requireConsumerProtocol(groupId)
    const shard = this.#shardOf(groupId)
    const reply = shard.consumer.heartbeat(request)
    this.#heardOver(connection, shard, groupId, memberId)
    return reply
  }

  consumerLeave(request: ConsumerLeave): Soon<void> {
    const { groupId, memberId } = request
    this.#requireConsumerProtocol(groupId)
    this.#connections.forget(groupId, memberId)
    return this.#shardOf(groupId).consumer.leave(request)
  }

  /** Throws GROUP_ID_NOT_FOUND, or rejects with it, if there is no consumer group of that name. */
  describeConsumer(groupId: string): Soon<ConsumerGroupDescription> {
    requireGroupId(groupId)
    this.#requireConsumerProtocol(groupId)
    return this.#shardOf(groupId).consumer.describe(groupId)
  }

  /** `topics` name partitions that exist; whoever calls has sorted out the others. */
  commit(
    request: OffsetCommit,
    connection: MemberConnection,
    transaction?: TransactionSource,
  ): Soon<readonly TopicResult[]> {
    const { groupId, memberId } = request
    const shard = this.#shardOf(groupId)
    this.#heardOver(connection, shard, groupId, memberId)
    return shard.commit(request, transaction)
  }

  /** A member of a consumer group says who it is and in which epoch (KIP-848). */
  fetch(
    groupId: string,
    topics: readonly OffsetFetchTopic[] | null,
    requireStable: boolean,
    memberId: string | null = null,
    memberEpoch = -1,
  ): Soon<readonly OffsetFetchTopicResult[]> {
    return this.#shardOf(groupId).fetch(groupId, topics, requireStable, memberId, memberEpoch)
  }

  deleteOffsets(groupId: string, topics: readonly OffsetDeleteTopic[]): Soon<readonly TopicResult[]> {
    requireGroupId(groupId)
    return this.#shardOf(groupId).deleteOffsets(groupId, topics)
  }

  /** The classic group of that name, if there is one. */
  describe(groupId: string): Soon<ClassicGroup | undefined> {
    return this.#shardOf(groupId).describe(groupId)
  }

  /** What kind of group has this name; undefined if none has. */
  typeOf(groupId: string): GroupType | undefined {
    return this.#shardOf(groupId).typeOf(groupId)
  }

  /** Groups that this broker coordinates. */
  async list(): Promise<ListedGroup[]> {
    const lists = await Promise.all(this.#shards.readable().map((shard) => shard.list()))
    return lists.flat()
  }

  delete(groupId: string): Soon<void> {
    const shard = this.#shardOf(groupId)
    const kept = shard.share.sharePartitions(groupId)
    const deleted = shard.delete(groupId)
    // A share group's states go with it.
    return kept.length === 0 ? deleted : shard.share.deleteStates(kept, deleted)
  }

  shareHeartbeat(request: ShareHeartbeatRequest, connection: MemberConnection): Soon<ShareHeartbeatReply> {
    const shard = this.#shardOf(request.groupId)
    const reply = shard.share.heartbeat(request)
    this.#heardOver(connection, shard, request.groupId, request.memberId)
    return reply
  }

  /** The share groups among which this one is, or would be. */
  shareGroups(groupId: string): ShareGroups {
    return this.#shardOf(groupId).share
  }

  /** A member of a streams group (KIP-1071) joins, reports and learns. */
  streamsHeartbeat(request: StreamsHeartbeat, connection: MemberConnection): Soon<StreamsHeartbeatReply> {
    this.#requireStreamsProtocol(request.groupId)
    const shard = this.#shardOf(request.groupId)
    const reply = shard.streams.heartbeat(request)
    this.#heardOver(connection, shard, request.groupId, request.memberId)
    return reply
  }

  streamsLeave(request: StreamsLeave): Soon<void> {
    this.#requireStreamsProtocol(request.groupId)
    this.#connections.forget(request.groupId, request.memberId)
    return this.#shardOf(request.groupId).streams.leave(request)
  }

  /** Throws GROUP_ID_NOT_FOUND, or rejects with it, if there is no streams group of that name. */
  describeStreams(groupId: string): Soon<StreamsGroupDescription> {
    requireGroupId(groupId)
    this.#requireStreamsProtocol(groupId)
    return this.#shardOf(groupId).streams.describe(groupId)
  }

  /** Topics are gone, and what was committed for them goes too. */
  topicsDeleted(names: readonly string[]): void {
    for (const shard of this.#shards.values())
      for (const name of names) this.#shards.tidy(() => shard.forgetTopic(name))
  }

  /**
   * A transaction that may have committed offsets in this partition ends: writes its marker there. Throws what the
   * log throws, in its own words, since a broker asks here and no client.
   */
  endTransaction(partition: number, end: TransactionEnd): Soon<void> {
    const shard = this.#shards.get(partition)
    if (shard === undefined) throw new KafkaError('NOT_LEADER_OR_FOLLOWER')
    return shard.endTransaction(end)
  }

  /** How many members are known by their connections; for tests and tools. */
  get connectedMembers(): number {
    return this.#connections.size
  }

  /** For tests and tools. */
  shard(partition: number): GroupShard | undefined {
    return this.#shards.get(partition)
  }

  #shardOf(groupId: string): GroupShard {
    return this.#shards.require(this.partitionOf(groupId))
  }

  #requireConsumerProtocol(groupId: string): void {
    if (!this.#environment.consumerConfig(groupId).isEnabled) throw new KafkaError('UNSUPPORTED_VERSION')
  }

  #requireStreamsProtocol(groupId: string): void {
    if (!this.#environment.streams.config(groupId).isEnabled) throw new KafkaError('UNSUPPORTED_VERSION')
  }

  /** Only of members is anything remembered: a client may make up as many ids as it likes. */
  #heardOver(connection: MemberConnection, shard: GroupShard, groupId: string, memberId: string): void {
    if (this.#config.evictOnClose && shard.hasDynamicMember(groupId, memberId))
      this.#connections.heardOver(connection, groupId, memberId)
  }

  #evict(groupId: string, memberId: string): void {
    this.#shards.get(this.partitionOf(groupId))?.evict(groupId, memberId, 'its connection has closed')
  }
}

/** An empty group id is only good for offsets, as Kafka keeps it for clients from before groups. */
function requireGroupId(groupId: string): void {
  if (groupId === '') throw new KafkaError('INVALID_GROUP_ID')
}

/** The answer to a request, which may be given long after it was asked, or refused. */
function answer<T>(ask: (parked: Parked<T>) => Soon<void>): Promise<T> {
  return new Promise((resolve, reject) => {
    const asked = ask({ answer: resolve })
    if (asked instanceof Promise) asked.catch(reject)
  })
}
