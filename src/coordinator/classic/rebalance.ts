import { assert } from '../../runtime/assert.ts'
import type { ErrorName } from '../../wire/errors.ts'
import { NONE } from '../../wire/errors.ts'
import { groupMetadataRecord } from '../group-records.ts'
import type { Circumstances, GroupDecision } from './draft.ts'
import { GroupDraft, refusedSync } from './draft.ts'
import type { ClassicGroup, InitialJoinDeadline, JoinReply, JoinReplyMember, Member } from './group.ts'
import { hasEverybodyJoined, metadataOf, NO_BYTES, rebalanceTimeoutMs, selectProtocol } from './group.ts'

/**
 * How a rebalance goes: everybody is asked to join again (PreparingRebalance), the generation rises and the members
 * learn who leads (CompletingRebalance), the leader brings the assignment (Stable).
 */

/**
 * Where the initial delay is shorter than this, owners of ids just given out are waited for up to this long in the
 * first rebalance of a group. They come back within a round trip; without them a second rebalance would follow,
 * which the first members only notice at their next heartbeat, seconds later.
 */
const PENDING_MEMBER_GRACE_MS = 200
/** Clients may ask for a rebalance timeout of nothing; looking again and again at once would help nobody. */
const MIN_RETRY_MS = 1_000

/** Starts a rebalance unless one gathers members already; in that case completes it if nobody is missing. */
export function rebalanceOrComplete(draft: GroupDraft, reason: string): void {
  if (draft.phase === 'PreparingRebalance') completeIfEverybodyJoined(draft)
  else prepareRebalance(draft, reason)
}

export function prepareRebalance(draft: GroupDraft, reason: string): void {
  draft.notes.push(`preparing to rebalance, generation ${draft.generationId}: ${reason}`)
  if (draft.phase === 'CompletingRebalance') resetAssignments(draft, 'REBALANCE_IN_PROGRESS')
  const isInitial = draft.phase === 'Empty'
  draft.enter('PreparingRebalance')
  if (isInitial) startInitialDelay(draft)
  else completeOrWait(draft)
}

/** Completes the join phase if nobody is missing. The initial delay runs its course all the same. */
export function completeIfEverybodyJoined(draft: GroupDraft): void {
  if (draft.phase !== 'PreparingRebalance' || !hasEverybodyJoined(draft)) return
  if (draft.deadline?.kind === 'initial-join' && !draft.deadline.awaitsPending) return
  completeJoin(draft)
}

/** What follows when the phase's deadline has passed. */
export function deadlinePassed(draft: GroupDraft): void {
  const { deadline } = draft
  if (deadline?.kind === 'initial-join') initialDelayPassed(draft, deadline)
  else if (deadline?.kind === 'join') completeJoin(draft)
  else if (deadline?.kind === 'sync') removeUnsynced(draft)
}

/**
 * Ends the join phase with those who came. Dynamic members who did not are out; static ones stay until their
 * session expires (KIP-345).
 */
export function completeJoin(draft: GroupDraft): void {
  draft.deadline = null
  for (const member of [...draft.members.values()]) {
    if (member.joining !== null || member.groupInstanceId !== null) continue
    draft.notes.push(`removing member ${member.memberId}, which did not rejoin in time`)
    draft.remove(member.memberId)
  }
  if (draft.members.size === 0) becomeEmpty(draft)
  else if (electJoinedLeader(draft)) startGeneration(draft)
  else waitForStaticMembers(draft)
}

/** Answers all who wait for an assignment with an error, and forgets what was assigned. */
export function resetAssignments(draft: GroupDraft, error: ErrorName): void {
  for (const member of [...draft.members.values()]) {
    draft.answerSync(member, refusedSync(error))
    if (member.syncing !== null) draft.expectWithin(member.memberId, member.sessionTimeoutMs)
    draft.change(member.memberId, { assignment: NO_BYTES, syncing: null, hasSynced: false })
  }
  draft.deadline = null
}

/** Nobody came, but there are static members: they are waited for until their sessions expire. */
function waitForStaticMembers(draft: GroupDraft): void {
  const waitMs = Math.max(rebalanceTimeoutMs(draft), MIN_RETRY_MS)
  draft.deadline = { kind: 'join', atMs: draft.now.monotonicMs + waitMs }
}

/** What a member learns when it (re)joined the present generation. */
export function joinedReply(draft: GroupDraft, memberId: string, members: JoinReplyMember[]): JoinReply {
  return {
    errorCode: NONE,
    generationId: draft.generationId,
    protocolType: draft.protocolType,
    protocolName: draft.protocolName,
    leader: draft.leaderId ?? '',
    skipAssignment: false,
    memberId,
    members,
  }
}

/** All members, as only the leader is told. */
export function membersForLeader(draft: GroupDraft): JoinReplyMember[] {
  return [...draft.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: metadataOf(member, draft.protocolName),
  }))
}

