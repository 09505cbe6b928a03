import type { ClassicGroups } from '../classic/classic-groups.ts'
import { type Group, type GroupType, groupNotFound, groupOfOtherKind } from '../group.ts'
import type { DeadlineKind } from '../group-deadlines.ts'
import type { GroupHost, GroupKind } from '../group-kind.ts'
import { groupTombstone } from '../group-records.ts'
import { KindDeadlines } from '../kind-deadlines.ts'
import type { ModernGroupConfig } from './config.ts'
import type { ModernDraft } from './draft.ts'
import type { ModernGroup, ModernMetadata } from './group.ts'

type AnyGroup = ModernGroup<ModernMetadata, unknown, unknown>
/** What a decision about a group of any kind comes to. */
type AnyDraft = Pick<
  ModernDraft<ModernMetadata, unknown, unknown>,
  'group' | 'records' | 'notes' | 'deadlines'
>

/** Why a member is taken out, for the log. */
const overdue: Readonly<Record<DeadlineKind, string>> = {
  session: 'its session has expired',
  rebalance: 'it did not give back in time what it is not to have',
  join: 'it did not rejoin in time',
  sync: 'it did not sync in time',
  phase: 'the group has waited long enough',
}

/**
 * The groups of one modern kind in one shard. Whatever happens to a group is decided on a draft, which is then carried
 * out; what members are asked and told is the kind's own.
 */
export abstract class ModernGroups<M extends AnyGroup, D extends AnyDraft> implements GroupKind {
  abstract readonly type: GroupType
  protected readonly host: GroupHost
  /** As the log has them. */
  protected readonly groups: ReadonlyMap<string, M>
  protected readonly classic: ClassicGroups
  readonly #deadlines: KindDeadlines

  constructor(host: GroupHost, groups: ReadonlyMap<string, M>, classic: ClassicGroups) {
    this.host = host
    this.groups = groups
    this.classic = classic
    this.#deadlines = new KindDeadlines(host.environment.clock, (groupId, kind, memberId) =>
      this.onDue(groupId, kind, memberId),
    )
  }

  /** Every member is expected as if it had just been heard of, and had just begun to give things back. */
  onLoaded(): void {
    for (const { groupId, members } of this.groups.values()) {
      const { sessionTimeoutMs } = this.configOf(groupId)
      const deadlines = this.#deadlines.of(groupId)
      for (const { memberId, state, rebalanceTimeoutMs } of members.values()) {
        deadlines.set('session', memberId, sessionTimeoutMs)
        if (state === 'unrevoked') deadlines.set('rebalance', memberId, rebalanceTimeoutMs)
      }
    }
  }

  close(): void {
    this.#deadlines.stop()
  }

  groupIds(): Iterable<string> {
    return this.groups.keys()
  }

  abstract find(groupId: string): Group | undefined

  forget(groupId: string): void {
    this.#deadlines.forget(groupId)
  }

  hasDynamicMember(groupId: string, memberId: string): boolean {
    return this.groups.get(groupId)?.members.get(memberId)?.instanceId === null
  }

  evict(groupId: string, memberId: string, reason: string): void {
    if (this.groups.get(groupId)?.members.has(memberId) !== true) return
    const draft = this.draft(groupId)
    draft.notes.push(`member ${memberId} is taken out: ${reason}`)
    this.takeOut(draft, memberId)
  }

  protected abstract configOf(groupId: string): ModernGroupConfig
  protected abstract newGroup(groupId: string): M
  protected abstract draftOf(group: M): D
  /** Takes a member out of its group and carries that out. */
  protected abstract takeOut(draft: D, memberId: string): void

  protected onDue(groupId: string, kind: DeadlineKind, memberId: string): void {
    this.evict(groupId, memberId, overdue[kind])
  }

  /** Throws GROUP_ID_NOT_FOUND if there is no group of this kind and name. */
  protected require(groupId: string, what?: string): M {
    const group = this.groups.get(groupId)
    if (group !== undefined) return group
    if (this.host.find(groupId) !== undefined) throw groupOfOtherKind(groupId, this.type)
    throw groupNotFound(groupId, what)
  }

  protected draft(groupId: string, what?: string): D {
    return this.draftOf(this.require(groupId, what))
  }

  /** A group for somebody who joins: the one that there is, or a new one, perhaps in place of a classic one. */
  protected draftToJoin(groupId: string): D {
    const known = this.groups.get(groupId)
    if (known !== undefined) return this.draftOf(known)
    const draft = this.draftOf(this.newGroup(groupId))
    const other = this.host.find(groupId)
    if (other === undefined) return draft
    if (other.type !== 'classic') throw groupOfOtherKind(groupId, this.type)
    if (other.isEmpty) draft.records.push(groupTombstone(groupId))
    else this.takeOver(draft)
    return draft
  }

  /** Makes a classic group that has members one of this kind, if that can be. */
  protected takeOver({ group }: D): void {
    throw groupOfOtherKind(group.groupId, this.type)
  }

  /** Writes what was decided, all of it or, with a `KafkaError`, nothing. */
  protected write({ group, records, notes }: D): void {
    if (records.length > 0) this.host.append(records)
    for (const note of notes) this.host.environment.logger.debug({ groupId: group.groupId }, note)
  }

  /** Writes what was decided; then it counts. */
  protected carryOut(draft: D): void {
    this.write(draft)
    const { groupId } = draft.group
    // What was a classic group till now, or only offsets, is one no longer.
    this.classic.release(groupId)
    this.#deadlines.of(groupId).apply(draft.deadlines)
  }
}
