import { ForkedMap } from './forked-map.ts'
import { PartitionOwners } from './partition-owners.ts'

/** Partitions by topic id. */
export type Assignment = ReadonlyMap<string, ReadonlySet<number>>

/** Partitions by topic id, each with the member epoch in which it was assigned (KIP-1251). */
export type EpochAssignment = ReadonlyMap<string, ReadonlyMap<number, number>>

/**
 * How far a member is on its way to its target: there; giving back partitions; waiting for partitions that others
 * have yet to give back. A state that this version doesn't know calls for a fresh start.
 */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased' | 'unknown'

/** What a member of a consumer group says about itself. */
export interface MemberMetadata {
  /** `group.instance.id` of a static member (KIP-345). */
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Sorted, each once. */
  readonly subscribedTopicNames: readonly string[]
  /** Empty or null without one. */
  readonly subscribedTopicRegex: string | null
  readonly serverAssignor: string | null
  /** How long it may take to give partitions back; -1 if it never said. */
  readonly rebalanceTimeoutMs: number
  /** Of a member that joined by the classic protocol (KIP-848, online migration). */
  readonly classic: ClassicMemberMetadata | null
}

export interface ClassicMemberMetadata {
  readonly sessionTimeoutMs: number
  /** In the member's order of preference. */
  readonly supportedProtocols: readonly { readonly name: string; readonly metadata: Buffer }[]
}

/** What a member has. */
export interface CurrentAssignment {
  /** Rises as the member follows the group; 0 before it does, -2 while a static member is away. */
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly state: MemberState
  readonly assigned: EpochAssignment
  /** What the member still has to give back. */
  readonly pendingRevocation: EpochAssignment
}

export interface ConsumerMember extends MemberMetadata, CurrentAssignment {
  readonly memberId: string
}

export interface ResolvedRegex {
  /** Names of topics that it matches, sorted. */
  readonly topics: readonly string[]
  /** Revision of the metadata in which they were found. */
  readonly version: number
  readonly timestampMs: number
}

/** What one record of the log says about a group; a `null` value takes it back. */
export type ConsumerRecord =
  | {
      readonly kind: 'group'
      readonly value: { readonly epoch: number; readonly metadataHash: bigint } | null
    }
  /** What the group knew of its topics before Kafka 4.1; only whether it is there matters. */
  | { readonly kind: 'topics'; readonly isThere: boolean }
  | { readonly kind: 'member'; readonly memberId: string; readonly value: MemberMetadata | null }
  | { readonly kind: 'target'; readonly memberId: string; readonly value: Assignment | null }
  | {
      readonly kind: 'target-epoch'
      readonly value: { readonly epoch: number; readonly timestampMs: number } | null
    }
  | { readonly kind: 'current'; readonly memberId: string; readonly value: CurrentAssignment | null }
  | { readonly kind: 'regex'; readonly regex: string; readonly value: ResolvedRegex | null }

/** Kafka's names, as ListGroups and ConsumerGroupDescribe show them. */
export type ConsumerGroupPhase = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

export const NOTHING: EpochAssignment = new Map()
export const NO_PARTITIONS: Assignment = new Map()

const FRESH_MEMBER: MemberMetadata & CurrentAssignment = {
  instanceId: null,
  rackId: null,
  clientId: '',
  clientHost: '',
  subscribedTopicNames: [],
  subscribedTopicRegex: '',
  serverAssignor: null,
  rebalanceTimeoutMs: -1,
  classic: null,
  memberEpoch: 0,
  previousMemberEpoch: -1,
  state: 'stable',
  assigned: NOTHING,
  pendingRevocation: NOTHING,
}

/** A member before it said anything. */
export function freshMember(memberId: string): ConsumerMember {
  return { ...FRESH_MEMBER, memberId }
}

/**
 * A consumer group (KIP-848). `apply` is the only writer, and what it applies are the records of the log: a group that
 * was replayed knows all that the live one knows. Decisions are made on a fork, which takes the records of the decision
 * as they are thought of and is thrown away with them when they can't be written.
 *
 * Source of the rules: apache/kafka `ConsumerGroup.java`, `ModernGroup.java`.
 */
export class ConsumerGroup {
  /** Rises whenever members, subscriptions or topics change. A group that was never written has epoch 1. */
  groupEpoch = 1
  /** Of the subscribed topics; tells whether they have changed. */
  metadataHash = 0n
  /** The group epoch that the target assignment was made for. */
  assignmentEpoch = 1
  /** When the target assignment was made, 0 if that can be forgotten. */
  assignmentTimestampMs = 0
  hasTopicsRecord = false

