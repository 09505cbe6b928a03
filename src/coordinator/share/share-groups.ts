import { KafkaError } from '../../wire/errors.ts'
import { type Group, groupNotFound, groupOfOtherKind } from '../group.ts'
import type { GroupHost, GroupKind } from '../group-kind.ts'
import { KindDeadlines } from '../kind-deadlines.ts'
import { JOIN_EPOCH, LEAVE_EPOCH, noRoom, unknownMember } from '../modern/membership.ts'
import type { Soon } from '../shard.ts'
import type { SharePartitionKey } from '../share-state/share-partition-key.ts'
import type { ShareAssignment } from './share-assignor.ts'
import type { ShareEnvironment } from './share-environment.ts'
import { emptyShareGroup, type SharedTopic, type ShareGroup, ShareGroupView } from './share-group.ts'
import { sharedTopicsRecord } from './share-group-records.ts'
import type { ShareGroupStore } from './share-group-store.ts'
import {
  beginInitializing,
  endInitializing,
  joinRecords,
  leaveRecords,
  memberAfter,
  missingStates,
  rebalance,
  reconciled,
  requireMemberEpoch,
  requireValid,
  type ShareHeartbeatRequest,
  stateRecord,
  withoutGone,
} from './share-heartbeat.ts'

export interface ShareHeartbeatReply {
  readonly memberId: string
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
  /** Null when the member knows it already. */
  readonly assignment: ShareAssignment | null
}

/**
 * The share groups of one shard (KIP-932): who is in them and which partitions they share. A partition's state is made
 * before anybody is sent there, and the heartbeat that needs it waits for that: the first answer tells where to go.
 * Source: apache/kafka `GroupMetadataManager.shareGroupHeartbeat`.
 */
export class ShareGroups implements GroupKind {
  readonly type = 'share'
  readonly #host: GroupHost
  readonly #store: ShareGroupStore
  readonly #environment: ShareEnvironment
  readonly #deadlines: KindDeadlines
  /** States that are being made, by group. */
  readonly #making = new Map<string, Promise<void>>()

