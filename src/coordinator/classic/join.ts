import { groupMetadataRecord } from '../group-records.ts'
import type { Circumstances, GroupDecision, JoinRequest } from './draft.ts'
import { GroupDraft, refusedJoin } from './draft.ts'
import type { ClassicGroup, JoinReply, Member, Parked } from './group.ts'
import {
  hasSameProtocols,
  joiningCount,
  memberError,
  memberIdOfInstance,
  NO_BYTES,
  selectProtocol,
  supportsProtocols,
} from './group.ts'
import {
  completeIfEverybodyJoined,
  joinedReply,
  membersForLeader,
  prepareRebalance,
  rebalanceOrComplete,
} from './rebalance.ts'

/**
 * A new member's join waits longer than a session before it is given up: its client has no id to heartbeat with,
 * and would only come back as yet another member (apache/kafka `classicGroupNewMemberJoinTimeoutMs`).
 */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000
/** Ids of one group that may be given out without their owners having joined: far more than any group needs. */
const MAX_PENDING_MEMBERS = 10_000

/** One JoinGroup request in the making. */
interface Joining {
  readonly draft: GroupDraft
  readonly request: JoinRequest
  readonly parked: Parked<JoinReply>
}

/** A client wants to be a member. The answer may come in a much later decision. */
export function join(
  group: ClassicGroup,
  request: JoinRequest,
  parked: Parked<JoinReply>,
  circumstances: Circumstances,
): GroupDecision {
  const draft = new GroupDraft(group, circumstances)
  const joining = { draft, request, parked }
  const isNew = request.memberId === ''
  if (!hasRoom(draft, request.memberId)) refuseForSize(joining)
  else if (!supportsProtocols(draft, request.protocolType, request.protocols))
    answer(joining, refusedJoin(request.memberId, 'INCONSISTENT_GROUP_PROTOCOL'))
  else if (isNew && request.groupInstanceId !== null) joinStatic(joining, request.groupInstanceId)
  else if (isNew) joinDynamic(joining)
  else if (request.groupInstanceId === null && draft.pendingMemberIds.has(request.memberId))
    addMember(joining, request.memberId)
  else rejoin(joining)
  return draft.decision()
}

/**
 * While members gather, those who wait are counted and not all members, so that of a group that is too large the
 * last to come back are left out.
 */
function hasRoom(draft: GroupDraft, memberId: string): boolean {
  const member = draft.members.get(memberId)
  switch (draft.phase) {
    case 'Empty':
      return true
    case 'PreparingRebalance':
      return (member !== undefined && member.joining !== null) || joiningCount(draft) < draft.config.maxSize
    case 'CompletingRebalance':
    case 'Stable':
      return member !== undefined || draft.members.size < draft.config.maxSize
  }
}

function refuseForSize(joining: Joining): void {
  joining.draft.remove(joining.request.memberId)
  answer(joining, refusedJoin('', 'GROUP_MAX_SIZE_REACHED'))
  completeIfEverybodyJoined(joining.draft)
}

function joinDynamic(joining: Joining): void {
  const { draft, request } = joining
  if (!request.requiresMemberId) {
    addMember(joining, request.freshMemberId)
    return
  }
  if (draft.pendingMemberIds.size >= MAX_PENDING_MEMBERS) {
    answer(joining, refusedJoin('', 'GROUP_MAX_SIZE_REACHED'))
    return
  }
  draft.pendingMemberIds.add(request.freshMemberId)
  draft.expectWithin(request.freshMemberId, request.sessionTimeoutMs)
  answer(joining, refusedJoin(request.freshMemberId, 'MEMBER_ID_REQUIRED'))
}

function joinStatic(joining: Joining, groupInstanceId: string): void {
  const owner = memberIdOfInstance(joining.draft, groupInstanceId)
  if (owner === undefined) addMember(joining, joining.request.freshMemberId)
  else returnAsStatic(joining, owner)
}

