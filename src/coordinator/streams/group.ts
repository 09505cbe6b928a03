import {
  type ModernCurrent,
  ModernGroup,
  type ModernMember,
  type ModernMetadata,
  type ModernRecord,
} from '../modern/group.ts'
import {
  type AssignedTasks,
  isSameAssigned,
  isSameTaskSet,
  NO_TASKS,
  NOTHING_ASSIGNED,
  type TaskSet,
} from './tasks.ts'
import type { Topology } from './topology.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** What a member of a streams group says about itself. */
export interface MemberMetadata extends ModernMetadata {
  readonly topologyEpoch: number
  /** Members of one process share its disk. */
  readonly processId: string
  /** Where its state can be asked for (interactive queries). */
  readonly userEndpoint: Endpoint | null
  readonly clientTags: ReadonlyMap<string, string>
}

export type CurrentTasks = ModernCurrent<AssignedTasks>
export type StreamsMember = ModernMember<MemberMetadata, AssignedTasks>

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
  | ModernRecord<MemberMetadata, AssignedTasks, TaskSet>

/** Kafka's names, as ListGroups and StreamsGroupDescribe show them. */
export type StreamsGroupPhase = 'Empty' | 'NotReady' | 'Assigning' | 'Reconciling' | 'Stable'

/** A group that was never written. */
const NEW_GROUP: GroupMetadata = {
  epoch: 1,
  metadataHash: 0n,
  validatedTopologyEpoch: -1,
  assignmentConfigs: new Map(),
  storedDescriptionTopologyEpoch: -1,
  failedDescriptionTopologyEpoch: -1,
}

/** Before it said anything. */
const NEW_MEMBER: MemberMetadata & CurrentTasks = {
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

/**
 * A streams group (KIP-1071), with the topology that its members run.
 *
 * Source of the rules: apache/kafka `StreamsGroup.java` of 4.4.
 */
export class StreamsGroup extends ModernGroup<MemberMetadata, AssignedTasks, TaskSet> {
  /** Its epoch rises whenever members, topology, topics or configs change. */
  metadata = NEW_GROUP
  topology: Topology | undefined

  constructor(groupId: string, origin?: StreamsGroup) {
    super(groupId, origin)
    if (origin === undefined) return
    this.metadata = origin.metadata
    this.topology = origin.topology
  }

  get type(): 'streams' {
    return 'streams'
  }

  get noTarget(): TaskSet {
    return NO_TASKS
  }

  isSameTarget(one: TaskSet, other: TaskSet): boolean {
    return isSameTaskSet(one, other)
  }

  isSameAssigned(one: AssignedTasks, other: AssignedTasks): boolean {
    return isSameAssigned(one, other)
  }

  /** A group that starts as this one and changes for itself. Useless once this one has changed. */
  fork(): StreamsGroup {
    return new StreamsGroup(this.groupId, this)
  }

  get groupEpoch(): number {
    return this.metadata.epoch
  }

  get phase(): StreamsGroupPhase {
    if (this.members.size === 0) return 'Empty'
    return this.topology?.epoch === this.metadata.validatedTopologyEpoch ? this.progress : 'NotReady'
  }

  apply(record: StreamsRecord): void {
    switch (record.kind) {
      case 'group':
        this.metadata = record.value ?? NEW_GROUP
        return
      case 'topology':
        this.topology = record.value ?? undefined
        return
      default:
        this.applyModern(record)
    }
  }

  /** What deletes the group, in the order in which Kafka replays it. */
  tombstones(): readonly StreamsRecord[] {
    return [...this.memberTombstones(), { kind: 'group', value: null }, { kind: 'topology', value: null }]
  }

  protected override newMember(memberId: string): StreamsMember {
    return { ...NEW_MEMBER, memberId }
  }
}
