import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/log.ts'
import { KafkaError } from '../wire/errors.ts'
import type { Answer, Circumstances, GroupDecision, JoinRequest } from './classic/draft.ts'
import { refusedJoin, refusedSync } from './classic/draft.ts'
import type { ClassicGroup, JoinReply, Parked, SyncReply } from './classic/group.ts'
import { emptyGroup } from './classic/group.ts'
import { join } from './classic/join.ts'
import type { HeartbeatRequest, LeaveResult, LeavingMember, SyncRequest } from './classic/membership.ts'
import { expirePhase, expireSession, heartbeat, leave, removeMember, sync } from './classic/membership.ts'
import { rebalanceOversized } from './classic/rebalance.ts'
import type {
  CoordinatorLog,
  CoordinatorRecord,
  TransactionEnd,
  TransactionSource,
} from './coordinator-log.ts'
import type { GroupConfig } from './group-config.ts'
import { groupTombstone } from './group-records.ts'
import { GroupState } from './group-state.ts'
import { LiveGroup } from './live-group.ts'
import type { OffsetCommit, OffsetDeleteTopic, TopicResult } from './offsets/offset-decisions.ts'
import {
  commitError,
  commitOffsets,
  deleteAllOffsets,
  deleteOffsets,
  deleteOffsetsError,
  expireOffsets,
  forgetTopic,
} from './offsets/offset-decisions.ts'
import type { OffsetFetchTopic, OffsetFetchTopicResult } from './offsets/offset-fetch.ts'
import { fetchAllOffsets, fetchOffsets } from './offsets/offset-fetch.ts'
import { coordinatorError, Shard, type ShardStatus } from './shard.ts'

/** What a group coordinator gets from outside. */
export interface GroupEnvironment {
  readonly clock: Clock
  readonly logger: Logger
  readonly config: GroupConfig
}

/** A value that may have to wait for records to be committed. */
export type Soon<T> = T | Promise<T>

/** Clean-up may write any number of tombstones; no batch of them should be refused for its size. */
const TOMBSTONES_PER_BATCH = 1_000

/**
 * The groups of one partition of `__consumer_offsets`. Requests are decided at once, in the order in which they
 * come; what they are answered waits until it is committed.
 */
export class GroupShard {
  readonly #environment: GroupEnvironment
  readonly #state: GroupState
  readonly #shard: Shard
  readonly #live = new Map<string, LiveGroup>()

  constructor(log: CoordinatorLog, environment: GroupEnvironment, onLost: (error: KafkaError) => void) {
    this.#environment = environment
    this.#state = new GroupState(environment.logger)
    this.#shard = new Shard(log, this.#state, environment.clock, onLost)
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
    for (const group of this.#state.groups.values()) {
      const live = this.#makeLive(group)
      live.expectAll()
      if (group.members.size > this.#environment.config.maxSize)
        this.#carryOut(rebalanceOversized(group, this.#circumstances()))
    }
  }

  /** Stops for good; every request that waits here hears `error`. */
  close(error: KafkaError): void {
    this.#shard.close(error)
    for (const live of this.#live.values()) {
      live.stop()
      for (const { memberId, joining, syncing } of live.group.members.values()) {
        joining?.answer(refusedJoin(memberId, error.error))
        syncing?.answer(refusedSync(error.error))
      }
    }
    this.#live.clear()
  }

  join(request: JoinRequest, parked: Parked<JoinReply>): void {
    this.#shard.requireActive()
    const known = this.#find(request.groupId)
    if (known === undefined && request.memberId !== '') {
      parked.answer(refusedJoin(request.memberId, 'UNKNOWN_MEMBER_ID'))
      return
    }
    const group = known ?? emptyGroup(request.groupId, this.#environment.clock.nowMs())
    this.#carryOut(join(group, request, parked, this.#circumstances()), (error) =>
      parked.answer(refusedJoin('', error.error)),
    )
  }

  sync(request: SyncRequest, parked: Parked<SyncReply>): void {
    const group = this.#groupOfMember(request.groupId)
    this.#carryOut(sync(group, request, parked, this.#circumstances()), (error) =>
      parked.answer(refusedSync(error.error)),
    )
  }

  /** Whether somebody of this id is in the group, or was given it to join with, and is no static member. */
  hasDynamicMember(groupId: string, memberId: string): boolean {
    const group = this.#live.get(groupId)?.group
    if (group === undefined) return false
    return group.members.get(memberId)?.groupInstanceId === null || group.pendingMemberIds.has(memberId)
  }

