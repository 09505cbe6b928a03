import type { JoinRequest } from '../classic/draft.ts'
import type { JoinReply, SyncReply } from '../classic/group.ts'
import type { HeartbeatRequest, LeaveResult, LeavingMember, SyncRequest } from '../classic/membership.ts'
import { groupOfOtherKind } from '../group.ts'
import { ModernGroups } from '../modern/groups.ts'
import { JOIN_EPOCH, knownMember, STATIC_LEAVE_EPOCH } from '../modern/membership.ts'
import type { Soon } from '../shard.ts'
import { heartbeatClassic, joinClassic, leaveClassic, syncClassic } from './classic-members.ts'
import type { ConsumerGroupConfig } from './config.ts'
import { ConsumerGroupView } from './consumer-group-view.ts'
import { type ConsumerGroupDescription, describeConsumerGroup } from './description.ts'
import { ConsumerDraft } from './draft.ts'
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
export class ConsumerGroups extends ModernGroups<ConsumerGroup, ConsumerDraft> {
  readonly type = 'consumer'
  readonly #seen = new Map<string, TopicsSeen>()

  override onLoaded(): void {
    for (const { regexes } of this.groups.values()) if (regexes.size > 0) void loadRegexEngine()
    super.onLoaded()
  }

  override close(): void {
    super.close()
    this.#seen.clear()
  }

  heartbeat(request: ConsumerHeartbeat): Soon<ConsumerHeartbeatReply> {
    this.host.requireActive()
    const { groupId } = request
    const isJoining = request.memberEpoch === JOIN_EPOCH
    const draft = isJoining ? this.draftToJoin(groupId) : this.draft(groupId, 'Consumer group')
    const { reply, seen } = heartbeat(draft, request, this.#seen.get(groupId) ?? nothingSeen)
    this.carryOut(draft)
    this.#seen.set(groupId, seen)
    return this.host.told(reply)
  }

  leave({ groupId, memberId, memberEpoch, instanceId }: ConsumerLeave): Soon<void> {
    this.host.requireActive()
    const draft = this.draft(groupId)
    const member = knownMember(draft.group, memberId, instanceId)
    if (memberEpoch === STATIC_LEAVE_EPOCH && instanceId !== null) {
      leaveForAWhile(draft, member)
      this.carryOut(draft)
    } else this.#carryOutOrDowngrade(draft, fence(draft, [member]))
    return this.host.told(undefined)
  }

  /** Throws GROUP_ID_NOT_FOUND if there is no consumer group of that name. */
  describe(groupId: string): Soon<ConsumerGroupDescription> {
    this.host.requireActive()
    const { topics } = this.host.environment
    const [defaultAssignor = ''] = this.configOf(groupId).assignors
    return this.host.told(describeConsumerGroup(this.require(groupId), topics(), defaultAssignor))
  }

  /** A member of the classic protocol joins a group that has members. */
  joinClassic(request: JoinRequest): Soon<JoinReply> {
    const { groupId } = request
    const draft = this.draft(groupId)
    const before = this.#seen.get(groupId) ?? nothingSeen
    const { reply, seen, downgraded } = joinClassic(draft, request, before)
    this.#carryOutOrDowngrade(draft, downgraded)
    if (downgraded === undefined) this.#seen.set(groupId, seen)
    return this.host.told(reply)
  }

  syncClassic(request: SyncRequest): Soon<SyncReply> {
    const draft = this.draft(request.groupId)
    const reply = syncClassic(draft, request)
    this.carryOut(draft)
    return this.host.told(reply)
  }

  /** The error code of the answer. */
  heartbeatClassic(request: HeartbeatRequest): Soon<number> {
    const draft = this.draft(request.groupId)
    const errorCode = heartbeatClassic(draft, request)
    this.carryOut(draft)
    return this.host.told(errorCode)
  }

  leaveClassic(groupId: string, leaving: readonly LeavingMember[]): Soon<readonly LeaveResult[]> {
    const draft = this.draft(groupId)
    const { results, downgraded } = leaveClassic(draft, leaving)
    this.#carryOutOrDowngrade(draft, downgraded)
    return this.host.told(results)
  }

  find(groupId: string): ConsumerGroupView | undefined {
    const group = this.groups.get(groupId)
    return group === undefined ? undefined : new ConsumerGroupView(group)
  }

  override forget(groupId: string): void {
    super.forget(groupId)
    this.#seen.delete(groupId)
  }

  protected configOf(groupId: string): ConsumerGroupConfig {
    return this.host.environment.consumerConfig(groupId)
  }

  protected newGroup(groupId: string): ConsumerGroup {
    return new ConsumerGroup(groupId)
  }

  protected draftOf(group: ConsumerGroup): ConsumerDraft {
    const { clock, config, topics } = this.host.environment
    return new ConsumerDraft(group.fork(), {
      nowMs: clock.nowMs(),
      config: this.configOf(group.groupId),
      classicMaxSize: config.maxSize,
      topics: topics(),
    })
  }

  protected takeOut(draft: ConsumerDraft, memberId: string): void {
    const member = knownMember(draft.group, memberId, null)
    this.#carryOutOrDowngrade(draft, fence(draft, [member]))
  }

  protected override takeOver(draft: ConsumerDraft): void {
    const { groupId } = draft.group
    const classic = this.classic.get(groupId)
    if (classic === undefined) throw groupOfOtherKind(groupId, this.type)
    requireUpgradable(classic, draft)
    upgrade(draft, classic)
  }

  #carryOutOrDowngrade(draft: ConsumerDraft, downgraded: Downgraded | undefined): void {
    if (downgraded === undefined) {
      this.carryOut(draft)
      return
    }
    this.write(draft)
    this.forget(draft.group.groupId)
    this.classic.adopt(downgraded.group, downgraded.rebalanceReason)
  }
}
