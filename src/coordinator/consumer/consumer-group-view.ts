import type { ErrorName } from '../../wire/errors.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { Group } from '../group.ts'
import type { OffsetCommit } from '../offsets/offset-decisions.ts'
import type { CommittedOffset } from '../offsets/offset-store.ts'
import type { ConsumerGroup, ConsumerMember } from './group.ts'
import { tombstones } from './migration.ts'
import { encodeConsumerRecord } from './records.ts'
import { subscribedTopics } from './subscriptions.ts'

/**
 * A consumer group, as requests meet it that don't care which kind it is. A member that is behind its group may still
 * commit what it has had all along (KIP-1251).
 */
export class ConsumerGroupView implements Group {
  readonly type = 'consumer'
  readonly protocolType = 'consumer'
  #subscribed: ReadonlySet<string> | undefined

  constructor(private readonly group: ConsumerGroup) {}

  get groupId(): string {
    return this.group.groupId
  }

  get state(): string {
    return this.group.phase
  }

  get isEmpty(): boolean {
    return this.group.members.size === 0
  }

  get isAbandoned(): boolean {
    return this.isEmpty
  }

  commitRefusal(request: OffsetCommit): ErrorName | undefined {
    const { generationId: epoch, memberId, groupInstanceId, isTransactional, tellsUnknownGroup } = request
    if (epoch < 0 && this.isEmpty) return undefined
    const isNobody = epoch === -1 && memberId === '' && groupInstanceId === null
    if (isTransactional && isNobody) return undefined
    const member = this.group.members.get(memberId)
    if (member === undefined) return 'UNKNOWN_MEMBER_ID'
    if (!isTransactional && member.classic === null && !tellsUnknownGroup) return 'UNSUPPORTED_VERSION'
    if (epoch === member.memberEpoch) return undefined
    if (epoch < member.memberEpoch && mayCommitAll(member, request)) return undefined
    const isOld = member.classic !== null || (isTransactional && !tellsUnknownGroup)
    return isOld ? 'ILLEGAL_GENERATION' : 'STALE_MEMBER_EPOCH'
  }

  fetchRefusal(memberId: string | null, memberEpoch: number): ErrorName | undefined {
    if (memberId === null && memberEpoch < 0) return undefined
    const member = this.group.members.get(memberId ?? '')
    if (member === undefined) return 'UNKNOWN_MEMBER_ID'
    if (member.memberEpoch === memberEpoch) return undefined
    return member.classic === null ? 'STALE_MEMBER_EPOCH' : 'ILLEGAL_GENERATION'
  }

  offsetDeletionRefusal(): undefined {
    return undefined
  }

  isSubscribedTo(topic: string): boolean {
    this.#subscribed ??= subscribedTopics(this.group)
    return this.#subscribed.has(topic)
  }

  unusedSinceMs(committed: CommittedOffset): number {
    return committed.commitTimestampMs
  }

  tombstones(): readonly CoordinatorRecord[] {
    return tombstones(this.group).map((record) => encodeConsumerRecord(this.groupId, record))
  }
}

/** Whether the member has had every partition of the commit since the epoch that it commits with, or before. */
function mayCommitAll(member: ConsumerMember, { topics, generationId }: OffsetCommit): boolean {
  return topics.every(({ topicId, partitions }) =>
    partitions.every(({ partitionIndex }) => {
      const epoch =
        member.assigned.get(topicId)?.get(partitionIndex) ??
        member.pendingRevocation.get(topicId)?.get(partitionIndex)
      return epoch !== undefined && generationId >= epoch
    }),
  )
}
