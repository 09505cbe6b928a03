import { KafkaError } from '../../wire/errors.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { Group } from '../group.ts'
import type { DeadlineKind } from '../group-deadlines.ts'
import type { GroupHost, GroupKind } from '../group-kind.ts'
import { KindDeadlines } from '../kind-deadlines.ts'
import type { OffsetStore } from '../offsets/offset-store.ts'
import type { Soon } from '../shard.ts'
import { ClassicGroupView } from './classic-group-view.ts'
import type { Answer, Circumstances, GroupDecision, JoinRequest } from './draft.ts'
import { refusedJoin, refusedSync } from './draft.ts'
import type { ClassicGroup, JoinReply, Parked, SyncReply } from './group.ts'
import { emptyGroup } from './group.ts'
import { join } from './join.ts'
import type { HeartbeatRequest, LeaveResult, LeavingMember, SyncRequest } from './membership.ts'
import { expirePhase, expireSession, heartbeat, leave, removeMember, sync } from './membership.ts'
import { rebalanceAll, rebalanceOversized } from './rebalance.ts'

/**
 * The classic groups of one shard, and those that only hold offsets, which Kafka counts among them. Requests are
 * decided at once, in the order in which they come; what they are answered waits until it is committed.
 */
export class ClassicGroups implements GroupKind {
  readonly type = 'classic'
  readonly #host: GroupHost
  /** As the log has them. */
  readonly #recorded: ReadonlyMap<string, ClassicGroup>
  readonly #offsets: OffsetStore
  /** As they are now: what of a group is soft is in here too. */
  readonly #live = new Map<string, ClassicGroup>()
  readonly #deadlines: KindDeadlines

