import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { GroupTopics } from '../group-topics.ts'
import type { DeadlineChange } from '../modern/group-deadlines.ts'
import type { StreamsGroupConfig } from './config.ts'
import type { GroupMetadata, StreamsGroup, StreamsMember, StreamsRecord } from './group.ts'
import { encodeStreamsRecord } from './records.ts'

/** What decisions depend on besides the group itself. */
export interface Circumstances {
  /** Wall clock, for what is recorded. */
  readonly nowMs: number
  readonly config: StreamsGroupConfig
  readonly topics: GroupTopics
}

/** What is waited for: a heartbeat; tasks being given back; more members of a new group (its member id is empty). */
export type DeadlineKind = 'session' | 'rebalance' | 'initial'

/**
 * A decision in the making, on a fork of the group: what it appends is visible to the rest of it at once, and is
 * written all together or not at all.
 */
export class StreamsDraft {
  readonly records: CoordinatorRecord[] = []
  readonly deadlines: DeadlineChange<DeadlineKind>[] = []
  /** Why, for the log. */
  readonly notes: string[] = []

  constructor(
    readonly group: StreamsGroup,
    readonly circumstances: Circumstances,
  ) {}

  append(record: StreamsRecord): void {
    this.group.apply(record)
    this.records.push(encodeStreamsRecord(this.group.groupId, record))
  }

  /** What a member says about itself. */
  appendMember(member: StreamsMember): void {
    this.append({ kind: 'member', memberId: member.memberId, value: member })
  }

  /** What a member has. */
  appendCurrent(member: StreamsMember): void {
    this.append({ kind: 'current', memberId: member.memberId, value: member })
  }

  /** Takes a member out; the order in which its records go is that in which Kafka replays them. */
  removeMember(memberId: string): void {
    this.append({ kind: 'current', memberId, value: null })
    this.append({ kind: 'target', memberId, value: null })
    this.append({ kind: 'member', memberId, value: null })
    this.cancel('session', memberId)
    this.cancel('rebalance', memberId)
  }

  /** Begins a new group epoch, with what has changed. */
  bumpEpoch(changes: Partial<GroupMetadata> = {}): void {
    const { metadata } = this.group
    const epoch = metadata.epoch + 1
    this.append({ kind: 'group', value: { ...metadata, ...changes, epoch } })
    this.notes.push(`group epoch ${epoch}`)
  }

  expect(kind: DeadlineKind, memberId: string, delayMs: number): void {
    this.deadlines.push({ kind, memberId, delayMs })
  }

  cancel(kind: DeadlineKind, memberId: string): void {
    this.deadlines.push({ kind, memberId, delayMs: null })
  }
}
