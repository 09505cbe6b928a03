import { KafkaError } from '../../wire/errors.ts'
import type { ClassicGroups } from '../classic/classic-groups.ts'
import type { JoinRequest } from '../classic/draft.ts'
import type { JoinReply, SyncReply } from '../classic/group.ts'
import type { HeartbeatRequest, LeaveResult, LeavingMember, SyncRequest } from '../classic/membership.ts'
import type { GroupHost, GroupKind } from '../group-kind.ts'
import { groupTombstone } from '../group-records.ts'
import { expectMembers, KindDeadlines, overdue } from '../modern/kind-deadlines.ts'
import { JOIN_EPOCH, knownMember, STATIC_LEAVE_EPOCH } from '../modern/membership.ts'
import type { Soon } from '../shard.ts'
import { heartbeatClassic, joinClassic, leaveClassic, syncClassic } from './classic-members.ts'
import { ConsumerGroupView } from './consumer-group-view.ts'
import { type ConsumerGroupDescription, describeConsumerGroup } from './description.ts'
import { type Circumstances, ConsumerDraft } from './draft.ts'
import { ConsumerGroup } from './group.ts'
import { type ConsumerHeartbeat, type ConsumerHeartbeatReply, heartbeat } from './heartbeat.ts'
import { leaveForAWhile } from './membership.ts'
import { type Downgraded, fence, requireUpgradable, upgrade } from './migration.ts'
import { loadRegexEngine } from './regular-expressions.ts'
import { nothingSeen, type TopicsSeen } from './subscribe.ts'

/** A member that leaves, or a static member that leaves for a while. */
export interface ConsumerLeave {
  readonly groupId: string
  readonly memberId: string
  readonly memberEpoch: number
  readonly instanceId: string | null
}

/** The consumer groups (KIP-848) of one shard, members of the classic protocol in them included. */
export class ConsumerGroups implements GroupKind {
  readonly type = 'consumer'
  readonly #host: GroupHost
  /** As the log has them. */
  readonly #groups: ReadonlyMap<string, ConsumerGroup>
  readonly #classic: ClassicGroups
  readonly #deadlines: KindDeadlines
  readonly #seen = new Map<string, TopicsSeen>()

