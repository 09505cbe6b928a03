import type { Assignment } from '../modern/assignment.ts'
import type { AssignorMember, AssignorTask } from './assignor.ts'
import {
  addPartition,
  copyAssignment,
  type MutableAssignment,
  removePartition,
} from './mutable-assignment.ts'

interface TopicPartition {
  readonly topicId: string
  readonly partition: number
}

/** The work that is shared: what nobody has yet, and who gets one more than the others. */
interface Sharing {
  readonly topicIds: ReadonlySet<string>
  readonly free: TopicPartition[]
  readonly minQuota: number
  /** Members that may still get one more than the quota. */
  extras: number
}

/**
 * For members that all subscribe to the same topics: each keeps what it has up to its share, and what is over goes to
 * those who are short.
 */
export function assignHomogeneous(task: AssignorTask): ReadonlyMap<string, Assignment> {
  const { members } = task
  const topicIds = members[0]?.topicIds ?? new Set<string>()
  if (topicIds.size === 0) return new Map()
  let total = 0
  for (const topicId of topicIds) total += task.partitionCount(topicId)
  const sharing: Sharing = {
    topicIds,
    free: unassigned(task, topicIds),
    minQuota: Math.floor(total / members.length),
    extras: total % members.length,
  }
  const kept = members.map((member, at) => ({
    memberId: member.memberId,
    ...keep(member, sharing, members.length - at),
  }))
  let next = 0
  for (const { assignment, missing } of kept) {
    for (const { topicId, partition } of sharing.free.slice(next, next + missing))
      addPartition(assignment, topicId, partition)
    next += missing
  }
  return new Map(kept.map(({ memberId, assignment }) => [memberId, assignment]))
}

function unassigned(task: AssignorTask, topicIds: ReadonlySet<string>): TopicPartition[] {
  const taken = new Map<string, Set<number>>()
  for (const { target } of task.members)
    for (const [topicId, partitions] of target)
      for (const partition of partitions) addPartition(taken, topicId, partition)
  const free: TopicPartition[] = []
  for (const topicId of topicIds)
    for (let partition = 0; partition < task.partitionCount(topicId); partition++)
      if (taken.get(topicId)?.has(partition) !== true) free.push({ topicId, partition })
  return free
}

/** What the member keeps, and how many partitions it is short of. What it must give up becomes free. */
function keep({ target }: AssignorMember, sharing: Sharing, membersLeft: number) {
  const assignment: MutableAssignment = copyAssignment(target)
  let quota = sharing.minQuota + (sharing.extras > 0 ? 1 : 0)
  let hasExtra = sharing.extras > 0
  for (const [topicId, partitions] of target) {
    if (!sharing.topicIds.has(topicId)) {
      assignment.delete(topicId)
      continue
    }
    for (const partition of partitions) {
      if (quota > 0) quota--
      else {
        removePartition(assignment, topicId, partition)
        sharing.free.push({ topicId, partition })
      }
    }
  }
  // Somebody further down may have use for the extra one without anything having to move.
  if (quota > 0 && hasExtra && membersLeft > sharing.extras) {
    quota--
    hasExtra = false
  }
  if (hasExtra) sharing.extras--
  return { assignment, missing: quota }
}
