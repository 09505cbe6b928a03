import { KafkaError } from '../wire/errors.ts'
import { ClassicGroups } from './classic/classic-groups.ts'
import type { JoinRequest } from './classic/draft.ts'
import type { ClassicGroup, JoinReply, Parked, SyncReply } from './classic/group.ts'
import type { HeartbeatRequest, LeaveResult, LeavingMember, SyncRequest } from './classic/membership.ts'
import { ConsumerGroups } from './consumer/consumer-groups.ts'
import { consumerGroupFormat } from './consumer/records.ts'
import type {
  CoordinatorLog,
  CoordinatorRecord,
  TransactionEnd,
  TransactionSource,
} from './coordinator-log.ts'
import { type Group, type GroupType, groupNotFound } from './group.ts'
import type { GroupEnvironment, GroupHost, GroupKind } from './group-kind.ts'
import { GroupState } from './group-state.ts'
import { DurableGroups } from './modern/durable-groups.ts'
import type { OffsetCommit, OffsetDeleteTopic, TopicResult } from './offsets/offset-decisions.ts'
import {
  commitError,
  commitOffsets,
  deleteAllOffsets,
  deleteOffsets,
  expireOffsets,
  forgetTopic,
} from './offsets/offset-decisions.ts'
import type { OffsetFetchTopic, OffsetFetchTopicResult } from './offsets/offset-fetch.ts'
import { fetchAllOffsets, fetchOffsets } from './offsets/offset-fetch.ts'
import { coordinatorError, Shard, type ShardStatus, type Soon } from './shard.ts'
import { ShareGroupStore } from './share/share-group-store.ts'
import { ShareGroups } from './share/share-groups.ts'
import { streamsGroupFormat } from './streams/records.ts'
import { StreamsGroups } from './streams/streams-groups.ts'

/** A group as ListGroups shows it. */
export interface ListedGroup {
  readonly groupId: string
  readonly type: GroupType
  readonly protocolType: string
  readonly state: string
}

/** Clean-up may write any number of tombstones; no batch of them should be refused for its size. */
const TOMBSTONES_PER_BATCH = 1_000

/**
 * The groups of one partition of `__consumer_offsets`, of all kinds, with their offsets. Requests are decided at once,
 * in the order in which they come; what they are answered waits until it is committed. Each kind has a folder of its
 * own; here is what they share, and where a request goes that may be meant for more than one.
 */
export class GroupShard {
  readonly consumer: ConsumerGroups
  readonly #environment: GroupEnvironment
  readonly #state: GroupState
  readonly #shard: Shard
  readonly #classic: ClassicGroups
  readonly share: ShareGroups
  readonly streams: StreamsGroups
  /** All of them; a group id is looked for in this order, classic groups last: any group may leave offsets. */
  readonly #kinds: readonly GroupKind[]

