import type { ErrorName } from '../../wire/errors.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { Group, GroupType } from '../group.ts'
import type { OffsetCommit, OffsetCommitTopic } from '../offsets/offset-decisions.ts'
import type { CommittedOffset } from '../offsets/offset-store.ts'
import type { ModernGroup, ModernMember, ModernMetadata } from './group.ts'

/** Partitions of one topic, with the member epoch in which each was assigned. */
type PartitionEpochs = ReadonlyMap<number, number> | undefined

/**
 * A modern group that keeps committed offsets, as requests meet it that don't care which kind it is. A member that is
 * behind its group may still commit what it has had all along (KIP-1251).
 */
export abstract class ModernGroupView<Metadata extends ModernMetadata, Assigned, Target> implements Group {
  #subscribed: ReadonlySet<string> | undefined

  protected abstract readonly group: ModernGroup<Metadata, Assigned, Target>

  get groupId(): string {
    return this.group.groupId
  }

  get type(): GroupType {
    return this.group.type
  }

  get protocolType(): string {
    return this.group.type
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
    const isClassic = this.isClassic(member)
    if (!isTransactional && !isClassic && !tellsUnknownGroup) return 'UNSUPPORTED_VERSION'
    if (epoch === member.memberEpoch) return undefined
    if (epoch < member.memberEpoch && this.#mayCommitAll(member, request)) return undefined
    const isOld = isClassic || (isTransactional && !tellsUnknownGroup)
    return isOld ? 'ILLEGAL_GENERATION' : 'STALE_MEMBER_EPOCH'
  }

  fetchRefusal(memberId: string | null, memberEpoch: number): ErrorName | undefined {
    if (memberId === null && memberEpoch < 0) return undefined
    const member = this.group.members.get(memberId ?? '')
    if (member === undefined) return 'UNKNOWN_MEMBER_ID'
    if (member.memberEpoch === memberEpoch) return undefined
    return this.isClassic(member) ? 'ILLEGAL_GENERATION' : 'STALE_MEMBER_EPOCH'
  }

  offsetDeletionRefusal(): undefined {
    return undefined
  }

  isSubscribedTo(topic: string): boolean {
    this.#subscribed ??= this.subscribedTopics()
    return this.#subscribed.has(topic)
  }

  unusedSinceMs(committed: CommittedOffset): number {
    return committed.commitTimestampMs
  }

  abstract tombstones(): readonly CoordinatorRecord[]

  /** Names of the topics that members read. */
  protected abstract subscribedTopics(): ReadonlySet<string>

  /** What the member has of a topic, and what it has yet to give back. */
  protected abstract heldOf(
    member: ModernMember<Metadata, Assigned>,
    topic: OffsetCommitTopic,
  ): { readonly assigned: PartitionEpochs; readonly pendingRevocation: PartitionEpochs }

  /** A member that speaks the classic protocol, and is answered in its words. */
  protected isClassic(_member: ModernMember<Metadata, Assigned>): boolean {
    return false
  }

  /** Whether the member has had every partition of the commit since the epoch that it commits with, or before. */
  #mayCommitAll(member: ModernMember<Metadata, Assigned>, { topics, generationId }: OffsetCommit): boolean {
    return topics.every((topic) => {
      const { assigned, pendingRevocation } = this.heldOf(member, topic)
      return topic.partitions.every(({ partitionIndex }) => {
        const epoch = assigned?.get(partitionIndex) ?? pendingRevocation?.get(partitionIndex)
        return epoch !== undefined && generationId >= epoch
      })
    })
  }
}
