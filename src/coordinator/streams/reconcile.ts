import { KafkaError } from '../../wire/errors.ts'
import { hasPartition, type PartitionsById } from '../modern/assignment.ts'
import type { CurrentTasks, StreamsMember } from './group.ts'
import {
  type AssignedTasks,
  isEmptyTasks,
  NOTHING_ASSIGNED,
  type Role,
  roles,
  sharesTask,
  type TaskSet,
} from './tasks.ts'

/** Which processes hold which tasks, also while they are giving them back. */
export interface TaskHolders {
  /** The one that runs the task. */
  runner(subtopologyId: string, partition: number): string | undefined
  /** Whether the process has a copy, in this role. */
  hasCopy(role: 'standby' | 'warmup', processId: string, subtopologyId: string, partition: number): boolean
}

export interface Reconciling {
  readonly targetEpoch: number
  readonly target: TaskSet
  /** What the client says it has; null when it says nothing. */
  readonly owned: TaskSet | null
  readonly holders: TaskHolders
}

type Copies = Map<string, Set<number>>
type Epochs = Map<string, Map<number, number>>

/** Tasks by what becomes of them. */
interface Split {
  readonly active: Epochs
  readonly standby: Copies
  readonly warmup: Copies
}

interface Comparison {
  readonly kept: Split
  readonly revoked: Split
  readonly added: Split
  hasUnreleased: boolean
}

/**
 * Takes a member one step towards its target: first it gives back what it is not to have, and only then its epoch rises
 * and it gets what is new, as far as others have given it back. So a task never runs twice, and a process never has two
 * copies of one. A copy that is to run stays in use until it may.
 *
 * Source of the rules: apache/kafka `CurrentAssignmentBuilder.java` of 4.4, package streams (KIP-1071).
 */
export function reconcile(member: StreamsMember, aim: Reconciling): CurrentTasks {
  switch (member.state) {
    case 'stable':
      return member.memberEpoch === aim.targetEpoch ? member : next(member, member.memberEpoch, aim)
    case 'unrevoked':
      if (isHeld(member.pendingRevocation, aim)) return member
      return next(member, member.memberEpoch + 1, aim)
    case 'unreleased':
      return next(member, member.memberEpoch, aim)
    case 'unknown':
      // Written by a newer broker before a downgrade: only a client that has nothing can go on.
      if (aim.owned === null || !roles.every((role) => isEmptyTasks(aim.owned?.[role] ?? new Map())))
        throw new KafkaError(
          'FENCED_MEMBER_EPOCH',
          'The streams group member is in a unknown state. The member must abandon all its tasks and rejoin.',
        )
      return next(member, aim.targetEpoch, aim)
  }
}

/** A client that doesn't say what it has may have all of it. */
function isHeld(tasks: AssignedTasks, { owned }: Reconciling): boolean {
  return owned === null || sharesTask(owned, tasks)
}

function next(member: StreamsMember, memberEpoch: number, aim: Reconciling): CurrentTasks {
  const compared = compare(member, aim)
  convertInPlace(member.assigned, compared)
  const { kept, revoked, added } = compared
  dropPromoted(member.assigned, revoked, aim)
  const mustRevoke = roles.some((role) => !isEmptyTasks(revoked[role])) && isHeld(revoked, aim)
  keepUntilPromoted(member.assigned, compared, aim, mustRevoke)
  const previousMemberEpoch = member.memberEpoch
  if (mustRevoke)
    return {
      state: 'unrevoked',
      memberEpoch,
      previousMemberEpoch,
      assigned: kept,
      pendingRevocation: revoked,
    }
  return {
    state: compared.hasUnreleased ? 'unreleased' : 'stable',
    memberEpoch: aim.targetEpoch,
    previousMemberEpoch,
    assigned: merged(kept, added),
    pendingRevocation: NOTHING_ASSIGNED,
  }
}

/** What the member has beside what it is to have. */
function compare(member: StreamsMember, aim: Reconciling): Comparison {
  const { assigned } = member
  const compared: Comparison = { kept: split(), revoked: split(), added: split(), hasUnreleased: false }
  for (const [subtopologyId, partitions] of assigned.active)
    for (const [partition, epoch] of partitions) {
      const stays = hasPartition(aim.target.active, subtopologyId, partition)
      putEpoch((stays ? compared.kept : compared.revoked).active, subtopologyId, partition, epoch)
    }
  for (const role of ['standby', 'warmup'] as const)
    for (const [subtopologyId, partition] of each(assigned[role])) {
      const stays = hasPartition(aim.target[role], subtopologyId, partition)
      put((stays ? compared.kept : compared.revoked)[role], subtopologyId, partition)
    }
  for (const role of roles)
    for (const [subtopologyId, partition] of each(aim.target[role])) {
      if (hasPartition(assigned[role], subtopologyId, partition)) continue
      if (isTaken(role, member, aim.holders, subtopologyId, partition)) compared.hasUnreleased = true
      else if (role === 'active') putEpoch(compared.added.active, subtopologyId, partition, aim.targetEpoch)
      else put(compared.added[role], subtopologyId, partition)
    }
  return compared
}