  constructor(log: CoordinatorLog, environment: GroupEnvironment, onLost: (error: KafkaError) => void) {
    this.#environment = environment
    const consumer = new DurableGroups(consumerGroupFormat)
    const share = new ShareGroupStore()
    const streams = new DurableGroups(streamsGroupFormat)
    this.#state = new GroupState(environment.logger, [consumer, share, streams])
    this.#shard = new Shard(log, this.#state, environment.clock, onLost)
    const host = this.#host()
    this.#classic = new ClassicGroups(host, this.#state.groups, this.#state.offsets)
    this.consumer = new ConsumerGroups(host, consumer.groups, this.#classic)
    this.share = new ShareGroups(host, share, environment.share)
    this.streams = new StreamsGroups(host, streams.groups, this.#classic)
    this.#kinds = [this.consumer, this.share, this.streams, this.#classic]
    if (log.isEmpty) this.#shard.activate()
  }

  get status(): ShardStatus {
    return this.#shard.status
  }

  /** The durable part, for tests and tools. */
  get state(): Pick<GroupState, 'groups' | 'offsets'> {
    return this.#state
  }

  async load(): Promise<void> {
    await this.#shard.load()
    if (this.#shard.status !== 'active') return
    for (const kind of this.#kinds) kind.onLoaded()
  }

  /** Stops for good; every request that waits here hears `error`. */
  close(error: KafkaError): void {
    this.#shard.close(error)
    for (const kind of this.#kinds) kind.close(error)
  }

  /** A consumer group takes members of the classic protocol while it has any; an empty one gives way to a classic one. */
  join(request: JoinRequest, parked: Parked<JoinReply>): Soon<void> {
    this.#shard.requireActive()
    const group = this.#find(request.groupId)
    if (group?.type === 'consumer' && !group.isEmpty)
      return answered(this.consumer.joinClassic(request), parked)
    if (group !== undefined && group.type !== 'classic') {
      if (group.type === 'share' || !group.isEmpty) throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
      if (request.memberId === '') this.#retire(group)
    }
    this.#classic.join(request, parked)
  }

  sync(request: SyncRequest, parked: Parked<SyncReply>): Soon<void> {
    const group = this.#groupOfMember(request.groupId)
    if (group.type === 'consumer') return answered(this.consumer.syncClassic(request), parked)
    this.#classic.sync(request, parked)
  }

  /** The error code of the answer. */
  heartbeat(request: HeartbeatRequest): Soon<number> {
    const group = this.#groupOfMember(request.groupId)
    if (group.type === 'consumer') return this.consumer.heartbeatClassic(request)
    return this.#classic.heartbeat(request)
  }

  leave(groupId: string, members: readonly LeavingMember[]): Soon<readonly LeaveResult[]> {
    const group = this.#groupOfMember(groupId)
    if (group.type === 'consumer') return this.consumer.leaveClassic(groupId, members)
    return this.#classic.leave(groupId, members)
  }

  /** Whether somebody of this id is in the group, or was given it to join with, and is no static member. */
  hasDynamicMember(groupId: string, memberId: string): boolean {
    return this.#kinds.some((kind) => kind.hasDynamicMember(groupId, memberId))
  }

  /** Takes out a member whose client is gone; nothing happens if it is not in the group any more. */
  evict(groupId: string, memberId: string, reason: string): void {
    if (this.#shard.status !== 'active') return
    for (const kind of this.#kinds) kind.evict(groupId, memberId, reason)
  }

  commit(request: OffsetCommit, transaction?: TransactionSource): Soon<readonly TopicResult[]> {
    this.#shard.requireActive()
    const { clock, config } = this.#environment
    const group = this.#find(request.groupId)
    const error = commitError(group, request)
    if (error !== undefined) throw new KafkaError(error)
    this.#classic.committed(request.groupId, request.memberId)
    const { records, topics } = commitOffsets(request, clock.nowMs(), config)
    this.#appendOffsets(records, transaction)
    if (records.length > 0 && group === undefined) this.#classic.keepInSight(request.groupId)
    return this.#shard.told(topics)
  }

  /**
   * Committed offsets: of the partitions asked for, or of all with `topics` null. A member says who it is and in which
   * epoch (KIP-848); `null` and -1 stand for anybody else.
   */
  fetch(
    groupId: string,
    topics: readonly OffsetFetchTopic[] | null,
    requireStable: boolean,
    memberId: string | null,
    memberEpoch: number,
  ): Soon<readonly OffsetFetchTopicResult[]> {
    this.#shard.requireActive()
    const refusal = this.#find(groupId)?.fetchRefusal(memberId, memberEpoch)
    if (refusal !== undefined) throw new KafkaError(refusal)
    const { offsets } = this.#state
    return this.#shard.told(
      topics === null
        ? fetchAllOffsets(groupId, offsets, requireStable)
        : fetchOffsets(groupId, topics, offsets, requireStable),
    )
  }

  deleteOffsets(groupId: string, topics: readonly OffsetDeleteTopic[]): Soon<readonly TopicResult[]> {
    this.#shard.requireActive()
    const group = this.#find(groupId)
    if (group === undefined) throw new KafkaError('GROUP_ID_NOT_FOUND')
    const refusal = group.offsetDeletionRefusal()
    if (refusal !== undefined) throw new KafkaError(refusal)
    if (group.type === 'classic') this.#classic.keepInSight(groupId)
    const decision = deleteOffsets(group, this.#state.offsets, topics)
    this.#appendOffsets(decision.records)
    return this.#shard.told(decision.topics)
  }

  /** The classic group, or nothing if there is none of that name. */
  describe(groupId: string): Soon<ClassicGroup | undefined> {
    this.#shard.requireActive()
    const isOther = (this.#find(groupId)?.type ?? 'classic') !== 'classic'
    return this.#shard.told(isOther ? undefined : this.#classic.get(groupId))
  }

  /** What kind of group has this name; undefined if none has. */
  typeOf(groupId: string): GroupType | undefined {
    this.#shard.requireActive()
    return this.#find(groupId)?.type
  }

  list(): Soon<readonly ListedGroup[]> {
    this.#shard.requireActive()
    return this.#shard.told(this.#groups().map(listed))
  }

  delete(groupId: string): Soon<void> {
    this.#shard.requireActive()
    const group = this.#find(groupId)
    if (group === undefined) throw groupNotFound(groupId)
    if (!group.isEmpty) throw new KafkaError('NON_EMPTY_GROUP')
    this.#appendInParts([...deleteAllOffsets(groupId, this.#state.offsets), ...group.tombstones()])
    this.#forget(groupId)
    return this.#shard.told(undefined)
  }

  /** Removes offsets that have outlived their retention, and empty groups that are left without any. */
  expireOffsets(): void {
    if (this.#shard.status !== 'active') return
    const { clock, config } = this.#environment
    for (const group of this.#groups()) {
      const { records, isAllGone } = expireOffsets(group, this.#state.offsets, clock.nowMs(), config)
      const isOver = isAllGone && group.isAbandoned
      this.#appendInParts(isOver ? [...records, ...group.tombstones()] : records)
      if (isOver) this.#forget(group.groupId)
    }
  }

  /** Removes the offsets of a topic that was deleted, in all groups. */
  forgetTopic(topic: string): void {
    if (this.#shard.status === 'active') this.#appendInParts(forgetTopic(topic, this.#state.offsets))
  }

  /** Ends a transaction in which offsets may have been committed. */
  endTransaction(end: TransactionEnd): Soon<void> {
    this.#shard.appendMarker(end)
    return this.#shard.told(undefined)
  }

  #host(): GroupHost {
    return {
      environment: this.#environment,
      requireActive: () => this.#shard.requireActive(),
      append: (records) => this.#shard.write(records),
      told: (value) => this.#shard.told(value),
      whenSettled: (done) => this.#shard.whenSettled(done),
      find: (groupId) => this.#find(groupId),
    }
  }

  #appendOffsets(records: readonly CoordinatorRecord[], transaction?: TransactionSource): void {
    if (records.length === 0) return
    try {
      this.#shard.append(records, transaction)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const isTooLarge = error.error === 'MESSAGE_TOO_LARGE' || error.error === 'RECORD_LIST_TOO_LARGE'
      throw isTooLarge ? new KafkaError('INVALID_COMMIT_OFFSET_SIZE') : coordinatorError(error)
    }
  }

  #appendInParts(records: readonly CoordinatorRecord[]): void {
    for (let at = 0; at < records.length; at += TOMBSTONES_PER_BATCH)
      this.#appendOffsets(records.slice(at, at + TOMBSTONES_PER_BATCH))
  }

  #find(groupId: string): Group | undefined {
    for (const kind of this.#kinds) {
      const group = kind.find(groupId)
      if (group !== undefined) return group
    }
    return undefined
  }

  /** A group that somebody claims to be a member of by the classic protocol. */
  #groupOfMember(groupId: string): Group {
    this.#shard.requireActive()
    const group = this.#find(groupId)
    const takesClassic = group?.type === 'classic' || group?.type === 'consumer'
    if (group === undefined || !takesClassic) throw new KafkaError('UNKNOWN_MEMBER_ID')
    return group
  }

  /** An empty group gives its name to one of another kind; its offsets stay. */
  #retire(group: Group): void {
    this.#shard.write(group.tombstones())
    this.#forget(group.groupId)
  }

  #groups(): Group[] {
    const groupIds = new Set(this.#kinds.flatMap((kind) => [...kind.groupIds()]))
    return [...groupIds].flatMap((groupId) => this.#find(groupId) ?? [])
  }

  #forget(groupId: string): void {
    for (const kind of this.#kinds) kind.forget(groupId)
  }
}

function listed({ groupId, type, protocolType, state }: Group): ListedGroup {
  return { groupId, type, protocolType, state }
}

/** Hands a reply to who waits for it; rejects when what it rests on is lost. */
function answered<T>(reply: Soon<T>, parked: Parked<T>): Soon<void> {
  if (reply instanceof Promise) return reply.then((value) => parked.answer(value))
  parked.answer(reply)
}