function startInitialDelay(draft: GroupDraft): void {
  const delayMs = draft.config.initialRebalanceDelayMs
  draft.deadline = {
    kind: 'initial-join',
    atMs: draft.now.monotonicMs + delayMs,
    delayMs,
    remainingMs: Math.max(rebalanceTimeoutMs(draft) - delayMs, 0),
    memberAdded: false,
    awaitsPending: false,
  }
}

function initialDelayPassed(draft: GroupDraft, deadline: InitialJoinDeadline): void {
  const { config, now } = draft
  if (deadline.memberAdded && deadline.remainingMs !== 0) {
    const delayMs = Math.min(config.initialRebalanceDelayMs, deadline.remainingMs)
    const remainingMs = Math.max(deadline.remainingMs - deadline.delayMs, 0)
    const atMs = now.monotonicMs + delayMs
    draft.deadline = { ...deadline, atMs, delayMs, remainingMs, memberAdded: false }
    return
  }
  const graceMs = PENDING_MEMBER_GRACE_MS - config.initialRebalanceDelayMs
  if (draft.pendingMemberIds.size > 0 && graceMs > 0 && !deadline.awaitsPending)
    draft.deadline = { ...deadline, atMs: now.monotonicMs + graceMs, awaitsPending: true, memberAdded: false }
  else completeJoin(draft)
}

function completeOrWait(draft: GroupDraft): void {
  if (hasEverybodyJoined(draft)) completeJoin(draft)
  else draft.deadline = { kind: 'join', atMs: draft.now.monotonicMs + rebalanceTimeoutMs(draft) }
}

/** Members that learned their generation but never asked for the assignment are out. */
function removeUnsynced(draft: GroupDraft): void {
  draft.deadline = null
  const unsynced = [...draft.members.values()].filter((member) => !member.hasSynced)
  if (unsynced.length === 0) return
  for (const { memberId } of unsynced) draft.remove(memberId)
  const ids = unsynced.map(({ memberId }) => memberId).join(', ')
  prepareRebalance(draft, `removing ${ids}, which did not sync in time`)
}

/**
 * Without members there is nobody whose request could be refused: when the record can't be written, the group is
 * empty all the same, and after a failover the members of the old generation time out.
 */
function becomeEmpty(draft: GroupDraft): void {
  nextGeneration(draft)
  draft.protocolName = null
  draft.leaderId = null
  draft.enter('Empty')
  const record = groupMetadataRecord(draft.group())
  draft.records.push(record)
  draft.whenRefused = () => ({
    ...draft.decision(),
    records: draft.records.filter((other) => other !== record),
  })
}

/** Keeps the leader if it came back, else takes the first who did. False if nobody came. */
function electJoinedLeader(draft: GroupDraft): boolean {
  const leader = draft.leaderId === null ? undefined : draft.members.get(draft.leaderId)
  if (leader !== undefined && leader.joining !== null) return true
  for (const member of draft.members.values()) {
    if (member.joining === null) continue
    draft.leaderId = member.memberId
    return true
  }
  return false
}

function startGeneration(draft: GroupDraft): void {
  const protocolName = selectProtocol(draft)
  assert(protocolName !== undefined, `members of group ${draft.groupId} share no protocol`)
  nextGeneration(draft)
  draft.protocolName = protocolName
  draft.enter('CompletingRebalance')
  draft.notes.push(`generation ${draft.generationId} with ${draft.members.size} members, ${protocolName}`)
  for (const member of [...draft.members.values()]) welcome(draft, member)
  draft.deadline = { kind: 'sync', atMs: draft.now.monotonicMs + rebalanceTimeoutMs(draft) }
}

function welcome(draft: GroupDraft, member: Member): void {
  const members = draft.isLeader(member.memberId) ? membersForLeader(draft) : []
  draft.answerJoin(member, joinedReply(draft, member.memberId, members))
  draft.change(member.memberId, { joining: null, isNew: false, hasSynced: false })
  draft.expectWithin(member.memberId, member.sessionTimeoutMs)
}

function nextGeneration(draft: GroupDraft): void {
  draft.generationId = draft.generationId === 0x7fff_ffff ? 0 : draft.generationId + 1
}

/** A group that was replayed with more members than are allowed now: the last to come back are left out. */
export function rebalanceOversized(group: ClassicGroup, circumstances: Circumstances): GroupDecision {
  const draft = new GroupDraft(group, circumstances)
  prepareRebalance(draft, `${group.members.size} members are more than group.max.size`)
  return draft.decision()
}

/** Asks everybody to join again. */
export function rebalanceAll(
  group: ClassicGroup,
  reason: string,
  circumstances: Circumstances,
): GroupDecision {
  const draft = new GroupDraft(group, circumstances)
  prepareRebalance(draft, reason)
  return draft.decision()
}
