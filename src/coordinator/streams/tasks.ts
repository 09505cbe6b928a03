import {
  type Assignment,
  type EpochAssignment,
  hasPartition,
  isSameAssignment,
  isSameEpochAssignment,
  type PartitionsById,
} from '../modern/assignment.ts'

/**
 * Tasks of a streams group: by the id of their subtopology, one for each partition of what it reads. In the form that
 * partitions by topic id have in a consumer group.
 */
export type Tasks = Assignment

/** Processes records; keeps a copy of the state; makes such a copy, to process later. */
export const roles = ['active', 'standby', 'warmup'] as const
export type Role = (typeof roles)[number]

export type TaskSet = Readonly<Record<Role, Tasks>>

/** What a member has: active tasks with the member epoch in which each was assigned. */
export interface AssignedTasks {
  readonly active: EpochAssignment
  readonly standby: Tasks
  readonly warmup: Tasks
}

/** As requests, answers and records have them. */
export interface TaskIds {
  readonly subtopologyId: string
  readonly partitions: readonly number[]
}

export const NO_TASKS: TaskSet = { active: new Map(), standby: new Map(), warmup: new Map() }
export const NOTHING_ASSIGNED: AssignedTasks = { active: new Map(), standby: new Map(), warmup: new Map() }

export function tasksOf(rows: readonly TaskIds[]): Tasks {
  return new Map(rows.map(({ subtopologyId, partitions }) => [subtopologyId, new Set(partitions)]))
}

/** Sorted by subtopology and partition, as Kafka writes them. */
export function rowsOf(tasks: PartitionsById): { subtopologyId: string; partitions: number[] }[] {
  return [...tasks]
    .map(([subtopologyId, partitions]) => ({
      subtopologyId,
      partitions: [...partitions.keys()].sort((one, other) => one - other),
    }))
    .sort((one, other) => (one.subtopologyId < other.subtopologyId ? -1 : 1))
}

export function isEmptyTasks(tasks: PartitionsById): boolean {
  for (const partitions of tasks.values()) if (partitions.size > 0) return false
  return true
}

/** Whether any task is in both, in the same role. */
export function sharesTask(one: TaskSet, other: AssignedTasks): boolean {
  return roles.some((role) => {
    for (const [subtopologyId, partitions] of one[role])
      for (const partition of partitions) if (hasPartition(other[role], subtopologyId, partition)) return true
    return false
  })
}

/** Whether each task of the first is in the second, in the same role. */
export function containsTasks(all: AssignedTasks, some: TaskSet): boolean {
  return roles.every((role) => {
    for (const [subtopologyId, partitions] of some[role]) {
      if (!all[role].has(subtopologyId)) return false
      for (const partition of partitions) if (!hasPartition(all[role], subtopologyId, partition)) return false
    }
    return true
  })
}

export function isSameTaskSet(one: TaskSet, other: TaskSet): boolean {
  return roles.every((role) => isSameAssignment(one[role], other[role]))
}

export function isSameAssigned(one: AssignedTasks, other: AssignedTasks): boolean {
  return (
    one === other ||
    (isSameEpochAssignment(one.active, other.active) &&
      isSameAssignment(one.standby, other.standby) &&
      isSameAssignment(one.warmup, other.warmup))
  )
}
