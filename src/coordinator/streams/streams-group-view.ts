import type { ErrorName } from '../../wire/errors.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { Group } from '../group.ts'
import type { OffsetCommit } from '../offsets/offset-decisions.ts'
import type { CommittedOffset } from '../offsets/offset-store.ts'
import type { StreamsGroup, StreamsMember, StreamsRecord } from './group.ts'
import { encodeStreamsRecord } from './records.ts'
import { inputTopics, readerOf, type Topology } from './topology.ts'

/**
 * A streams group, as requests meet it that don't care which kind it is. A member that is behind its group may still
 * commit for tasks that it has had all along.
 */
export class StreamsGroupView implements Group {
  readonly type = 'streams'
  readonly protocolType = 'streams'
  #subscribed: ReadonlySet<string> | undefined

  constructor(private readonly group: StreamsGroup) {}

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
    if (!isTransactional && !tellsUnknownGroup) return 'UNSUPPORTED_VERSION'
    if (epoch === member.memberEpoch) return undefined
    const { topology } = this.group
    if (epoch < member.memberEpoch && topology !== undefined && mayCommitAll(member, topology, request))
      return undefined
    return isTransactional && !tellsUnknownGroup ? 'ILLEGAL_GENERATION' : 'STALE_MEMBER_EPOCH'
  }

  fetchRefusal(memberId: string | null, memberEpoch: number): ErrorName | undefined {
    if (memberId === null && memberEpoch < 0) return undefined
    const member = this.group.members.get(memberId ?? '')
    if (member === undefined) return 'UNKNOWN_MEMBER_ID'
    return member.memberEpoch === memberEpoch ? undefined : 'STALE_MEMBER_EPOCH'
  }

  offsetDeletionRefusal(): undefined {
    return undefined
  }

  isSubscribedTo(topic: string): boolean {
    if (this.isEmpty) return false
    this.#subscribed ??= new Set(this.group.topology?.subtopologies.flatMap(inputTopics))
    return this.#subscribed.has(topic)
  }

  unusedSinceMs(committed: CommittedOffset): number {
    return committed.commitTimestampMs
  }

  tombstones(): readonly CoordinatorRecord[] {
    const memberIds = [...this.group.members.keys()]
    const records: StreamsRecord[] = [
      ...memberIds.map((memberId) => ({ kind: 'current', memberId, value: null }) as const),
      ...memberIds.map((memberId) => ({ kind: 'target', memberId, value: null }) as const),
      { kind: 'target-epoch', value: null },
      ...memberIds.map((memberId) => ({ kind: 'member', memberId, value: null }) as const),
      { kind: 'group', value: null },
      { kind: 'topology', value: null },
    ]
    return records.map((record) => encodeStreamsRecord(this.groupId, record))
  }
}

/** Whether the member has had every task of the commit since the epoch that it commits with, or before. */
function mayCommitAll(
  member: StreamsMember,
  topology: Topology,
  { topics, generationId }: OffsetCommit,
): boolean {
  return topics.every(({ name, partitions }) => {
    const subtopologyId = readerOf(topology, name) ?? ''
    return partitions.every(({ partitionIndex }) => {
      const epoch =
        member.assigned.active.get(subtopologyId)?.get(partitionIndex) ??
        member.pendingRevocation.active.get(subtopologyId)?.get(partitionIndex)
      return epoch !== undefined && generationId >= epoch
    })
  })
}
