import { assert } from '../../runtime/assert.ts'
import type { ErrorName } from '../../wire/errors.ts'
import { errorCodes, NONE } from '../../wire/errors.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { GroupConfig } from '../group-config.ts'
import type {
  ClassicGroup,
  GroupPhase,
  JoinReply,
  Member,
  MemberProtocol,
  Parked,
  PhaseDeadline,
  SyncReply,
} from './group.ts'
import { NO_BYTES } from './group.ts'

/** The time of a decision: wall clock for what is recorded, monotonic for deadlines. Milliseconds both. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

/** What decisions depend on besides the group itself. */
export interface Circumstances {
  readonly now: Moment
  readonly config: GroupConfig
}

/** The answer to one request that waited. */
export type Answer =
  | { readonly kind: 'join'; readonly to: Parked<JoinReply>; readonly reply: JoinReply }
  | { readonly kind: 'sync'; readonly to: Parked<SyncReply>; readonly reply: SyncReply }

/**
 * What shall happen: records to append, then the group's next value, then answers to be released when the records
 * are committed. Nothing of it has happened yet.
 */
export interface GroupDecision {
  readonly group: ClassicGroup
  readonly records: readonly CoordinatorRecord[]
  readonly answers: readonly Answer[]
  /** New session deadlines by member id, in monotonic milliseconds; `null` takes one away. */
  readonly sessions: ReadonlyMap<string, number | null>
  /** Why, for the log. */
  readonly notes: readonly string[]
  /** What shall happen instead when the records can't be appended; without it the request is refused. */
  readonly whenRefused?: (error: ErrorName) => GroupDecision
}

/** A working copy of a group during one decision. The group that it was made from stays as it is. */
export class GroupDraft {
  readonly groupId: string
  readonly now: Moment
  readonly config: GroupConfig
  readonly members: Map<string, Member>
  readonly pendingMemberIds: Set<string>
  readonly answers: Answer[] = []
  readonly records: CoordinatorRecord[] = []
  readonly sessions = new Map<string, number | null>()
  readonly notes: string[] = []
  whenRefused: ((error: ErrorName) => GroupDecision) | undefined
  generationId: number
  protocolType: string | null
  protocolName: string | null
  leaderId: string | null
  deadline: PhaseDeadline | null
  #phase: GroupPhase
  #stateTimestampMs: number

  constructor(group: ClassicGroup, { now, config }: Circumstances) {
    this.groupId = group.groupId
    this.now = now
    this.config = config
    this.members = new Map(group.members)
    this.pendingMemberIds = new Set(group.pendingMemberIds)
    this.generationId = group.generationId
    this.protocolType = group.protocolType
    this.protocolName = group.protocolName
    this.leaderId = group.leaderId
    this.deadline = group.deadline
    this.#phase = group.phase
    this.#stateTimestampMs = group.stateTimestampMs
  }

  get phase(): GroupPhase {
    return this.#phase
  }

  enter(phase: GroupPhase): void {
    this.#phase = phase
    this.#stateTimestampMs = this.now.wallMs
  }

  /** The group as it now stands in this draft. */
  group(): ClassicGroup {
    return {
      groupId: this.groupId,
      phase: this.#phase,
      generationId: this.generationId,
      protocolType: this.protocolType,
      protocolName: this.protocolName,
      leaderId: this.leaderId,
      stateTimestampMs: this.#stateTimestampMs,
      members: this.members,
      pendingMemberIds: this.pendingMemberIds,
      deadline: this.deadline,
    }
  }

  decision(): GroupDecision {
    const { records, answers, sessions, notes, whenRefused } = this
    const decision = { group: this.group(), records, answers, sessions, notes }
    return whenRefused === undefined ? decision : { ...decision, whenRefused }
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId
  }

  add(member: Member, protocolType: string): void {
    if (this.members.size === 0) this.protocolType = protocolType
    this.leaderId ??= member.memberId
    this.members.set(member.memberId, member)
    this.pendingMemberIds.delete(member.memberId)
  }

  /** Takes a member or a pending id out. A request of it that waits must have been answered before. */
  remove(memberId: string): void {
    this.members.delete(memberId)
    this.pendingMemberIds.delete(memberId)
    this.sessions.set(memberId, null)
    if (!this.isLeader(memberId)) return
    const [next] = this.members.keys()
    this.leaderId = next ?? null
  }

  /** Changes fields of a member that is in the group and returns its next value. */
  change(memberId: string, fields: Partial<Omit<Member, 'memberId'>>): Member {
    const member = this.members.get(memberId)
    assert(member !== undefined, `no member ${memberId} in group ${this.groupId}`)
    const changed = { ...member, ...fields }
    this.members.set(memberId, changed)
    return changed
  }

  /** Gives a static member a new id; its place in the group, its assignment and its leadership go with it. */
  replaceStatic(oldMemberId: string, newMemberId: string): void {
    const old = this.members.get(oldMemberId)
    assert(old !== undefined, `no member ${oldMemberId} in group ${this.groupId}`)
    this.answerJoin(old, refusedJoin(oldMemberId, 'FENCED_INSTANCE_ID'))
    this.answerSync(old, refusedSync('FENCED_INSTANCE_ID'))
    const replaced = { ...old, memberId: newMemberId, joining: null, syncing: null, isNew: false }
    const inOrder = [...this.members.values()]
    this.members.clear()
    for (const member of inOrder) {
      const kept = member.memberId === oldMemberId ? replaced : member
      this.members.set(kept.memberId, kept)
    }
    this.sessions.set(oldMemberId, null)
    if (this.isLeader(oldMemberId)) this.leaderId = newMemberId
  }

  /** Answers the member's join if one waits. The member's value is not touched. */
  answerJoin(member: Member, reply: JoinReply): void {
    if (member.joining !== null) this.answers.push({ kind: 'join', to: member.joining, reply })
  }

  answerSync(member: Member, reply: SyncReply): void {
    if (member.syncing !== null) this.answers.push({ kind: 'sync', to: member.syncing, reply })
  }

  /** The member must be heard of again within this time. */
  expectWithin(memberId: string, timeoutMs: number): void {
    this.sessions.set(memberId, this.now.monotonicMs + timeoutMs)
  }
}

/** A join that is refused. The member keeps, or learns, `memberId`. */
export function refusedJoin(memberId: string, error: ErrorName): JoinReply {
  return {
    errorCode: errorCodes[error],
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  }
}

export function refusedSync(error: ErrorName): SyncReply {
  return { errorCode: errorCodes[error], protocolType: null, protocolName: null, assignment: NO_BYTES }
}

/** The assignment that the present generation gives to a member. */
export function assignmentReply(
  group: Pick<ClassicGroup, 'protocolType' | 'protocolName'>,
  assignment: Buffer,
): SyncReply {
  const { protocolType, protocolName } = group
  return { errorCode: NONE, protocolType, protocolName, assignment }
}

/** What a JoinGroup request says, with the defaults of old versions filled in. */
export interface JoinRequest {
  readonly groupId: string
  /** Empty for a client that has no id yet. */
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly protocolType: string
  readonly protocols: readonly MemberProtocol[]
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** Why the client (re)joins (KIP-800). */
  readonly reason: string | null
  readonly clientId: string
  readonly clientHost: string
  /** The id to give to a client that has none. */
  readonly freshMemberId: string
  /** Whether an id must be given out before its owner may join (KIP-394; version 4 on). */
  readonly requiresMemberId: boolean
  /** Whether the client understands that a returning leader need not assign (KIP-814; version 9 on). */
  readonly canSkipAssignment: boolean
}
