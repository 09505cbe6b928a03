import type { Assignment } from '../modern/assignment.ts'
import type { AssignorMember, AssignorTask } from './assignor.ts'

/** How far the partitions of one topic have been given out. */
interface TopicRange {
  readonly partitionCount: number
  subscribers: number
  /** Members that still get one more than the others. */
  extra: number | undefined
  next: number
}

/**
 * Gives each subscriber of a topic a run of its partitions, the same run of every topic for members with the same
 * subscription, so that topics with equal keys are read together. Members stand in order of their ids, static members
 * first, in order of their instance ids, so that they keep their place over restarts.
 *
 * Gives what apache/kafka `RangeAssignor.java` (group coordinator, 4.4) gives.
 */
export function assignRange({ members, partitionCount }: AssignorTask): ReadonlyMap<string, Assignment> {
  const ordered = [...members].sort(byPlace)
  const ranges = new Map<string, TopicRange>()
  for (const { topicIds } of ordered)
    for (const topicId of topicIds) {
      const known = ranges.get(topicId)
      if (known !== undefined) known.subscribers++
      else
        ranges.set(topicId, {
          partitionCount: partitionCount(topicId),
          subscribers: 1,
          extra: undefined,
          next: 0,
        })
    }
  return new Map(ordered.map((member) => [member.memberId, rangesOf(member, ranges)]))
}

function rangesOf({ topicIds }: AssignorMember, ranges: ReadonlyMap<string, TopicRange>): Assignment {
  const assignment = new Map<string, Set<number>>()
  for (const topicId of topicIds) {
    const range = ranges.get(topicId)
    const partitions = range === undefined ? [] : takeFrom(range)
    if (partitions.length > 0) assignment.set(topicId, new Set(partitions))
  }
  return assignment
}

function takeFrom(range: TopicRange): number[] {
  range.extra ??= range.partitionCount % range.subscribers
  const length = Math.floor(range.partitionCount / range.subscribers) + (range.extra > 0 ? 1 : 0)
  if (range.extra > 0) range.extra--
  const first = range.next
  range.next = Math.min(first + length, range.partitionCount)
  return Array.from({ length: range.next - first }, (_, at) => first + at)
}

function byPlace(one: AssignorMember, other: AssignorMember): number {
  if (one.instanceId !== null && other.instanceId !== null) return compare(one.instanceId, other.instanceId)
  if (one.instanceId !== null) return -1
  if (other.instanceId !== null) return 1
  return compare(one.memberId, other.memberId)
}

/** By UTF-16 units, as Java compares strings. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
