import type { GroupType } from '../group.ts'
import { ForkedMap } from './forked-map.ts'

/**
 * How far a member is on its way to its target: there; giving back what it has; waiting for what others have yet to
 * give back. A state that this version doesn't know calls for a fresh start.
 */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased' | 'unknown'

/** What a member says about itself, whichever the kind of its group. */
export interface ModernMetadata {
  /** `group.instance.id` of a static member (KIP-345). */
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** How long it may take to give back what it has; -1 if it never said. */
  readonly rebalanceTimeoutMs: number
}

/** What a member has. */
export interface ModernCurrent<Assigned> {
  /** Rises as the member follows the group; 0 before it does, -2 while a static member is away. */
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly state: MemberState
  readonly assigned: Assigned
  /** What the member still has to give back. */
  readonly pendingRevocation: Assigned
}

export type ModernMember<Metadata, Assigned> = { readonly memberId: string } & Metadata &
  ModernCurrent<Assigned>

/** What one record of the log says about a group, in every kind of them; a `null` value takes it back. */
export type ModernRecord<Metadata, Assigned, Target> =
  | { readonly kind: 'member'; readonly memberId: string; readonly value: Metadata | null }
  | { readonly kind: 'target'; readonly memberId: string; readonly value: Target | null }
  | {
      readonly kind: 'target-epoch'
      readonly value: { readonly epoch: number; readonly timestampMs: number } | null
    }
  | { readonly kind: 'current'; readonly memberId: string; readonly value: ModernCurrent<Assigned> | null }

/**
 * A group whose coordinator assigns (KIP-848): who is in it, what each member has and is to have. `apply` is the only
 * writer, and what it applies are the records of the log: a group that was replayed knows all that the live one knows.
 * Decisions are made on a fork, which takes the records of the decision as they are thought of and is thrown away with
 * them when they can't be written.
 *
 * `Metadata` is what a member says about itself, `Assigned` what it has, `Target` what it is to have.
 */
export abstract class ModernGroup<Metadata extends ModernMetadata, Assigned, Target> {
  readonly members: ForkedMap<string, ModernMember<Metadata, Assigned>>
  /** The target assignment of each member. */
  readonly targets: ForkedMap<string, Target>
  /** The group epoch that the target assignment was made for. */
  assignmentEpoch = 1
  /** When the target assignment was made, 0 if that can be forgotten. */
  assignmentTimestampMs = 0
  readonly #memberIdsByInstance: ForkedMap<string, string>

  /** `origin` is the group that this one is a fork of; a group without one is new. */
  protected constructor(
    readonly groupId: string,
    origin?: ModernGroup<Metadata, Assigned, Target>,
  ) {
    this.members = origin?.members.fork() ?? new ForkedMap()
    this.targets = origin?.targets.fork() ?? new ForkedMap()
    this.#memberIdsByInstance = origin === undefined ? new ForkedMap() : origin.#memberIdsByInstance.fork()
    if (origin === undefined) return
    this.assignmentEpoch = origin.assignmentEpoch
    this.assignmentTimestampMs = origin.assignmentTimestampMs
  }

  abstract readonly type: GroupType
  /** The target of a member that is to have nothing. */
  abstract readonly noTarget: Target
  abstract isSameTarget(one: Target, other: Target): boolean
  abstract isSameAssigned(one: Assigned, other: Assigned): boolean

  /** Rises whenever what assignments depend on changes. A group that was never written has epoch 1. */
  abstract readonly groupEpoch: number

  /** Kafka's name for how the group stands, as ListGroups shows it. */
  abstract readonly phase: string

  /** How far members are with the present epoch, in Kafka's words. */
  protected get progress(): 'Assigning' | 'Reconciling' | 'Stable' {
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.members.values())
      if (!isReconciledTo(member, this.assignmentEpoch)) return 'Reconciling'
    return 'Stable'
  }

  staticMember(instanceId: string): ModernMember<Metadata, Assigned> | undefined {
    const memberId = this.#memberIdsByInstance.get(instanceId)
    return memberId === undefined ? undefined : this.members.get(memberId)
  }

  /** What a member is to have. */
  targetOf(memberId: string): Target {
    return this.targets.get(memberId) ?? this.noTarget
  }

  /** The member, or one that hasn't said anything yet. */
  memberOrNew(memberId: string): ModernMember<Metadata, Assigned> {
    return this.members.get(memberId) ?? this.newMember(memberId)
  }

  /** What takes out members and their targets, in the order in which Kafka replays it when a group is deleted. */
  protected memberTombstones(): ModernRecord<Metadata, Assigned, Target>[] {
    const memberIds = [...this.members.keys()]
    return [
      ...memberIds.map((memberId) => ({ kind: 'current', memberId, value: null }) as const),
      ...memberIds.map((memberId) => ({ kind: 'target', memberId, value: null }) as const),
      { kind: 'target-epoch', value: null },
      ...memberIds.map((memberId) => ({ kind: 'member', memberId, value: null }) as const),
    ]
  }

  protected abstract newMember(memberId: string): ModernMember<Metadata, Assigned>

  protected applyModern(record: ModernRecord<Metadata, Assigned, Target>): void {
    switch (record.kind) {
      case 'member':
        if (record.value === null) this.#remove(record.memberId)
        else this.put({ ...this.memberOrNew(record.memberId), ...record.value })
        return
      case 'target':
        if (record.value === null) this.targets.delete(record.memberId)
        else this.targets.set(record.memberId, record.value)
        return
      case 'target-epoch':
        this.assignmentEpoch = record.value?.epoch ?? -1
        this.assignmentTimestampMs = record.value?.timestampMs ?? 0
        return
      case 'current':
        if (record.value !== null) this.put({ ...this.memberOrNew(record.memberId), ...record.value })
        else this.#takeAll(record.memberId)
    }
  }

  /** A member is new or another than it was. */
  protected put(member: ModernMember<Metadata, Assigned>): void {
    const { memberId, instanceId } = member
    const before = this.members.get(memberId)
    if (before !== undefined) this.takeOut(before)
    this.members.set(memberId, member)
    if (instanceId !== null) this.#memberIdsByInstance.set(instanceId, memberId)
  }

  /** A member is no longer what it was; it may be about to be put back as another. */
  protected takeOut({ memberId, instanceId }: ModernMember<Metadata, Assigned>): void {
    if (instanceId !== null && this.#memberIdsByInstance.get(instanceId) === memberId)
      this.#memberIdsByInstance.delete(instanceId)
  }

  #remove(memberId: string): void {
    const member = this.members.get(memberId)
    if (member !== undefined) this.takeOut(member)
    this.members.delete(memberId)
  }

  #takeAll(memberId: string): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    const { assigned, pendingRevocation } = this.newMember(memberId)
    this.put({ ...member, memberEpoch: -1, previousMemberEpoch: -1, assigned, pendingRevocation })
  }
}

/** Whether the member has exactly what the target of this epoch gives it. */
export function isReconciledTo(
  { state, memberEpoch }: Pick<ModernCurrent<unknown>, 'state' | 'memberEpoch'>,
  assignmentEpoch: number,
): boolean {
  return state === 'stable' && memberEpoch === assignmentEpoch
}