  constructor(host: GroupHost, recorded: ReadonlyMap<string, ClassicGroup>, offsets: OffsetStore) {
    this.#host = host
    this.#recorded = recorded
    this.#offsets = offsets
    this.#deadlines = new KindDeadlines(host.environment.clock, (groupId, kind, memberId) =>
      this.#onDue(groupId, kind, memberId),
    )
  }

  onLoaded(): void {
    for (const group of this.#recorded.values()) {
      this.#putInSight(group)
      if (group.members.size > this.#host.environment.config.maxSize)
        this.#carryOut(rebalanceOversized(group, this.#circumstances()))
    }
  }

  close(error: KafkaError): void {
    this.#deadlines.stop()
    for (const group of this.#live.values()) answerAllWho(group, error)
    this.#live.clear()
  }

  join(request: JoinRequest, parked: Parked<JoinReply>): void {
    const known = this.get(request.groupId)
    if (known === undefined && request.memberId !== '') {
      parked.answer(refusedJoin(request.memberId, 'UNKNOWN_MEMBER_ID'))
      return
    }
    const group = known ?? emptyGroup(request.groupId, this.#host.environment.clock.nowMs())
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

  /** The error code of the answer. */
  heartbeat(request: HeartbeatRequest): Soon<number> {
    const group = this.#groupOfMember(request.groupId)
    const { errorCode, isAlive } = heartbeat(group, request)
    if (isAlive) this.#extendSession(group, request.memberId)
    return this.#host.told(errorCode)
  }

  leave(groupId: string, members: readonly LeavingMember[]): Soon<readonly LeaveResult[]> {
    const { decision, results } = leave(this.#groupOfMember(groupId), members, this.#circumstances())
    this.#carryOut(decision)
    return this.#host.told(results)
  }

  hasDynamicMember(groupId: string, memberId: string): boolean {
    const group = this.#live.get(groupId)
    if (group === undefined) return false
    return group.members.get(memberId)?.groupInstanceId === null || group.pendingMemberIds.has(memberId)
  }

  evict(groupId: string, memberId: string, reason: string): void {
    const group = this.#live.get(groupId)
    if (group === undefined) return
    const isKnown = group.members.has(memberId) || group.pendingMemberIds.has(memberId)
    if (isKnown) this.#carryOut(removeMember(group, memberId, reason, this.#circumstances()))
  }

  /** A commit shows that the member is alive, unless it waits for an assignment. */
  committed(groupId: string, memberId: string): void {
    const group = this.#live.get(groupId)
    if (group?.phase === 'Stable' || group?.phase === 'PreparingRebalance')
      this.#extendSession(group, memberId)
  }

  /** A group that only holds offsets has no record of its own, yet it is there until it is cleaned up. */
  keepInSight(groupId: string): void {
    if (!this.#live.has(groupId)) this.#live.set(groupId, emptyGroup(groupId, -1))
  }

  /** What is not live may still have offsets from before the last replay. */
  get(groupId: string): ClassicGroup | undefined {
    const live = this.#live.get(groupId)
    if (live !== undefined) return live
    return this.#offsets.has(groupId) ? emptyGroup(groupId, -1) : undefined
  }

  find(groupId: string): Group | undefined {
    const group = this.get(groupId)
    return group === undefined ? undefined : new ClassicGroupView(group)
  }

  groupIds(): Set<string> {
    return new Set([...this.#live.keys(), ...this.#offsets.groupIds()])
  }

  forget(groupId: string): void {
    this.#deadlines.forget(groupId)
    this.#live.delete(groupId)
  }

  /** A group of another kind is a classic one from now on; its record is written. */
  adopt(group: ClassicGroup, rebalanceReason: string | undefined): void {
    this.forget(group.groupId)
    this.#putInSight(group)
    if (rebalanceReason !== undefined)
      this.#carryOut(rebalanceAll(group, rebalanceReason, this.#circumstances()))
  }

  /** The group is of another kind from now on; who waits for its next generation is to look what has become of it. */
  release(groupId: string): void {
    const group = this.#live.get(groupId)
    if (group === undefined) return
    this.forget(groupId)
    answerAllWho(group, new KafkaError('REBALANCE_IN_PROGRESS'))
  }

  #carryOut(decision: GroupDecision, refuse?: (error: KafkaError) => void): void {
    const refusal = decision.records.length === 0 ? undefined : this.#tryAppend(decision.records)
    if (refusal !== undefined) {
      if (decision.whenRefused !== undefined) this.#carryOut(decision.whenRefused(refusal.error), refuse)
      else refuse?.(refusal)
      return
    }
    const { groupId } = decision.group
    this.#live.set(groupId, decision.group)
    this.#setDeadlines(decision)
    for (const note of decision.notes) this.#host.environment.logger.debug({ groupId }, note)
    if (this.#isGone(decision.group)) this.forget(groupId)
    if (decision.answers.length > 0) this.#host.whenSettled((error) => release(decision.answers, error))
  }

  #tryAppend(records: readonly CoordinatorRecord[]): KafkaError | undefined {
    try {
      this.#host.append(records)
      return undefined
    } catch (error) {
      if (error instanceof KafkaError) return error
      throw error
    }
  }

  #groupOfMember(groupId: string): ClassicGroup {
    const group = this.get(groupId)
    if (group === undefined) throw new KafkaError('UNKNOWN_MEMBER_ID')
    return group
  }

  /** Nobody is in it and nothing was ever written about it: only an id was given out, and taken back. */
  #isGone(group: ClassicGroup): boolean {
    const { groupId, phase, pendingMemberIds } = group
    return phase === 'Empty' && pendingMemberIds.size === 0 && !this.#recorded.has(groupId)
  }

  /** All of its members are expected from now on. */
  #putInSight(group: ClassicGroup): void {
    this.#live.set(group.groupId, group)
    for (const memberId of group.members.keys()) this.#extendSession(group, memberId)
  }

  /** The member was heard of. */
  #extendSession({ groupId, members }: ClassicGroup, memberId: string): void {
    const member = members.get(memberId)
    if (member !== undefined) this.#deadlines.of(groupId).set('session', memberId, member.sessionTimeoutMs)
  }

  #setDeadlines({ group, sessions }: GroupDecision): void {
    const deadlines = this.#deadlines.of(group.groupId)
    for (const [memberId, atMs] of sessions) {
      if (atMs === null) deadlines.cancel('session', memberId)
      else deadlines.setAt('session', memberId, atMs)
    }
    if (group.deadline === null) deadlines.cancel('phase', '')
    else deadlines.setAt('phase', '', group.deadline.atMs)
  }

  #onDue(groupId: string, kind: DeadlineKind, memberId: string): void {
    const group = this.#live.get(groupId)
    if (group === undefined) return
    const circumstances = this.#circumstances()
    this.#carryOut(
      kind === 'phase' ? expirePhase(group, circumstances) : expireSession(group, memberId, circumstances),
    )
  }

  #circumstances(): Circumstances {
    const { clock, config } = this.#host.environment
    return { now: { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }, config }
  }
}

/** Answers every request that waits in a group with an error. */
function answerAllWho(group: ClassicGroup, { error }: KafkaError): void {
  for (const { memberId, joining, syncing } of group.members.values()) {
    joining?.answer(refusedJoin(memberId, error))
    syncing?.answer(refusedSync(error))
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
