import type { Assignment } from '../modern/assignment.ts'

/** A member, as an assignor sees it. */
export interface AssignorMember {
  readonly memberId: string
  readonly instanceId: string | null
  /** Ids of topics that exist. */
  readonly topicIds: ReadonlySet<string>
  /** The target assignment that it has so far. */
  readonly target: Assignment
}

export interface AssignorTask {
  readonly members: readonly AssignorMember[]
  /** All members are known to subscribe to the same topics. */
  readonly isHomogeneous: boolean
  partitionCount(topicId: string): number
}

/** The new target of each member; one who gets nothing may be missing. */
export type Assignor = (task: AssignorTask) => ReadonlyMap<string, Assignment>