  constructor(host: GroupHost, store: ShareGroupStore, environment: ShareEnvironment) {
    this.#host = host
    this.#store = store
    this.#environment = environment
    this.#deadlines = new KindDeadlines(host.environment.clock, (groupId, _, memberId) =>
      this.evict(groupId, memberId, 'its session has expired'),
    )
  }

  groupIds(): Iterable<string> {
    return this.#store.groups.keys()
  }

  get(groupId: string): ShareGroup | undefined {
    return this.#store.groups.get(groupId)
  }

  find(groupId: string): Group | undefined {
    const group = this.get(groupId)
    return group === undefined ? undefined : new ShareGroupView(group)
  }

  onLoaded(): void {
    for (const { groupId, members } of this.#store.groups.values())
      for (const memberId of members.keys()) this.#expect(groupId, memberId)
  }

  forget(groupId: string): void {
    if (this.#deadlines.forget(groupId)) this.#environment.groupReset(groupId)
  }

  hasDynamicMember(groupId: string, memberId: string): boolean {
    return this.get(groupId)?.members.has(memberId) === true
  }

  evict(groupId: string, memberId: string, reason: string): void {
    if (!this.hasDynamicMember(groupId, memberId)) return
    this.#host.environment.logger.debug(
      { groupId, memberId },
      `a member of a share group is removed: ${reason}`,
    )
    this.#remove(groupId, memberId)
  }

  close(): void {
    this.#deadlines.stop()
  }

  heartbeat(request: ShareHeartbeatRequest): Soon<ShareHeartbeatReply> {
    this.#host.requireActive()
    requireValid(request)
    const { groupId, memberId, memberEpoch } = request
    if (memberEpoch === LEAVE_EPOCH) return this.#leave(groupId, memberId)
    const group = this.#groupToJoin(request)
    requireMemberEpoch(group, memberId, memberEpoch)
    this.#host.append([
      ...withoutGone(group, this.#topics),
      ...joinRecords(group, memberAfter(group.members.get(memberId), request), this.#topics, this.#nowMs),
    ])
    this.#expect(groupId, memberId)
    const missing = missingStates(this.#known(groupId), this.#topics)
    return missing.length === 0 ? this.#reply(request) : this.#initialized(request)
  }

  /** Sets offsets anew, in states of a new epoch. Nobody may be in the group; one that isn't there is made. */
  async alterOffsets(
    groupId: string,
    topics: readonly (SharedTopic & { readonly startOffsets: readonly number[] })[],
  ): Promise<readonly (KafkaError | undefined)[][]> {
    const group = this.requireNobody(groupId)
    const epoch = group.epoch + 1
    this.#host.append(rebalance(group, group.members, this.#topics, this.#nowMs, true))
    this.#environment.groupReset(groupId)
    const results = await Promise.all(
      topics.map(({ topicId, partitions, startOffsets }) =>
        Promise.all(
          partitions.map((partition, at) =>
            refusalOf(
              this.#environment.states.initialize(
                { groupId, topicId, partition },
                epoch,
                startOffsets[at] ?? -1,
              ),
            ),
          ),
        ),
      ),
    )
    this.#host.requireActive()
    const done = topics.map((topic, at) => ({
      topicId: topic.topicId,
      topicName: topic.topicName,
      partitions: topic.partitions.filter((_, index) => results[at]?.[index] === undefined),
    }))
    this.#host.append([endInitializing(this.#known(groupId), done)])
    await this.#host.told(undefined)
    return results
  }

  /** Forgets where delivery from topics is. The group must be empty, and must be there. */
  async deleteOffsets(
    groupId: string,
    topicIds: readonly string[],
  ): Promise<ReadonlyMap<string, KafkaError | undefined>> {
    const group = this.requireEmpty(groupId)
    const deleted = [...group.shared.initialized, ...group.shared.initializing].filter(({ topicId }) =>
      topicIds.includes(topicId),
    )
    this.#environment.groupReset(groupId)
    const results = new Map<string, KafkaError | undefined>()
    for (const { topicId, partitions } of deleted) {
      const refusals = await Promise.all(
        partitions.map((partition) =>
          refusalOf(this.#environment.states.delete({ groupId, topicId, partition })),
        ),
      )
      results.set(
        topicId,
        refusals.find((refusal) => refusal !== undefined),
      )
    }
    this.#host.requireActive()
    const { shared } = this.#known(groupId)
    const stays = ({ topicId }: { readonly topicId: string }) =>
      !results.has(topicId) || results.get(topicId) !== undefined
    const left = {
      ...shared,
      initializing: shared.initializing.filter(stays),
      initialized: shared.initialized.filter(stays),
    }
    this.#host.append([sharedTopicsRecord(groupId, left)])
    await this.#host.told(undefined)
    return results
  }

  describe(groupId: string): Soon<ShareGroup | undefined> {
    this.#host.requireActive()
    return this.#host.told(this.get(groupId))
  }

  /** The share partitions of which a group has a state. */
  sharePartitions(groupId: string): SharePartitionKey[] {
    const { initialized = [], initializing = [] } = this.get(groupId)?.shared ?? {}
    return [...initialized, ...initializing].flatMap(({ topicId, partitions }) =>
      partitions.map((partition) => ({ groupId, topicId, partition })),
    )
  }

  /** Deletes states once their group is deleted. What is left behind is no harm: a new group begins with new ones. */
  async deleteStates(keys: readonly SharePartitionKey[], deleted: Soon<void>): Promise<void> {
    await deleted
    await Promise.all(keys.map((key) => refusalOf(this.#environment.states.delete(key))))
  }

  /** GROUP_ID_NOT_FOUND where the name is another kind of group's, NON_EMPTY_GROUP. */
  requireNobody(groupId: string): ShareGroup {
    this.#host.requireActive()
    const other = this.#host.find(groupId)
    if (other !== undefined && other.type !== 'share') throw groupOfOtherKind(groupId, this.type)
    const group = this.#known(groupId)
    if (group.members.size > 0) throw new KafkaError('NON_EMPTY_GROUP')
    return group
  }

  /** GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP. */
  requireEmpty(groupId: string): ShareGroup {
    const group = this.requireNobody(groupId)
    if (this.get(groupId) === undefined) throw groupNotFound(groupId)
    return group
  }

  get #topics() {
    return this.#host.environment.topics()
  }

  get #nowMs(): number {
    return this.#host.environment.clock.nowMs()
  }

  #known(groupId: string): ShareGroup {
    return this.get(groupId) ?? emptyShareGroup(groupId)
  }

  /** The group that a heartbeat is about; who joins makes it. */
  #groupToJoin({ groupId, memberId, memberEpoch }: ShareHeartbeatRequest): ShareGroup {
    const other = this.#host.find(groupId)
    if (
      other !== undefined &&
      other.type !== 'share' &&
      !(other.isEmpty && other.type === 'classic' && other.protocolType === '')
    )
      throw groupOfOtherKind(groupId, this.type)
    const group = this.get(groupId)
    if (memberEpoch !== JOIN_EPOCH) {
      if (group === undefined) throw groupNotFound(groupId, 'Share group')
      if (!group.members.has(memberId)) throw unknownMember(groupId, memberId)
    } else if (group !== undefined && !group.members.has(memberId)) {
      const maxSize = this.#environment.maxSize()
      if (group.members.size >= maxSize) throw noRoom('share', maxSize)
    }
    return group ?? emptyShareGroup(groupId)
  }

  /** Brings the member up to date, and tells it what it doesn't know. */
  #reply(request: ShareHeartbeatRequest): Soon<ShareHeartbeatReply> {
    const { groupId, memberId, memberEpoch, subscribedTopicNames } = request
    const next = reconciled(this.#known(groupId), memberId)
    if (next !== undefined) this.#host.append([stateRecord(groupId, memberId, next)])
    const state = this.#known(groupId).states.get(memberId)
    const isNews =
      memberEpoch === JOIN_EPOCH || subscribedTopicNames !== null || memberEpoch !== state?.memberEpoch
    return this.#host.told({
      memberId,
      memberEpoch: state?.memberEpoch ?? JOIN_EPOCH,
      heartbeatIntervalMs: this.#environment.config(groupId).heartbeatIntervalMs,
      assignment: isNews ? (state?.assigned ?? new Map()) : null,
    })
  }

  /** Answers when the states that are missing are there. What can't be made is tried again with the next heartbeat. */
  async #initialized(request: ShareHeartbeatRequest): Promise<ShareHeartbeatReply> {
    const { groupId, memberId } = request
    // Another's heartbeat may be making states, before whose making this member's topics were known.
    await this.#making.get(groupId)
    this.#host.requireActive()
    await (this.#making.get(groupId) ?? this.#makeMissing(groupId))
    this.#host.requireActive()
    if (!this.#known(groupId).members.has(memberId)) throw unknownMember(groupId, memberId)
    return await this.#reply(request)
  }

  /** One at a time: a state that is made twice would forget what was acknowledged in between. */
  #makeMissing(groupId: string): Promise<void> {
    const making = this.#make(groupId, missingStates(this.#known(groupId), this.#topics)).finally(() =>
      this.#making.delete(groupId),
    )
    this.#making.set(groupId, making)
    return making
  }

  async #make(groupId: string, missing: readonly SharedTopic[]): Promise<void> {
    if (missing.length === 0) return
    this.#host.append([beginInitializing(this.#known(groupId), missing)])
    const { epoch } = this.#known(groupId)
    const made = await Promise.all(missing.map((topic) => this.#initialize(groupId, topic, epoch)))
    this.#host.requireActive()
    const group = this.get(groupId)
    const done = made.filter(({ partitions }) => partitions.length > 0)
    if (group === undefined || done.length === 0) return
    this.#host.append([endInitializing(group, done)])
    const after = this.#known(groupId)
    this.#host.append(rebalance(after, after.members, this.#topics, this.#nowMs, false))
  }

  /** The topic with the partitions for which it has worked. */
  async #initialize(groupId: string, topic: SharedTopic, stateEpoch: number): Promise<SharedTopic> {
    const { topicId } = topic
    const refusals = await Promise.all(
      topic.partitions.map((partition) =>
        refusalOf(this.#environment.states.initialize({ groupId, topicId, partition }, stateEpoch, -1)),
      ),
    )
    const refusal = refusals.find((each) => each !== undefined)
    if (refusal !== undefined)
      this.#host.environment.logger.warn(
        { groupId, topic: topic.topicName, error: refusal.error },
        'states of share partitions could not be made',
      )
    return { ...topic, partitions: topic.partitions.filter((_, at) => refusals[at] === undefined) }
  }

  #leave(groupId: string, memberId: string): Soon<ShareHeartbeatReply> {
    const group = this.get(groupId)
    if (group === undefined) throw groupNotFound(groupId, 'Share group')
    if (!group.members.has(memberId)) throw unknownMember(groupId, memberId)
    this.#remove(groupId, memberId)
    return this.#host.told({ memberId, memberEpoch: LEAVE_EPOCH, heartbeatIntervalMs: 0, assignment: null })
  }

  #remove(groupId: string, memberId: string): void {
    this.#host.append(leaveRecords(this.#known(groupId), memberId, this.#topics, this.#nowMs))
    this.#deadlines.of(groupId).cancel('session', memberId)
    this.#environment.memberGone(groupId, memberId)
    if (this.#known(groupId).members.size === 0) this.#environment.groupReset(groupId)
  }

  #expect(groupId: string, memberId: string): void {
    const { sessionTimeoutMs } = this.#environment.config(groupId)
    this.#deadlines.of(groupId).set('session', memberId, sessionTimeoutMs)
  }
}

/** The `KafkaError` that a promise rejects with; nothing when it resolves. */
async function refusalOf(promise: Promise<void>): Promise<KafkaError | undefined> {
  try {
    await promise
    return undefined
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
}
