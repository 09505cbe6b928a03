import type { ErrorName } from '../../wire/errors.ts'
import { errorCodes, NONE } from '../../wire/errors.ts'
import { groupMetadataRecord } from '../group-records.ts'
import type { Circumstances, GroupDecision } from './draft.ts'
import { assignmentReply, GroupDraft, refusedJoin, refusedSync } from './draft.ts'
import type { ClassicGroup, Parked, SyncReply } from './group.ts'
import { hasEverybodyJoined, memberError, memberIdOfInstance, NO_BYTES } from './group.ts'
import {
  completeIfEverybodyJoined,
  completeJoin,
  deadlinePassed,
  rebalanceOrComplete,
  resetAssignments,
} from './rebalance.ts'

/** What a SyncGroup request says. */
export interface SyncRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** Sent from version 5 on, so that a mismatch is noticed (KIP-559). */
  readonly protocolType: string | null
  readonly protocolName: string | null
  /** By member id; only the leader brings any. */
  readonly assignments: ReadonlyMap<string, Buffer>
}

/** A member asks for its assignment; the leader brings everybody's. */
export function sync(
  group: ClassicGroup,
  request: SyncRequest,
  parked: Parked<SyncReply>,
  circumstances: Circumstances,
): GroupDecision {
  const draft = new GroupDraft(group, circumstances)
  const answer = (reply: SyncReply) => draft.answers.push({ kind: 'sync', to: parked, reply })
  const error = syncError(group, request)
  const member = group.members.get(request.memberId)
  if (error !== undefined || member === undefined) answer(refusedSync(error ?? 'UNKNOWN_MEMBER_ID'))
  else if (group.phase === 'Stable') {
    answer(assignmentReply(group, member.assignment))
    draft.change(member.memberId, { hasSynced: true })
    stopWaitingWhenAllSynced(draft)
  } else {
    // The client gave up on its earlier request, if one waits; it must not hold up the connection.
    draft.answerSync(member, refusedSync('REBALANCE_IN_PROGRESS'))
    draft.change(member.memberId, { hasSynced: true, syncing: parked })
    stopWaitingWhenAllSynced(draft)
    if (draft.isLeader(member.memberId)) takeAssignments(draft, request)
  }
  return draft.decision()
}

function syncError(group: ClassicGroup, request: SyncRequest): ErrorName | undefined {
  if (group.phase === 'Empty') return 'UNKNOWN_MEMBER_ID'
  const error = memberError(group, request.memberId, request.groupInstanceId)
  if (error !== undefined) return error
  if (request.generationId !== group.generationId) return 'ILLEGAL_GENERATION'
  if (differs(request.protocolType, group.protocolType) || differs(request.protocolName, group.protocolName))
    return 'INCONSISTENT_GROUP_PROTOCOL'
  return group.phase === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : undefined
}

function differs(asked: string | null, actual: string | null): boolean {
  return asked !== null && actual !== null && asked !== actual
}

/** The leader's word makes the generation stable. Members that it forgot get an empty assignment. */
function takeAssignments(draft: GroupDraft, request: SyncRequest): void {
  const unassigned = { ...draft.group(), members: new Map(draft.members) }
  const answersBefore = [...draft.answers]
  for (const member of [...draft.members.values()])
    draft.change(member.memberId, { assignment: request.assignments.get(member.memberId) ?? NO_BYTES })
  draft.enter('Stable')
  draft.records.push(groupMetadataRecord(draft.group()))
  for (const member of [...draft.members.values()]) {
    if (member.syncing === null) continue
    draft.answerSync(member, assignmentReply(draft, member.assignment))
    draft.change(member.memberId, { syncing: null })
    draft.expectWithin(member.memberId, member.sessionTimeoutMs)
  }
  draft.whenRefused = (error) => {
    const refused = assignmentRefused(unassigned, error, draft)
    return { ...refused, answers: [...answersBefore, ...refused.answers] }
  }
}

/** The assignment could not be stored: whoever waits for it hears why, and joins again. */
function assignmentRefused(
  group: ClassicGroup,
  error: ErrorName,
  circumstances: Circumstances,
): GroupDecision {
  const draft = new GroupDraft(group, circumstances)
  resetAssignments(draft, error)
  rebalanceOrComplete(draft, `the assignment could not be stored: ${error}`)
  return draft.decision()
}

function stopWaitingWhenAllSynced(draft: GroupDraft): void {
  if (draft.deadline?.kind !== 'sync') return
  for (const member of draft.members.values()) if (!member.hasSynced) return
  draft.deadline = null
}

