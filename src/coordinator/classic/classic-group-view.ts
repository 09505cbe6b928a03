import type { ErrorName } from '../../wire/errors.ts'
import { consumerProtocolSubscription } from '../../wire/messages/consumer-protocol.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { Group } from '../group.ts'
import { groupTombstone } from '../group-records.ts'
import type { OffsetCommit } from '../offsets/offset-decisions.ts'
import type { CommittedOffset } from '../offsets/offset-store.ts'
import { type ClassicGroup, memberError, metadataOf } from './group.ts'

/**
 * A classic group, as requests meet it that don't care which kind it is. Source of the rules: apache/kafka
 * `ClassicGroup.validateOffsetCommit` and `offsetExpirationCondition` (KIP-211, KIP-496).
 */
export class ClassicGroupView implements Group {
  readonly type = 'classic'
  #subscribed: ReadonlySet<string> | undefined | 'unread' = 'unread'

  constructor(private readonly group: ClassicGroup) {}

  get groupId(): string {
    return this.group.groupId
  }

  get protocolType(): string {
    return this.group.protocolType ?? ''
  }

  get state(): string {
    return this.group.phase
  }

  get isEmpty(): boolean {
    return this.group.phase === 'Empty'
  }

  get isAbandoned(): boolean {
    return this.isEmpty && this.group.pendingMemberIds.size === 0
  }

  commitRefusal(request: OffsetCommit): ErrorName | undefined {
    const { group } = this
    const { generationId, memberId, groupInstanceId, isTransactional } = request
    if (generationId < 0 && this.isEmpty) return undefined
    if (generationId >= 0 || memberId !== '' || groupInstanceId !== null) {
      const error = memberError(group, memberId, groupInstanceId)
      if (error !== undefined) return error
      if (generationId !== group.generationId) return 'ILLEGAL_GENERATION'
    } else if (!isTransactional && !this.isEmpty) return 'UNKNOWN_MEMBER_ID'
    return !isTransactional && group.phase === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : undefined
  }

  fetchRefusal(): undefined {
    return undefined
  }

  offsetDeletionRefusal(): ErrorName | undefined {
    return this.isEmpty || this.#isConsumer ? undefined : 'NON_EMPTY_GROUP'
  }

  /** A consumer group whose subscriptions can't be read may read anything. */
  isSubscribedTo(topic: string): boolean {
    const subscribed = this.#subscribedTopics()
    return subscribed === undefined ? this.#isConsumer : subscribed.has(topic)
  }

  unusedSinceMs(committed: CommittedOffset): number | undefined {
    const { group } = this
    if (group.protocolType === null) return committed.commitTimestampMs
    if (this.isEmpty)
      return group.stateTimestampMs === -1 ? committed.commitTimestampMs : group.stateTimestampMs
    const isStableConsumer = group.phase === 'Stable' && this.#subscribedTopics() !== undefined
    return isStableConsumer ? committed.commitTimestampMs : undefined
  }

  tombstones(): readonly CoordinatorRecord[] {
    return [groupTombstone(this.group.groupId)]
  }

  get #isConsumer(): boolean {
    return this.group.protocolType === 'consumer'
  }

  #subscribedTopics(): ReadonlySet<string> | undefined {
    if (this.#subscribed === 'unread') this.#subscribed = subscribedTopics(this.group)
    return this.#subscribed
  }
}

/** Topics that the members said they read; undefined when they are no consumers, or don't say it as consumers do. */
function subscribedTopics(group: ClassicGroup): ReadonlySet<string> | undefined {
  if (group.protocolType !== 'consumer') return undefined
  const topics = new Set<string>()
  for (const member of group.members.values()) {
    const names = topicsOf(metadataOf(member, group.protocolName))
    if (names === undefined) return undefined
    for (const name of names) topics.add(name)
  }
  return topics
}

/** Later versions of a subscription only add behind, so all are read as version 0. */
function topicsOf(subscription: Buffer): readonly string[] | undefined {
  try {
    return consumerProtocolSubscription.decode(subscription, 0, 2).topics
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}
