import { ForkedMap } from '../consumer/forked-map.ts'
import type { MemberState } from '../consumer/group.ts'
import { type AssignedTasks, NOTHING_ASSIGNED, type TaskSet } from './tasks.ts'
import type { Topology } from './topology.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** What a member of a streams group says about itself. */
export interface MemberMetadata {
  /** `group.instance.id` of a static member (KIP-345). */
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** How long it may take to give tasks back; -1 if it never said. */
  readonly rebalanceTimeoutMs: number
  readonly topologyEpoch: number
  /** Members of one process share its disk. */
  readonly processId: string
  /** Where its state can be asked for (interactive queries). */
  readonly userEndpoint: Endpoint | null
  readonly clientTags: ReadonlyMap<string, string>
}

/** What a member has. */
export interface CurrentTasks {
  /** Rises as the member follows the group; 0 before it does, -2 while a static member is away. */
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly state: MemberState
  readonly assigned: AssignedTasks
  /** What the member still has to give back. */
  readonly pendingRevocation: AssignedTasks
}

export interface StreamsMember extends MemberMetadata, CurrentTasks {
  readonly memberId: string
}

export interface GroupMetadata {
  readonly epoch: number
  /** Of the topics that the topology needs. */
  readonly metadataHash: bigint
  /** Epoch of the topology whose topics are all there, -1 if they aren't. */
  readonly validatedTopologyEpoch: number
  /** The configs that the last assignment was made by. */
  readonly assignmentConfigs: ReadonlyMap<string, string>
  /** Of descriptions kept by a plug-in of Kafka's (KIP-1331); passed on as they are. */
  readonly storedDescriptionTopologyEpoch: number
  readonly failedDescriptionTopologyEpoch: number
}

/** What one record of the log says about a group; a `null` value takes it back. */
export type StreamsRecord =
  | { readonly kind: 'group'; readonly value: GroupMetadata | null }
  | { readonly kind: 'topology'; readonly value: Topology | null }
  | { readonly kind: 'member'; readonly memberId: string; readonly value: MemberMetadata | null }
  | { readonly kind: 'target'; readonly memberId: string; readonly value: TaskSet | null }
  | {
      readonly kind: 'target-epoch'
      readonly value: { readonly epoch: number; readonly timestampMs: number } | null
    }
  | { readonly kind: 'current'; readonly memberId: string; readonly value: CurrentTasks | null }

/** Kafka's names, as ListGroups and StreamsGroupDescribe show them. */
export type StreamsGroupPhase = 'Empty' | 'NotReady' | 'Assigning' | 'Reconciling' | 'Stable'

/** A group that was never written. */
const FRESH_GROUP: GroupMetadata = {
  epoch: 1,
  metadataHash: 0n,
  validatedTopologyEpoch: -1,
  assignmentConfigs: new Map(),
  storedDescriptionTopologyEpoch: -1,
  failedDescriptionTopologyEpoch: -1,
}

/** A member before it said anything. */
export function freshMember(memberId: string): StreamsMember {
  return {
    memberId,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: -1,
    topologyEpoch: -1,
    processId: '',
    userEndpoint: null,
    clientTags: new Map(),
    memberEpoch: 0,
    previousMemberEpoch: 0,
    state: 'stable',
    assigned: NOTHING_ASSIGNED,
    pendingRevocation: NOTHING_ASSIGNED,
  }
}

/**
 * A streams group (KIP-1071). `apply` is the only writer, and what it applies are the records of the log. Decisions are
 * made on a fork, which takes the records of the decision as they are thought of and is thrown away with them when they
 * can't be written.
 *
 * Source of the rules: apache/kafka `StreamsGroup.java` of 4.4.
 */
export class StreamsGroup {
  /** Its epoch rises whenever members, topology, topics or configs change. */
  metadata = FRESH_GROUP
  topology: Topology | undefined
  /** The group epoch that the target assignment was made for. */
  assignmentEpoch = 1
  /** When the target assignment was made, 0 if that can be forgotten. */
  assignmentTimestampMs = 0

  private constructor(
    readonly groupId: string,
    readonly members: ForkedMap<string, StreamsMember>,
    /** The target assignment of each member. */
    readonly targets: ForkedMap<string, TaskSet>,
    readonly memberIdsByInstance: ForkedMap<string, string>,
  ) {}

  static fresh(groupId: string): StreamsGroup {
    return new StreamsGroup(groupId, new ForkedMap(), new ForkedMap(), new ForkedMap())
  }

  /** A group that starts as this one and changes for itself. Useless once this one has changed. */
  fork(): StreamsGroup {
    const fork = new StreamsGroup(
      this.groupId,
      this.members.fork(),
      this.targets.fork(),
      this.memberIdsByInstance.fork(),
    )
    fork.metadata = this.metadata
    fork.topology = this.topology
    fork.assignmentEpoch = this.assignmentEpoch
    fork.assignmentTimestampMs = this.assignmentTimestampMs
    return fork
  }

  get phase(): StreamsGroupPhase {
    if (this.members.size === 0) return 'Empty'
    if (this.topology?.epoch !== this.metadata.validatedTopologyEpoch) return 'NotReady'
    if (this.metadata.epoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.members.values())
      if (!isReconciledTo(member, this.assignmentEpoch)) return 'Reconciling'
    return 'Stable'
  }

  staticMember(instanceId: string): StreamsMember | undefined {
    const memberId = this.memberIdsByInstance.get(instanceId)
    return memberId === undefined ? undefined : this.members.get(memberId)
  }

  apply(record: StreamsRecord): void {
    switch (record.kind) {
      case 'group':
        this.metadata = record.value ?? FRESH_GROUP
        return
      case 'topology':
        this.topology = record.value ?? undefined
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
    }
  }

  #applyCurrent(memberId: string, value: CurrentTasks | null): void {
    if (value !== null) this.#putMember({ ...this.#memberOf(memberId), ...value })
    else if (this.members.has(memberId))
      this.#putMember({
        ...this.#memberOf(memberId),
        memberEpoch: -1,
        previousMemberEpoch: -1,
        assigned: NOTHING_ASSIGNED,
        pendingRevocation: NOTHING_ASSIGNED,
      })
  }

  #memberOf(memberId: string): StreamsMember {
    return this.members.get(memberId) ?? freshMember(memberId)
  }

  #putMember(member: StreamsMember): void {
    this.#forgetInstance(this.members.get(member.memberId))
    this.members.set(member.memberId, member)
    if (member.instanceId !== null) this.memberIdsByInstance.set(member.instanceId, member.memberId)
  }

  #removeMember(memberId: string): void {
    this.#forgetInstance(this.members.get(memberId))
    this.members.delete(memberId)
  }

  #forgetInstance(member: StreamsMember | undefined): void {
    const instanceId = member?.instanceId ?? null
    if (instanceId !== null && this.memberIdsByInstance.get(instanceId) === member?.memberId)
      this.memberIdsByInstance.delete(instanceId)
  }
}

/** Whether the member has exactly what the target of this epoch gives it. */
export function isReconciledTo(member: CurrentTasks, assignmentEpoch: number): boolean {
  return member.state === 'stable' && member.memberEpoch === assignmentEpoch
}