  private constructor(
    readonly groupId: string,
    readonly members: ForkedMap<string, ConsumerMember>,
    /** The target assignment of each member. */
    readonly targets: ForkedMap<string, Assignment>,
    readonly regexes: ForkedMap<string, ResolvedRegex>,
    /** Who has which partition, to be given back or not. */
    readonly owners: PartitionOwners,
    readonly memberIdsByInstance: ForkedMap<string, string>,
  ) {}

  static fresh(groupId: string): ConsumerGroup {
    return new ConsumerGroup(
      groupId,
      new ForkedMap(),
      new ForkedMap(),
      new ForkedMap(),
      new PartitionOwners(),
      new ForkedMap(),
    )
  }

  /** A group that starts as this one and changes for itself. Useless once this one has changed. */
  fork(): ConsumerGroup {
    const fork = new ConsumerGroup(
      this.groupId,
      this.members.fork(),
      this.targets.fork(),
      this.regexes.fork(),
      this.owners.fork(),
      this.memberIdsByInstance.fork(),
    )
    fork.groupEpoch = this.groupEpoch
    fork.metadataHash = this.metadataHash
    fork.assignmentEpoch = this.assignmentEpoch
    fork.assignmentTimestampMs = this.assignmentTimestampMs
    fork.hasTopicsRecord = this.hasTopicsRecord
    return fork
  }

  get phase(): ConsumerGroupPhase {
    if (this.members.size === 0) return 'Empty'
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.members.values())
      if (!isReconciledTo(member, this.assignmentEpoch)) return 'Reconciling'
    return 'Stable'
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    const memberId = this.memberIdsByInstance.get(instanceId)
    return memberId === undefined ? undefined : this.members.get(memberId)
  }

  apply(record: ConsumerRecord): void {
    switch (record.kind) {
      case 'group':
        this.groupEpoch = record.value?.epoch ?? 1
        this.metadataHash = record.value?.metadataHash ?? 0n
        return
      case 'topics':
        this.hasTopicsRecord = record.isThere
        return
      case 'member':
        if (record.value === null) this.#removeMember(record.memberId)
        else this.#putMember({ ...this.#memberOf(record.memberId), ...record.value })
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
        this.#applyCurrent(record.memberId, record.value)
        return
      case 'regex':
        if (record.value === null) this.regexes.delete(record.regex)
        else this.regexes.set(record.regex, record.value)
    }
  }

  #applyCurrent(memberId: string, value: CurrentAssignment | null): void {
    if (value !== null) this.#putMember({ ...this.#memberOf(memberId), ...value })
    else if (this.members.has(memberId)) {
      const gone = { memberEpoch: -1, previousMemberEpoch: -1, assigned: NOTHING, pendingRevocation: NOTHING }
      this.#putMember({ ...this.#memberOf(memberId), ...gone })
    }
  }

  #memberOf(memberId: string): ConsumerMember {
    return this.members.get(memberId) ?? freshMember(memberId)
  }

  #putMember(member: ConsumerMember): void {
    this.#takeOut(this.members.get(member.memberId))
    this.members.set(member.memberId, member)
    this.owners.take(member.assigned, member.memberId)
    this.owners.take(member.pendingRevocation, member.memberId)
    if (member.instanceId !== null) this.memberIdsByInstance.set(member.instanceId, member.memberId)
  }

  #removeMember(memberId: string): void {
    this.#takeOut(this.members.get(memberId))
    this.members.delete(memberId)
  }

  #takeOut(member: ConsumerMember | undefined): void {
    if (member === undefined) return
    this.owners.release(member.assigned, member.memberId)
    this.owners.release(member.pendingRevocation, member.memberId)
    const { instanceId } = member
    if (instanceId !== null && this.memberIdsByInstance.get(instanceId) === member.memberId)
      this.memberIdsByInstance.delete(instanceId)
  }
}

/** Whether the member has exactly what the target of this epoch gives it. */
export function isReconciledTo(member: ConsumerMember, assignmentEpoch: number): boolean {
  return member.state === 'stable' && member.memberEpoch === assignmentEpoch
}

/** A member that joined by the classic protocol. */
export function isClassic(member: ConsumerMember): boolean {
  return member.classic !== null
}

export function hasPartition(assignment: EpochAssignment, topicId: string, partition: number): boolean {
  return assignment.get(topicId)?.has(partition) === true
}

/** Whether both name the same partitions with the same epochs. */
export function isSameAssignment(one: EpochAssignment, other: EpochAssignment): boolean {
  if (one === other) return true
  if (one.size !== other.size) return false
  for (const [topicId, partitions] of one) {
    const others = other.get(topicId)
    if (others?.size !== partitions.size) return false
    for (const [partition, epoch] of partitions) if (others.get(partition) !== epoch) return false
  }
  return true
}
