import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { GroupTopics } from '../group-topics.ts'
import type { DeadlineChange } from '../modern/group-deadlines.ts'
import type { ConsumerGroupConfig } from './config.ts'
import type { ConsumerGroup, ConsumerMember, ConsumerRecord } from './group.ts'
import { encodeConsumerRecord } from './records.ts'

/** What decisions depend on besides the group itself. */
export interface Circumstances {
  /** Wall clock, for what is recorded. */
  readonly nowMs: number
  readonly config: ConsumerGroupConfig
  /** group.max.size: a group of classic members alone becomes a classic one, if it fits. */
  readonly classicMaxSize: number
  readonly topics: GroupTopics
}

/** What is waited for: a heartbeat; partitions being given back; a classic member's JoinGroup or SyncGroup. */
export type DeadlineKind = 'session' | 'rebalance' | 'join' | 'sync'

const allDeadlines: readonly DeadlineKind[] = ['session', 'rebalance', 'join', 'sync']

/**
 * A decision in the making, on a fork of the group: what it appends is visible to the rest of it at once, and is
 * written all together or not at all.
 */
export class ConsumerDraft {
  readonly records: CoordinatorRecord[] = []
  readonly deadlines: DeadlineChange<DeadlineKind>[] = []
  /** Why, for the log. */
  readonly notes: string[] = []

  constructor(
    readonly group: ConsumerGroup,
    readonly circumstances: Circumstances,
  ) {}

  append(record: ConsumerRecord): void {
    this.group.apply(record)
    this.records.push(encodeConsumerRecord(this.group.groupId, record))
  }

  /** What a member says about itself. */
  appendMember(member: ConsumerMember): void {
    this.append({ kind: 'member', memberId: member.memberId, value: member })
  }

  /** What a member has. */
  appendCurrent(member: ConsumerMember): void {
    this.append({ kind: 'current', memberId: member.memberId, value: member })
  }

  /** Takes a member out; the order in which its records go is that in which Kafka replays them. */
  removeMember(memberId: string): void {
    this.append({ kind: 'current', memberId, value: null })
    this.append({ kind: 'target', memberId, value: null })
    this.append({ kind: 'member', memberId, value: null })
    for (const kind of allDeadlines) this.cancel(kind, memberId)
  }

  bumpEpoch(metadataHash: bigint): void {
    const epoch = this.group.groupEpoch + 1
    this.append({ kind: 'group', value: { epoch, metadataHash } })
    this.notes.push(`group epoch ${epoch}`)
  }

  expect(kind: DeadlineKind, memberId: string, delayMs: number): void {
    this.deadlines.push({ kind, memberId, delayMs })
  }

  expectIfAbsent(kind: DeadlineKind, memberId: string, delayMs: number): void {
    this.deadlines.push({ kind, memberId, delayMs, isOnlyIfAbsent: true })
  }

  cancel(kind: DeadlineKind, memberId: string): void {
    this.deadlines.push({ kind, memberId, delayMs: null })
  }
}
