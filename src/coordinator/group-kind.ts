import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/log.ts'
import type { KafkaError } from '../wire/errors.ts'
import type { ConsumerGroupConfig } from './consumer/config.ts'
import type { CoordinatorRecord } from './coordinator-log.ts'
import type { Group, GroupType } from './group.ts'
import type { GroupConfig } from './group-config.ts'
import type { GroupTopics } from './group-topics.ts'
import type { Soon } from './shard.ts'
import type { ShareEnvironment } from './share/share-environment.ts'
import type { StreamsEnvironment } from './streams/config.ts'

/** What a group coordinator gets from outside. */
export interface GroupEnvironment {
  readonly clock: Clock
  readonly logger: Logger
  readonly config: GroupConfig
  /** What is set for one consumer group, by itself or by the broker. */
  consumerConfig(groupId: string): ConsumerGroupConfig
  /** The topics of the cluster as they are now. */
  topics(): GroupTopics
  readonly share: ShareEnvironment
  readonly streams: StreamsEnvironment
}

/** What the shard gives to the kinds of groups that live in it. */
export interface GroupHost {
  readonly environment: GroupEnvironment
  /** Refuses requests while the state is not all there, or no longer the truth. */
  requireActive(): void
  /** Appends records as one batch and applies them; throws a `KafkaError` in a coordinator's words if it can't. */
  append(records: readonly CoordinatorRecord[]): void
  /** Hands a value out once all that it rests on is committed. */
  told<T>(value: T): Soon<T>
  /** Calls back once everything appended so far is committed, or lost. */
  whenSettled(done: (error?: KafkaError) => void): void
  /** The group of that name, whichever its kind. */
  find(groupId: string): Group | undefined
}

/**
 * One kind of group in one shard: its requests, and what of it is soft (deadlines, requests that wait). What is
 * durable is in its `DurableKind`, which only records of the log write.
 */
export interface GroupKind {
  readonly type: GroupType
  /** Every group of this kind that is in sight. */
  groupIds(): Iterable<string>
  find(groupId: string): Group | undefined
  /** The log has been replayed: everybody in it is expected from now on. */
  onLoaded(): void
  /** The group was deleted; nothing of it is due any more. */
  forget(groupId: string): void
  /** Whether somebody of this id is in the group, or was given it to join with, and is no static member. */
  hasDynamicMember(groupId: string, memberId: string): boolean
  /** Takes out a member whose client is gone; nothing happens if it is not in the group any more. */
  evict(groupId: string, memberId: string, reason: string): void
  /** Stops for good; every request that waits here hears `error`. */
  close(error: KafkaError): void
}

/** The durable state of one kind of group in one shard: what a coordinator knows that has just replayed the log. */
export interface DurableKind {
  /** Record types in `__consumer_offsets` that are of this kind. */
  readonly recordTypes: ReadonlySet<number>
  /** Throws a `WireError` if the record is not what its key says. */
  apply(type: number, record: CoordinatorRecord): void
}