/** Whether somebody must let go of the task before the member may have it. */
function isTaken(
  role: Role,
  { assigned, processId }: StreamsMember,
  holders: TaskHolders,
  subtopologyId: string,
  partition: number,
): boolean {
  const runner = holders.runner(subtopologyId, partition)
  const has = (copy: 'standby' | 'warmup') => holders.hasCopy(copy, processId, subtopologyId, partition)
  const hasBeside = (copy: 'standby' | 'warmup') =>
    has(copy) && !hasPartition(assigned[copy], subtopologyId, partition)
  switch (role) {
    case 'active':
      return runner !== undefined || hasBeside('standby') || hasBeside('warmup')
    case 'standby': {
      const runsBeside = runner === processId && !hasPartition(assigned.active, subtopologyId, partition)
      return runsBeside || has('standby') || hasBeside('warmup')
    }
    case 'warmup':
      return runner === processId || hasBeside('standby') || has('warmup')
  }
}

/** What changes its role within the member needn't be given back first. */
function convertInPlace(assigned: AssignedTasks, { kept, revoked, added }: Comparison): void {
  for (const [subtopologyId, partition] of each(assigned.active))
    if (take(added.standby, subtopologyId, partition)) put(kept.standby, subtopologyId, partition)
  for (const [from, to] of [
    ['standby', 'warmup'],
    ['warmup', 'standby'],
  ] as const)
    for (const [subtopologyId, partition] of each(assigned[from])) {
      if (!take(added[to], subtopologyId, partition)) continue
      put(kept[to], subtopologyId, partition)
      take(revoked[from], subtopologyId, partition)
    }
}

/** A copy that is to run is not given back. */
function dropPromoted(assigned: AssignedTasks, revoked: Split, { target }: Reconciling): void {
  for (const role of ['standby', 'warmup'] as const)
    for (const [subtopologyId, partition] of each(assigned[role]))
      if (hasPartition(target.active, subtopologyId, partition)) take(revoked[role], subtopologyId, partition)
}

function keepUntilPromoted(
  assigned: AssignedTasks,
  { kept, added }: Comparison,
  { target }: Reconciling,
  mustRevoke: boolean,
): void {
  for (const role of ['standby', 'warmup'] as const)
    for (const [subtopologyId, partition] of each(assigned[role])) {
      const runsNow = !mustRevoke && hasPartition(added.active, subtopologyId, partition)
      if (hasPartition(target.active, subtopologyId, partition) && !runsNow)
        put(kept[role], subtopologyId, partition)
    }
}

function merged(kept: Split, added: Split): AssignedTasks {
  for (const [subtopologyId, partitions] of added.active)
    for (const [partition, epoch] of partitions) putEpoch(kept.active, subtopologyId, partition, epoch)
  for (const role of ['standby', 'warmup'] as const)
    for (const [subtopologyId, partition] of each(added[role])) put(kept[role], subtopologyId, partition)
  return kept
}

function split(): Split {
  return { active: new Map(), standby: new Map(), warmup: new Map() }
}

function* each(tasks: PartitionsById): Iterable<readonly [subtopologyId: string, partition: number]> {
  for (const [subtopologyId, partitions] of tasks)
    for (const partition of [...partitions.keys()]) yield [subtopologyId, partition]
}

function put(tasks: Copies, subtopologyId: string, partition: number): void {
  const partitions = tasks.get(subtopologyId)
  if (partitions === undefined) tasks.set(subtopologyId, new Set([partition]))
  else partitions.add(partition)
}

function putEpoch(tasks: Epochs, subtopologyId: string, partition: number, epoch: number): void {
  const partitions = tasks.get(subtopologyId) ?? new Map<number, number>()
  tasks.set(subtopologyId, partitions.set(partition, epoch))
}

/** Whether it was there to be taken out. */
function take(tasks: Copies, subtopologyId: string, partition: number): boolean {
  const partitions = tasks.get(subtopologyId)
  if (partitions?.delete(partition) !== true) return false
  if (partitions.size === 0) tasks.delete(subtopologyId)
  return true
}