function addMember(joining: Joining, memberId: string): void {
  const { draft, request, parked } = joining
  if (draft.deadline?.kind === 'initial-join') draft.deadline = { ...draft.deadline, memberAdded: true }
  const member: Member = {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocols: request.protocols,
    assignment: NO_BYTES,
    isNew: true,
    joining: parked,
    syncing: null,
    hasSynced: false,
  }
  draft.add(member, request.protocolType)
  draft.expectWithin(memberId, NEW_MEMBER_JOIN_TIMEOUT_MS)
  rebalanceOrComplete(draft, `new member ${memberId}; ${reasonOf(request)}`)
}

function rejoin(joining: Joining): void {
  const { draft, request } = joining
  const { memberId } = request
  const error = memberError(draft, memberId, request.groupInstanceId)
  const member = draft.members.get(memberId)
  if (error !== undefined || member === undefined) {
    answer(joining, refusedJoin(memberId, error ?? 'UNKNOWN_MEMBER_ID'))
    return
  }
  const isUnchanged = hasSameProtocols(member, request.protocols)
  // A leader that joins again has seen something, such as new partitions, that calls for a new assignment.
  const needsRebalance = !isUnchanged || (draft.phase === 'Stable' && draft.isLeader(memberId))
  if (draft.phase === 'PreparingRebalance' || needsRebalance) {
    updateMember(joining, member)
    rebalanceOrComplete(draft, `member ${memberId} joins again; ${reasonOf(request)}`)
    return
  }
  const tellsMembers = draft.phase === 'CompletingRebalance' && draft.isLeader(memberId)
  answer(joining, joinedReply(draft, memberId, tellsMembers ? membersForLeader(draft) : []))
}

/**
 * A static member comes back without its id: it takes over the place of the old one. In a stable group that
 * changes nothing for the others, so nobody is disturbed (KIP-345); the leader is told so (KIP-814).
 */
function returnAsStatic(joining: Joining, oldMemberId: string): void {
  const { draft, request, parked } = joining
  const memberId = request.freshMemberId
  const oldLeaderId = draft.leaderId
  draft.replaceStatic(oldMemberId, memberId)
  draft.change(memberId, { ...membershipOf(request), joining: parked })
  draft.expectWithin(memberId, request.sessionTimeoutMs)
  const reason = `static member ${request.groupInstanceId} returns as ${memberId}; ${reasonOf(request)}`
  if (draft.phase === 'PreparingRebalance') completeIfEverybodyJoined(draft)
  else if (draft.phase === 'CompletingRebalance' || selectProtocol(draft) !== draft.protocolName)
    prepareRebalance(draft, reason)
  else replaceQuietly(joining, memberId, oldLeaderId)
}

function replaceQuietly(joining: Joining, memberId: string, oldLeaderId: string | null): void {
  const { draft, request } = joining
  draft.change(memberId, { joining: null })
  draft.records.push(groupMetadataRecord(draft.group()))
  if (!request.canSkipAssignment) {
    // The id of the leader before keeps an old client, were it that leader, from assigning anew.
    answer(joining, { ...joinedReply(draft, memberId, []), leader: oldLeaderId ?? '' })
    return
  }
  const isLeader = draft.isLeader(memberId)
  const reply = joinedReply(draft, memberId, isLeader ? membersForLeader(draft) : [])
  answer(joining, { ...reply, skipAssignment: isLeader })
}

function updateMember({ draft, request, parked }: Joining, member: Member): void {
  // The client gave up on its earlier request, if one waits; it must not hold up the connection.
  draft.answerJoin(member, refusedJoin(member.memberId, 'REBALANCE_IN_PROGRESS'))
  draft.change(member.memberId, { ...membershipOf(request), joining: parked })
}

function membershipOf(
  request: JoinRequest,
): Pick<Member, 'protocols' | 'rebalanceTimeoutMs' | 'sessionTimeoutMs'> {
  const { protocols, rebalanceTimeoutMs, sessionTimeoutMs } = request
  return { protocols, rebalanceTimeoutMs, sessionTimeoutMs }
}

function reasonOf(request: JoinRequest): string {
  return `client reason: ${request.reason ?? 'not provided'}`
}

function answer({ draft, parked }: Joining, reply: JoinReply): void {
  draft.answers.push({ kind: 'join', to: parked, reply })
}
