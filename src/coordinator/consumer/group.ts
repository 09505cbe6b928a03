import {
  type Assignment,
  type EpochAssignment,
  isSameAssignment,
  isSameEpochAssignment,
} from '../modern/assignment.ts'
import { ForkedMap } from '../modern/forked-map.ts'
import {
  type ModernCurrent,
  ModernGroup,
  type ModernMember,
  type ModernMetadata,
  type ModernRecord,
} from '../modern/group.ts'
import { PartitionOwners } from './partition-owners.ts'

/** What a member of a consumer group says about itself. */
export interface MemberMetadata extends ModernMetadata {
  /** Sorted, each once. */
  readonly subscribedTopicNames: readonly string[]
  /** Empty or null without one. */
  readonly subscribedTopicRegex: string | null
  readonly serverAssignor: string | null
  /** Of a member that joined by the classic protocol (KIP-848, online migration). */
  readonly classic: ClassicMemberMetadata | null
}

export interface ClassicMemberMetadata {
  readonly sessionTimeoutMs: number
  /** In the member's order of preference. */
  readonly supportedProtocols: readonly { readonly name: string; readonly metadata: Buffer }[]
}

export type CurrentAssignment = ModernCurrent<EpochAssignment>
export type ConsumerMember = ModernMember<MemberMetadata, EpochAssignment>

export interface ResolvedRegex {
  /** Names of topics that it matches, sorted. */
  readonly topics: readonly string[]
  /** Revision of the metadata in which they were found. */
  readonly version: number
  readonly timestampMs: number
}

/** What one record of the log says about a group; a `null` value takes it back. */
export type ConsumerRecord =
  | ModernRecord<MemberMetadata, EpochAssignment, Assignment>
  | {
      readonly kind: 'group'
      readonly value: { readonly epoch: number; readonly metadataHash: bigint } | null
    }
  /** What the group knew of its topics before Kafka 4.1; only whether it is there matters. */
  | { readonly kind: 'topics'; readonly isThere: boolean }
  | { readonly kind: 'regex'; readonly regex: string; readonly value: ResolvedRegex | null }

/** Kafka's names, as ListGroups and ConsumerGroupDescribe show them. */
export type ConsumerGroupPhase = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

export const NOTHING: EpochAssignment = new Map()
const NO_PARTITIONS: Assignment = new Map()

/** Before it said anything. */
const NEW_MEMBER: MemberMetadata & CurrentAssignment = {
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

/**
 * A consumer group (KIP-848), with who has which partition, and the topics that patterns match.
 *
 * Source of the rules: apache/kafka `ConsumerGroup.java`, `ModernGroup.java`.
 */
export class ConsumerGroup extends ModernGroup<MemberMetadata, EpochAssignment, Assignment> {
  /** Rises whenever members, subscriptions or topics change. */
  groupEpoch = 1
  /** Of the subscribed topics; tells whether they have changed. */
  metadataHash = 0n
  hasTopicsRecord = false
  readonly regexes: ForkedMap<string, ResolvedRegex>
  /** Who has which partition, to be given back or not. */
  readonly owners: PartitionOwners

  constructor(groupId: string, origin?: ConsumerGroup) {
    super(groupId, origin)
    this.regexes = origin?.regexes.fork() ?? new ForkedMap()
    this.owners = origin?.owners.fork() ?? new PartitionOwners()
    if (origin === undefined) return
    this.groupEpoch = origin.groupEpoch
    this.metadataHash = origin.metadataHash
    this.hasTopicsRecord = origin.hasTopicsRecord
  }

  get type(): 'consumer' {
    return 'consumer'
  }

  get noTarget(): Assignment {
    return NO_PARTITIONS
  }

  isSameTarget(one: Assignment, other: Assignment): boolean {
    return isSameAssignment(one, other)
  }

  isSameAssigned(one: EpochAssignment, other: EpochAssignment): boolean {
    return isSameEpochAssignment(one, other)
  }

  /** A group that starts as this one and changes for itself. Useless once this one has changed. */
  fork(): ConsumerGroup {
    return new ConsumerGroup(this.groupId, this)
  }

  get phase(): ConsumerGroupPhase {
    return this.members.size === 0 ? 'Empty' : this.progress
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
      case 'regex':
        if (record.value === null) this.regexes.delete(record.regex)
        else this.regexes.set(record.regex, record.value)
        return
      default:
        this.applyModern(record)
    }
  }

  /** What deletes the group, in the order in which Kafka replays it. */
  tombstones(): readonly ConsumerRecord[] {
    return [
      ...this.memberTombstones(),
      ...[...this.regexes.keys()].map((regex) => ({ kind: 'regex', regex, value: null }) as const),
      { kind: 'topics', isThere: false },
      { kind: 'group', value: null },
    ]
  }

  protected override newMember(memberId: string): ConsumerMember {
    return { ...NEW_MEMBER, memberId }
  }

  protected override put(member: ConsumerMember): void {
    super.put(member)
    this.owners.take(member.assigned, member.memberId)
    this.owners.take(member.pendingRevocation, member.memberId)
  }

  protected override takeOut(member: ConsumerMember): void {
    super.takeOut(member)
    this.owners.release(member.assigned, member.memberId)
    this.owners.release(member.pendingRevocation, member.memberId)
  }
}

/** A member that joined by the classic protocol. */
export function isClassic(member: ConsumerMember): boolean {
  return member.classic !== null
}
