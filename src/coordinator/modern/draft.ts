import type { CoordinatorRecord } from '../coordinator-log.ts'
import { type DeadlineChange, type DeadlineKind, deadlineKinds } from '../group-deadlines.ts'
import type { GroupTopics } from '../group-topics.ts'
import type { ModernGroupConfig } from './config.ts'
import type { ModernGroup, ModernMember, ModernMetadata, ModernRecord } from './group.ts'

/** What decisions depend on besides the group itself. */
export interface ModernCircumstances {
  /** Wall clock, for what is recorded. */
  readonly nowMs: number
  readonly config: ModernGroupConfig
  readonly topics: GroupTopics
}

/**
 * A decision in the making, on a fork of the group: what it appends is visible to the rest of it at once, and is
 * written all together or not at all. For the type parameters see `ModernGroup`.
 */
export abstract class ModernDraft<Metadata extends ModernMetadata, Assigned, Target> {
  readonly records: CoordinatorRecord[] = []
  readonly deadlines: DeadlineChange[] = []
  /** Why, for the log. */
  readonly notes: string[] = []

  abstract readonly group: ModernGroup<Metadata, Assigned, Target>
  abstract readonly circumstances: ModernCircumstances

  /** Applies a record to the fork and has it written with the others. */
  abstract append(record: ModernRecord<Metadata, Assigned, Target>): void

  /** What a member says about itself. */
  appendMember(member: ModernMember<Metadata, Assigned>): void {
    this.append({ kind: 'member', memberId: member.memberId, value: member })
  }

  /** What a member has. */
  appendCurrent(member: ModernMember<Metadata, Assigned>): void {
    this.append({ kind: 'current', memberId: member.memberId, value: member })
  }

  /** Takes a member out; the order in which its records go is that in which Kafka replays them. */
  removeMember(memberId: string): void {
    this.append({ kind: 'current', memberId, value: null })
    this.append({ kind: 'target', memberId, value: null })
    this.append({ kind: 'member', memberId, value: null })
    for (const kind of deadlineKinds) this.cancel(kind, memberId)
  }

  /** Whoever comes next to a group that nobody is in owes it no waiting (KIP-1263). */
  endIfEmpty(): void {
    const { members, groupEpoch } = this.group
    if (members.size === 0)
      this.append({ kind: 'target-epoch', value: { epoch: groupEpoch, timestampMs: 0 } })
  }

  /** Whether the last assignment was made so short ago that the next one has to wait (KIP-1263). */
  get isTooSoonToAssign(): boolean {
    const { nowMs, config } = this.circumstances
    const lastMs = this.group.assignmentTimestampMs
    return lastMs !== 0 && nowMs < lastMs + config.assignmentIntervalMs
  }

  /** A new target assignment, of the group's epoch. Members that aren't named are to have nothing. */
  assign(targets: ReadonlyMap<string, Target>): void {
    const { group, circumstances } = this
    for (const memberId of group.members.keys()) {
      const target = targets.get(memberId) ?? group.noTarget
      const known = group.targets.get(memberId)
      if (known === undefined || !group.isSameTarget(known, target))
        this.append({ kind: 'target', memberId, value: target })
    }
    const value = { epoch: group.groupEpoch, timestampMs: circumstances.nowMs }
    this.append({ kind: 'target-epoch', value })
  }

  /** Records the step that a member takes towards its target; false if it takes none. */
  advance(member: ModernMember<Metadata, Assigned>, next: ModernMember<Metadata, Assigned>): boolean {
    const { group } = this
    const isSame =
      member === next ||
      (member.memberEpoch === next.memberEpoch &&
        member.previousMemberEpoch === next.previousMemberEpoch &&
        member.state === next.state &&
        group.isSameAssigned(member.assigned, next.assigned) &&
        group.isSameAssigned(member.pendingRevocation, next.pendingRevocation))
    if (!isSame) this.appendCurrent(next)
    return !isSame
  }

  /** A member has its rebalance timeout to give back what it has to. */
  expectRevocation({ memberId, state, rebalanceTimeoutMs }: ModernMember<Metadata, Assigned>): void {
    if (state === 'unrevoked') this.expect('rebalance', memberId, rebalanceTimeoutMs)
    else this.cancel('rebalance', memberId)
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
