import { partitionOfGroup } from '../partition-of-group.ts'

/** A topic partition as one share group sees it (KIP-932). */
export interface SharePartitionKey {
  readonly groupId: string
  readonly topicId: string
  readonly partition: number
}

/** `group:topicId:partition`, as FindCoordinator has it. */
export function sharePartitionName({ groupId, topicId, partition }: SharePartitionKey): string {
  return `${groupId}:${topicId}:${partition}`
}

/**
 * Which partition of `__share_group_state` keeps the state.
 * Source: apache/kafka `ShareCoordinatorService.partitionFor`.
 */
export function partitionOfShareState(name: string, partitionCount: number): number {
  return partitionOfGroup(name, partitionCount)
}
