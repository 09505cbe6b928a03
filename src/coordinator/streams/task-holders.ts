import type { PartitionsById } from '../modern/assignment.ts'
import type { StreamsMember } from './group.ts'
import type { TaskHolders } from './reconcile.ts'

/** Who holds what in a group as it is now. */
export function taskHolders(members: Iterable<StreamsMember>): TaskHolders {
  const runners = new Map<string, string>()
  const copies = { standby: new Set<string>(), warmup: new Set<string>() }
  for (const { processId, assigned, pendingRevocation } of members)
    for (const tasks of [assigned, pendingRevocation]) {
      for (const key of keys(tasks.active)) runners.set(key, processId)
      for (const role of ['standby', 'warmup'] as const)
        for (const key of keys(tasks[role])) copies[role].add(`${key}@${processId}`)
    }
  return {
    runner: (subtopologyId, partition) => runners.get(keyOf(subtopologyId, partition)),
    hasCopy: (role, processId, subtopologyId, partition) =>
      copies[role].has(`${keyOf(subtopologyId, partition)}@${processId}`),
  }
}

function* keys(tasks: PartitionsById): Iterable<string> {
  for (const [subtopologyId, partitions] of tasks)
    for (const partition of partitions.keys()) yield keyOf(subtopologyId, partition)
}

function keyOf(subtopologyId: string, partition: number): string {
  return `${partition}:${subtopologyId}`
}
