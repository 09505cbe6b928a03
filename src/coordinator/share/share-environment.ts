import { KafkaError } from '../../wire/errors.ts'
import type { SharePartitionStates } from '../share-state/share-coordinator.ts'

/** What share groups need of the broker around them. */
export interface ShareEnvironment {
  readonly states: SharePartitionStates
  /** group.share.max.size. */
  maxSize(): number
  config(groupId: string): { readonly sessionTimeoutMs: number; readonly heartbeatIntervalMs: number }
  /** A member is gone: what it has acquired is free. */
  memberGone(groupId: string, memberId: string): void
  /** Nobody is in the group any more, or its offsets were set: delivery starts over from what is stored. */
  groupReset(groupId: string): void
}

/** Where share groups are not served. */
export const noShareGroups: ShareEnvironment = {
  states: {
    initialize: refuse,
    read: refuse,
    summary: refuse,
    write: refuse,
    delete: refuse,
  },
  maxSize: () => 0,
  config: () => ({ sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5_000 }),
  memberGone: () => undefined,
  groupReset: () => undefined,
}

function refuse(): Promise<never> {
  return Promise.reject(new KafkaError('COORDINATOR_NOT_AVAILABLE'))
}