  constructor(host: GroupHost, groups: ReadonlyMap<string, ConsumerGroup>, classic: ClassicGroups) {
    this.#host = host
    this.#groups = groups
    this.#classic = classic
    this.#deadlines = new KindDeadlines(host.environment.clock, (groupId, kind, memberId) =>
      this.evict(groupId, memberId, overdue[kind]),
    )
  }

  onLoaded(): void {
    for (const { groupId, members, regexes } of this.#groups.values()) {
      if (regexes.size > 0) void loadRegexEngine()
      const { sessionTimeoutMs } = this.#host.environment.consumerConfig(groupId)
      expectMembers(this.#deadlines.of(groupId), members.values(), sessionTimeoutMs)
    }
  }

  close(): void {
    this.#deadlines.stop()
    this.#seen.clear()
  }

  heartbeat(request: ConsumerHeartbeat): Soon<ConsumerHeartbeatReply> {
    this.#host.requireActive()
    const { groupId } = request
    const isJoining = request.memberEpoch === JOIN_EPOCH
    const draft = isJoining ? this.#draftToJoin(groupId) : this.#draft(groupId, 'Consumer group')
    const { reply, seen } = heartbeat(draft, request, this.#seen.get(groupId) ?? nothingSeen)
    this.#carryOut(draft)
    this.#seen.set(groupId, seen)
    return this.#host.told(reply)
  }

  leave({ groupId, memberId, memberEpoch, instanceId }: ConsumerLeave): Soon<void> {
    this.#host.requireActive()
    const draft = this.#draft(groupId)
    const member = knownMember(draft.group, memberId, instanceId)
    if (memberEpoch === STATIC_LEAVE_EPOCH && instanceId !== null) {
      leaveForAWhile(draft, member)
      this.#carryOut(draft)
    } else {
      const downgraded = fence(draft, [member])
      this.#carryOut(draft, downgraded)
    }
    return this.#host.told(undefined)
  }

  /** Throws GROUP_ID_NOT_FOUND if there is no consumer group of that name. */
  describe(groupId: string): Soon<ConsumerGroupDescription> {
    this.#host.requireActive()
    const { topics, config } = this.#circumstances(groupId)
    const group = this.#require(groupId)
    return this.#host.told(describeConsumerGroup(group, topics, config.assignors[0] ?? ''))
  }

  /** A member of the classic protocol joins a group that has members. */
  joinClassic(request: JoinRequest): Soon<JoinReply> {
    const { groupId } = request
    const draft = this.#draft(groupId)
    const before = this.#seen.get(groupId) ?? nothingSeen
    const { reply, seen, downgraded } = joinClassic(draft, request, before)
    this.#carryOut(draft, downgraded)
    if (downgraded === undefined) this.#seen.set(groupId, seen)
    return this.#host.told(reply)
  }

  syncClassic(request: SyncRequest): Soon<SyncReply> {
    const draft = this.#draft(request.groupId)
    const reply = syncClassic(draft, request)
    this.#carryOut(draft)
    return this.#host.told(reply)
  }

  /** The error code of the answer. */
  heartbeatClassic(request: HeartbeatRequest): Soon<number> {
    const draft = this.#draft(request.groupId)
    const errorCode = heartbeatClassic(draft, request)
    this.#carryOut(draft)
    return this.#host.told(errorCode)
  }

  leaveClassic(groupId: string, leaving: readonly LeavingMember[]): Soon<readonly LeaveResult[]> {
    const draft = this.#draft(groupId)
    const { results, downgraded } = leaveClassic(draft, leaving)
    this.#carryOut(draft, downgraded)
    return this.#host.told(results)
  }

  hasDynamicMember(groupId: string, memberId: string): boolean {
    return this.#groups.get(groupId)?.members.get(memberId)?.instanceId === null
  }

  evict(groupId: string, memberId: string, reason: string): void {
    const group = this.#groups.get(groupId)
    const member = group?.members.get(memberId)
    if (group === undefined || member === undefined) return
    const draft = this.#draft(groupId)
    const downgraded = fence(draft, [member])
    draft.notes.push(`member ${memberId} is taken out: ${reason}`)
    this.#carryOut(draft, downgraded)
  }

  find(groupId: string): ConsumerGroupView | undefined {
    const group = this.#groups.get(groupId)
    return group === undefined ? undefined : new ConsumerGroupView(group)
  }

  groupIds(): Iterable<string> {
    return this.#groups.keys()
  }

  forget(groupId: string): void {
    this.#deadlines.forget(groupId)
    this.#seen.delete(groupId)
  }

  /** A group for somebody who joins: the one that there is, a new one, or a classic one that becomes one. */
  #draftToJoin(groupId: string): ConsumerDraft {
    const known = this.#groups.get(groupId)
    if (known !== undefined) return new ConsumerDraft(known.fork(), this.#circumstances(groupId))
    const draft = new ConsumerDraft(new ConsumerGroup(groupId), this.#circumstances(groupId))
    const other = this.#host.find(groupId)
    if (other === undefined) return draft
    const classic = other.type === 'classic' ? this.#classic.get(groupId) : undefined
    if (classic === undefined) throw notConsumer(groupId)
    if (other.isEmpty) draft.records.push(groupTombstone(groupId))
    else {
      requireUpgradable(classic, draft)
      upgrade(draft, classic)
    }
    return draft
  }

  #draft(groupId: string, what = 'Group'): ConsumerDraft {
    return new ConsumerDraft(this.#require(groupId, what).fork(), this.#circumstances(groupId))
  }

  #require(groupId: string, what = 'Group'): ConsumerGroup {
    const group = this.#groups.get(groupId)
    if (group !== undefined) return group
    if (this.#host.find(groupId) !== undefined) throw notConsumer(groupId)
    throw new KafkaError('GROUP_ID_NOT_FOUND', `${what} ${groupId} not found.`)
  }

  /** Writes what was decided, all of it or, with a `KafkaError`, nothing. */
  #carryOut(draft: ConsumerDraft, downgraded?: Downgraded): void {
    const { groupId } = draft.group
    if (draft.records.length > 0) this.#host.append(draft.records)
    for (const note of draft.notes) this.#host.environment.logger.debug({ groupId }, note)
    if (downgraded !== undefined) {
      this.forget(groupId)
      this.#classic.adopt(downgraded.group, downgraded.rebalanceReason)
      return
    }
    // What was a classic group till now, or only offsets, is one no longer.
    this.#classic.release(groupId)
    this.#deadlines.of(groupId).apply(draft.deadlines)
  }

  #circumstances(groupId: string): Circumstances {
    const { clock, config, consumerConfig, topics } = this.#host.environment
    return {
      nowMs: clock.nowMs(),
      config: consumerConfig(groupId),
      classicMaxSize: config.maxSize,
      topics: topics(),
    }
  }
}

function notConsumer(groupId: string): KafkaError {
  return new KafkaError('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a consumer group.`)
}
