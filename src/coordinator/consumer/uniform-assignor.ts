import type { Assignment } from '../modern/assignment.ts'
import type { AssignorTask } from './assignor.ts'
import { HeterogeneousAssignment } from './uniform-heterogeneous.ts'
import { assignHomogeneous } from './uniform-homogeneous.ts'

/**
 * Spreads partitions evenly and moves as few as it can (KIP-848); the default. Gives what apache/kafka
 * `UniformAssignor.java` (group coordinator, 4.4) gives for members in the same order.
 */
export function assignUniform(task: AssignorTask): ReadonlyMap<string, Assignment> {
  if (task.members.length === 0) return new Map()
  return task.isHomogeneous ? assignHomogeneous(task) : new HeterogeneousAssignment(task).make()
}