  /** The error code of the answer. */
  heartbeat(request: HeartbeatRequest): Soon<number> {
    const group = this.#groupOfMember(request.groupId)
    const { errorCode, isAlive } = heartbeat(group, request)
    if (isAlive) this.#live.get(request.groupId)?.extendSession(request.memberId)
    return this.#told(errorCode)
  }

  leave(groupId: string, members: readonly LeavingMember[]): Soon<readonly LeaveResult[]> {
    const { decision, results } = leave(this.#groupOfMember(groupId), members, this.#circumstances())
    this.#carryOut(decision)
    return this.#told(results)
  }

  /** Takes out a member whose client is gone; nothing happens if it is not in the group any more. */
  evict(groupId: string, memberId: string, reason: string): void {
    const live = this.#live.get(groupId)
    if (this.#shard.status !== 'active' || live === undefined) return
    const isKnown = live.group.members.has(memberId) || live.group.pendingMemberIds.has(memberId)
    if (isKnown) this.#carryOut(removeMember(live.group, memberId, reason, this.#circumstances()))
  }

  commit(request: OffsetCommit, transaction?: TransactionSource): Soon<readonly TopicResult[]> {
    this.#shard.requireActive()
    const { clock, config } = this.#environment
    const group = this.#find(request.groupId)
    const error = commitError(group, request)
    if (error !== undefined) throw new KafkaError(error)
    if (group?.phase === 'Stable' || group?.phase === 'PreparingRebalance')
      this.#live.get(request.groupId)?.extendSession(request.memberId)
    const { records, topics } = commitOffsets(request, clock.nowMs(), config)
    this.#append(records, transaction)
    if (records.length > 0) this.#keepInSight(request.groupId)
    return this.#told(topics)
  }

  /** Committed offsets: of the partitions asked for, or of all with `topics` null. */
  fetch(
    groupId: string,
    topics: readonly OffsetFetchTopic[] | null,
    requireStable: boolean,
  ): Soon<readonly OffsetFetchTopicResult[]> {
    this.#shard.requireActive()
    const { offsets } = this.#state
    return this.#told(
      topics === null
        ? fetchAllOffsets(groupId, offsets, requireStable)
        : fetchOffsets(groupId, topics, offsets, requireStable),
    )
  }

  deleteOffsets(groupId: string, topics: readonly OffsetDeleteTopic[]): Soon<readonly TopicResult[]> {
    this.#shard.requireActive()
    const group = this.#find(groupId)
    const error = deleteOffsetsError(group)
    if (error !== undefined || group === undefined) throw new KafkaError(error ?? 'GROUP_ID_NOT_FOUND')
    this.#keepInSight(groupId)
    const decision = deleteOffsets(group, this.#state.offsets, topics)
    this.#append(decision.records)
    return this.#told(decision.topics)
  }

  /** The group, or nothing if there is none of that name. */
  describe(groupId: string): Soon<ClassicGroup | undefined> {
    this.#shard.requireActive()
    return this.#told(this.#find(groupId))
  }

  list(): Soon<readonly ClassicGroup[]> {
    this.#shard.requireActive()
    return this.#told([...this.#groupIds()].flatMap((groupId) => this.#find(groupId) ?? []))
  }

  delete(groupId: string): Soon<void> {
    this.#shard.requireActive()
    const group = this.#find(groupId)
    if (group === undefined) throw new KafkaError('GROUP_ID_NOT_FOUND', `Group ${groupId} not found.`)
    if (group.phase !== 'Empty') throw new KafkaError('NON_EMPTY_GROUP')
    this.#appendInParts([...deleteAllOffsets(groupId, this.#state.offsets), groupTombstone(groupId)])
    this.#forget(groupId)
    return this.#told(undefined)
  }

  /** Removes offsets that have outlived their retention, and empty groups that are left without any. */
  expireOffsets(): void {
    if (this.#shard.status !== 'active') return
    const { clock, config } = this.#environment
    for (const groupId of this.#groupIds()) {
      const group = this.#find(groupId)
      if (group === undefined) continue
      const { records, isAllGone } = expireOffsets(group, this.#state.offsets, clock.nowMs(), config)
      const isOver = isAllGone && group.phase === 'Empty' && group.pendingMemberIds.size === 0
      this.#appendInParts(isOver ? [...records, groupTombstone(groupId)] : records)
      if (isOver) this.#forget(groupId)
    }
  }

  /** Removes the offsets of a topic that was deleted, in all groups. */
  forgetTopic(topic: string): void {
    if (this.#shard.status === 'active') this.#appendInParts(forgetTopic(topic, this.#state.offsets))
  }

  /** Ends a transaction in which offsets may have been committed. */
  endTransaction(end: TransactionEnd): Soon<void> {
    this.#shard.appendMarker(end)
    return this.#told(undefined)
  }

  #carryOut(decision: GroupDecision, refuse?: (error: KafkaError) => void): void {
    const refusal = decision.records.length === 0 ? undefined : this.#tryAppend(decision.records)
    if (refusal !== undefined) {
      if (decision.whenRefused !== undefined) this.#carryOut(decision.whenRefused(refusal.error), refuse)
      else refuse?.(refusal)
      return
    }
    const { groupId } = decision.group
    const live = this.#live.get(groupId) ?? this.#makeLive(decision.group)
    live.become(decision)
    for (const note of decision.notes) this.#environment.logger.debug({ groupId }, note)
    if (this.#isGone(decision.group)) this.#forget(groupId)
    if (decision.answers.length > 0) this.#shard.whenSettled((error) => release(decision.answers, error))
  }

  #tryAppend(records: readonly CoordinatorRecord[]): KafkaError | undefined {
    try {
      this.#shard.append(records)
      return undefined
    } catch (error) {
      if (error instanceof KafkaError) return coordinatorError(error)
      throw error
    }
  }

  #append(records: readonly CoordinatorRecord[], transaction?: TransactionSource): void {
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
      this.#append(records.slice(at, at + TOMBSTONES_PER_BATCH))
  }

  /** Hands a value out once all that it rests on is committed. */
  #told<T>(value: T): Soon<T> {
    if (this.#shard.isSettled) return value
    return new Promise((resolve, reject) => {
      this.#shard.whenSettled((error) => (error === undefined ? resolve(value) : reject(error)))
    })
  }

  #groupOfMember(groupId: string): ClassicGroup {
    this.#shard.requireActive()
    const group = this.#find(groupId)
    if (group === undefined) throw new KafkaError('UNKNOWN_MEMBER_ID')
    return group
  }

  /** A group that only holds offsets has no record of its own, yet it is there until it is cleaned up. */
  #keepInSight(groupId: string): void {
    if (!this.#live.has(groupId)) this.#makeLive(emptyGroup(groupId, -1))
  }

  /** What is not live may still have offsets from before the last replay. */
  #find(groupId: string): ClassicGroup | undefined {
    const live = this.#live.get(groupId)
    if (live !== undefined) return live.group
    return this.#state.offsets.has(groupId) ? emptyGroup(groupId, -1) : undefined
  }

  #groupIds(): Set<string> {
    return new Set([...this.#live.keys(), ...this.#state.offsets.groupIds()])
  }

  /** Nobody is in it and nothing was ever written about it: only an id was given out, and taken back. */
  #isGone(group: ClassicGroup): boolean {
    return (
      group.phase === 'Empty' && group.pendingMemberIds.size === 0 && !this.#state.groups.has(group.groupId)
    )
  }

  #makeLive(group: ClassicGroup): LiveGroup {
    const { groupId } = group
    const live = new LiveGroup(group, this.#environment.clock, () => this.#onDue(groupId))
    this.#live.set(groupId, live)
    return live
  }

  #forget(groupId: string): void {
    this.#live.get(groupId)?.stop()
    this.#live.delete(groupId)
  }

  #onDue(groupId: string): void {
    for (;;) {
      const live = this.#live.get(groupId)
      const due = live?.nextDue()
      if (live === undefined || due === undefined) return
      const circumstances = this.#circumstances()
      this.#carryOut(
        due.kind === 'phase'
          ? expirePhase(live.group, circumstances)
          : expireSession(live.group, due.memberId, circumstances),
      )
    }
  }

  #circumstances(): Circumstances {
    const { clock, config } = this.#environment
    return { now: { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }, config }
  }
}

/** Answers requests; with an error, all of them with that. */
function release(answers: readonly Answer[], error: KafkaError | undefined): void {
  for (const answer of answers) {
    if (answer.kind === 'join')
      answer.to.answer(error === undefined ? answer.reply : refusedJoin(answer.reply.memberId, error.error))
    else answer.to.answer(error === undefined ? answer.reply : refusedSync(error.error))
  }
}
