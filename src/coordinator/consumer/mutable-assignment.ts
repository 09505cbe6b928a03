import type { Assignment } from '../modern/assignment.ts'

export type MutableAssignment = Map<string, Set<number>>

export function copyAssignment(assignment: Assignment): MutableAssignment {
  return new Map([...assignment].map(([topicId, partitions]) => [topicId, new Set(partitions)]))
}

export function addPartition(assignment: MutableAssignment, topicId: string, partition: number): void {
  const partitions = assignment.get(topicId) ?? new Set<number>()
  assignment.set(topicId, partitions.add(partition))
}

export function removePartition(assignment: MutableAssignment, topicId: string, partition: number): void {
  const partitions = assignment.get(topicId)
  partitions?.delete(partition)
  if (partitions?.size === 0) assignment.delete(topicId)
}
