import type { ErrorName } from '../../wire/errors.ts'

/**
 * A classic group (JoinGroup, SyncGroup, Heartbeat, LeaveGroup) as a value. Values are never changed: a decision
 * takes one and gives the next. What of it is written to the log is told in `group-records.ts`; the rest (a
 * rebalance under way, requests that wait, deadlines) is soft and gone when the coordinator moves.
 *
 * Source of the rules: apache/kafka `GroupMetadataManager.java`, `ClassicGroup.java`, `ClassicGroupMember.java`.
 */
export interface ClassicGroup {
  readonly groupId: string
  readonly phase: GroupPhase
  /** Rises once per completed rebalance; 0 before the first. */
  readonly generationId: number
  /** What kind of clients these are, e.g. `consumer` or `connect`; `null` for a group that only holds offsets. */
  readonly protocolType: string | null
  /** The assignor (or other protocol) that the last completed join phase chose. */
  readonly protocolName: string | null
  readonly leaderId: string | null
  /** When the phase was entered, in milliseconds since 1970; -1 when the log doesn't tell. */
  readonly stateTimestampMs: number
  readonly members: ReadonlyMap<string, Member>
  /** Ids given out with MEMBER_ID_REQUIRED whose owners have not come back yet (KIP-394). */
  readonly pendingMemberIds: ReadonlySet<string>
  readonly deadline: PhaseDeadline | null
}

/** Kafka's names, as DescribeGroups shows them. A group that doesn't exist is `Dead` there. */
export type GroupPhase = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

/** What happens when the present phase has lasted too long. Times are monotonic milliseconds. */
export type PhaseDeadline = InitialJoinDeadline | { readonly kind: 'join' | 'sync'; readonly atMs: number }

/** The first members of an empty group are gathered for a while before the join phase completes (KIP-134). */
export interface InitialJoinDeadline {
  readonly kind: 'initial-join'
  readonly atMs: number
  readonly delayMs: number
  /** How much longer the delay may still be extended. */
  readonly remainingMs: number
  /** Whether somebody joined since the delay was last extended. */
  readonly memberAdded: boolean
  /** Whether only the owners of pending ids are waited for now. */
  readonly awaitsPending: boolean
}

export interface Member {
  readonly memberId: string
  /** `group.instance.id` of a static member (KIP-345). */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  /** In the member's order of preference. */
  readonly protocols: readonly MemberProtocol[]
  readonly assignment: Buffer
  /** Has never been through a completed join phase, so its session can expire while its join waits. */
  readonly isNew: boolean
  readonly joining: Parked<JoinReply> | null
  readonly syncing: Parked<SyncReply> | null
  /** Has asked for the assignment of this generation. */
  readonly hasSynced: boolean
}

export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

/** A request that waits for its answer. */
export interface Parked<Reply> {
  answer(reply: Reply): void
}

export interface JoinReply {
  readonly errorCode: number
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  readonly memberId: string
  readonly members: readonly JoinReplyMember[]
}

export interface JoinReplyMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly metadata: Buffer
}

export interface SyncReply {
  readonly errorCode: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Buffer
}

export const NO_BYTES: Buffer = Buffer.alloc(0)

/** A group before anybody joined it. */
export function emptyGroup(groupId: string, stateTimestampMs: number): ClassicGroup {
  return {
    groupId,
    phase: 'Empty',
    generationId: 0,
    protocolType: null,
    protocolName: null,
    leaderId: null,
    stateTimestampMs,
    members: new Map(),
    pendingMemberIds: new Set(),
    deadline: null,
  }
}

/** Whether everybody who is known waits for the join phase to complete. */
export function hasEverybodyJoined(group: Pick<ClassicGroup, 'members' | 'pendingMemberIds'>): boolean {
  if (group.pendingMemberIds.size > 0) return false
  for (const member of group.members.values()) if (member.joining === null) return false
  return true
}

export function joiningCount(group: Pick<ClassicGroup, 'members'>): number {
  let count = 0
  for (const member of group.members.values()) if (member.joining !== null) count++
  return count
}

/** The longest that any member asks to be waited for. */
export function rebalanceTimeoutMs(group: Pick<ClassicGroup, 'members'>): number {
  let longest = 0
  for (const member of group.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
  return longest
}

export function memberIdOfInstance(
  group: Pick<ClassicGroup, 'members'>,
  groupInstanceId: string,
): string | undefined {
  for (const member of group.members.values())
    if (member.groupInstanceId === groupInstanceId) return member.memberId
  return undefined
}

/** Whether the member may act under this id: it is known, and no newer owner has its instance id. */
export function memberError(
  group: Pick<ClassicGroup, 'members'>,
  memberId: string,
  groupInstanceId: string | null,
): ErrorName | undefined {
  const member = group.members.get(memberId)
  if (groupInstanceId !== null && member?.groupInstanceId !== groupInstanceId) {
    const owner = memberIdOfInstance(group, groupInstanceId)
    if (owner === undefined) return 'UNKNOWN_MEMBER_ID'
    if (owner !== memberId) return 'FENCED_INSTANCE_ID'
  }
  return member === undefined ? 'UNKNOWN_MEMBER_ID' : undefined
}

/** Whether a member with these protocols can be in the group: at least one is spoken by all. */
export function supportsProtocols(
  group: Pick<ClassicGroup, 'phase' | 'protocolType' | 'members'>,
  protocolType: string,
  protocols: readonly MemberProtocol[],
): boolean {
  if (group.phase === 'Empty') return protocolType !== '' && protocols.length > 0
  if (group.protocolType !== protocolType) return false
  const shared = sharedProtocols(group)
  return protocols.some(({ name }) => shared === undefined || shared.has(name))
}

/** Protocols that every member speaks; `undefined` when there are no members, so nothing is ruled out. */
function sharedProtocols(group: Pick<ClassicGroup, 'members'>): Set<string> | undefined {
  let shared: Set<string> | undefined
  for (const member of group.members.values()) {
    const known = shared
    const names = member.protocols.map(({ name }) => name)
    shared = new Set(known === undefined ? names : names.filter((name) => known.has(name)))
  }
  return shared
}

/**
 * The protocol of the next generation: each member votes for the first of its own list that all speak; most votes
 * win, and among equals the one that was voted for first.
 */
export function selectProtocol(group: Pick<ClassicGroup, 'members'>): string | undefined {
  const candidates = sharedProtocols(group)
  const votes = new Map<string, number>()
  for (const member of group.members.values()) {
    const choice = member.protocols.find(({ name }) => candidates?.has(name))
    if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
  }
  let winner: string | undefined
  let mostVotes = 0
  for (const [name, count] of votes) {
    if (count <= mostVotes) continue
    winner = name
    mostVotes = count
  }
  return winner
}

/** What the member said about itself for this protocol, e.g. its subscription. */
export function metadataOf(member: Member, protocolName: string | null): Buffer {
  return member.protocols.find(({ name }) => name === protocolName)?.metadata ?? NO_BYTES
}

/** Whether a rejoin says nothing new: same protocols in the same order with the same metadata. */
export function hasSameProtocols(member: Member, protocols: readonly MemberProtocol[]): boolean {
  return (
    member.protocols.length === protocols.length &&
    member.protocols.every(({ name, metadata }, index) => {
      const other = protocols[index]
      return other !== undefined && other.name === name && other.metadata.equals(metadata)
    })
  )
}