export interface HeartbeatRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** What a heartbeat is answered, and whether it keeps the member's session alive. */
export function heartbeat(
  group: ClassicGroup,
  request: HeartbeatRequest,
): { readonly errorCode: number; readonly isAlive: boolean } {
  const error = memberError(group, request.memberId, request.groupInstanceId)
  if (error !== undefined) return { errorCode: errorCodes[error], isAlive: false }
  if (request.generationId !== group.generationId)
    return { errorCode: errorCodes.ILLEGAL_GENERATION, isAlive: false }
  const errorCode = group.phase === 'PreparingRebalance' ? errorCodes.REBALANCE_IN_PROGRESS : NONE
  return { errorCode, isAlive: true }
}

/** Who shall leave. An empty member id with an instance id is an administrator's removal (KIP-345). */
export interface LeavingMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly reason: string | null
}

export interface LeaveResult {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly errorCode: number
}

/** Members leave of their own accord. */
export function leave(
  group: ClassicGroup,
  leaving: readonly LeavingMember[],
  circumstances: Circumstances,
): { readonly decision: GroupDecision; readonly results: readonly LeaveResult[] } {
  const draft = new GroupDraft(group, circumstances)
  const results = leaving.map((member) => leaveOne(draft, member))
  if (results.some(({ errorCode }) => errorCode === NONE)) {
    if (draft.phase === 'PreparingRebalance') completeIfEverybodyJoined(draft)
    else if (draft.phase !== 'Empty') rebalanceOrComplete(draft, leaveReason(leaving))
  }
  return { decision: draft.decision(), results }
}

function leaveOne(draft: GroupDraft, leaving: LeavingMember): LeaveResult {
  const { memberId, groupInstanceId } = leaving
  const result = (error?: ErrorName): LeaveResult => ({
    memberId,
    groupInstanceId,
    errorCode: error === undefined ? NONE : errorCodes[error],
  })
  if (draft.pendingMemberIds.has(memberId)) {
    draft.remove(memberId)
    return result()
  }
  const isByInstance = memberId === '' && groupInstanceId !== null
  const leavingId = isByInstance ? memberIdOfInstance(draft, groupInstanceId) : memberId
  if (leavingId === undefined) return result('UNKNOWN_MEMBER_ID')
  const error = memberError(draft, leavingId, groupInstanceId)
  if (error === undefined) dismiss(draft, leavingId)
  return result(error)
}

function leaveReason(leaving: readonly LeavingMember[]): string {
  return leaving
    .map(({ memberId, reason }) => `member ${memberId} leaves; client reason: ${reason ?? 'not provided'}`)
    .join(', ')
}

/** Takes a member out, telling it to start afresh if it waits for its join. */
function dismiss(draft: GroupDraft, memberId: string): void {
  const member = draft.members.get(memberId)
  if (member !== undefined) {
    draft.answerJoin(member, refusedJoin('', 'UNKNOWN_MEMBER_ID'))
    draft.answerSync(member, refusedSync('UNKNOWN_MEMBER_ID'))
  }
  draft.remove(memberId)
}

/**
 * A session has expired. A member whose own request waits here is not overdue (except a new one, whose join has
 * then waited for minutes): it will be expected again once it is answered.
 */
export function expireSession(
  group: ClassicGroup,
  memberId: string,
  circumstances: Circumstances,
): GroupDecision {
  const member = group.members.get(memberId)
  const isExcused =
    member !== undefined && !member.isNew && (member.joining !== null || member.syncing !== null)
  if (!isExcused) return removeMember(group, memberId, 'its session has expired', circumstances)
  const draft = new GroupDraft(group, circumstances)
  draft.sessions.set(memberId, null)
  return draft.decision()
}

/** A member, or somebody who was only given an id, is gone. */
export function removeMember(
  group: ClassicGroup,
  memberId: string,
  reason: string,
  circumstances: Circumstances,
): GroupDecision {
  const draft = new GroupDraft(group, circumstances)
  const wasMember = draft.members.has(memberId)
  dismiss(draft, memberId)
  if (draft.phase === 'PreparingRebalance') {
    if (hasEverybodyJoined(draft)) completeJoin(draft)
  } else if (wasMember && draft.phase !== 'Empty')
    rebalanceOrComplete(draft, `removing member ${memberId}: ${reason}`)
  return draft.decision()
}

/** The present phase has lasted as long as it may. */
export function expirePhase(group: ClassicGroup, circumstances: Circumstances): GroupDecision {
  const draft = new GroupDraft(group, circumstances)
  deadlinePassed(draft)
  return draft.decision()
}
