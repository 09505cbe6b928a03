import { type ErrorName, KafkaError } from '../wire/errors.ts'
import type { CoordinatorRecord } from './coordinator-log.ts'
import type { OffsetCommit } from './offsets/offset-decisions.ts'
import type { CommittedOffset } from './offsets/offset-store.ts'

/** Kafka's names of the kinds of groups, as ListGroups shows them. */
export type GroupType = 'classic' | 'consumer' | 'share' | 'streams'

/**
 * A group of any kind, as requests meet it that don't care which kind it is: those about committed offsets, listing
 * and deleting. A look at the group as it is now; it must not be kept. A group id names one group of one kind.
 *
 * Source of the rules: apache/kafka `Group.java` and what implements it.
 */
export interface Group {
  readonly groupId: string
  readonly type: GroupType
  /** What kind of clients these are; empty for a group that only holds offsets. */
  readonly protocolType: string
  /** The name of its state, as Kafka writes it. */
  readonly state: string
  /** Nobody is in it: it may be deleted. */
  readonly isEmpty: boolean
  /** Nobody is in it or about to join: once it holds no offsets either, it goes. */
  readonly isAbandoned: boolean
  /** Why offsets may not be committed, if so. */
  commitRefusal(request: OffsetCommit): ErrorName | undefined
  /** Why a member (none: `null` and -1) may not be told the committed offsets, if so. */
  fetchRefusal(memberId: string | null, memberEpoch: number): ErrorName | undefined
  /** Why no offsets may be deleted at all, if so. */
  offsetDeletionRefusal(): ErrorName | undefined
  /** Whether offsets of the topic are in use: they don't expire, and can't be deleted one by one. */
  isSubscribedTo(topic: string): boolean
  /** Since when an offset of a topic that is not subscribed to is unused, in ms; undefined while it can't be. */
  unusedSinceMs(committed: CommittedOffset): number | undefined
  /** What deletes the group itself from the log. */
  tombstones(): readonly CoordinatorRecord[]
}

/** `what` is Kafka's word for the kind that was asked for. */
export function groupNotFound(groupId: string, what = 'Group'): KafkaError {
  return new KafkaError('GROUP_ID_NOT_FOUND', `${what} ${groupId} not found.`)
}

/** The name is that of a group of another kind than was asked for. */
export function groupOfOtherKind(groupId: string, asked: GroupType): KafkaError {
  return new KafkaError('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a ${asked} group.`)
}
