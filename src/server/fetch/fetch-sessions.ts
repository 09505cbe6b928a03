import { isValidTopicName } from '../../replication/topic-name.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Random } from '../../runtime/random.ts'
import { SessionRoom } from '../session-room.ts'
import type { FetchPartition } from './fetch-partition.ts'

/** "No session": in a request a fetch that stands for itself, in an answer that no session was made. */
export const NO_SESSION = 0
/** Epoch of a request that wants a new session. */
export const INITIAL_EPOCH = 0
/** Epoch of a request that ends its session, or never wanted one. */
export const FINAL_EPOCH = -1

const MAX_EPOCH = 0x7fffffff

/** Sessions unused for this long give way to new ones (Kafka's `MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS`). */
const EVICT_AFTER_MS = 120_000

/**
 * What one reader fetches again and again (KIP-227): the partitions it named once, so that later requests carry only
 * changes and later answers only what is new.
 */
export class FetchSession {
  /** The epoch that the next request must carry. */
  nextEpoch = 1
  lastUsedMs = 0
  readonly #partitions = new Map<string, FetchPartition>()

  constructor(
    readonly id: number,
    readonly usesTopicIds: boolean,
    private readonly room: SessionRoom,
  ) {}

  get size(): number {
    return this.#partitions.size
  }

  /** In the order in which they are to be served: those that gave data last time come last. */
  get partitions(): Iterable<FetchPartition> {
    return this.#partitions.values()
  }

  /**
   * Adds a partition, or takes over the new offsets and limits of one that is there. Says whether it is kept: not when
   * there is no room, nor under a name that no topic can have, which may be long.
   */
  put(partition: FetchPartition): boolean {
    const key = this.#keyOf(partition)
    const known = this.#partitions.get(key)
    if (known === undefined) {
      if (!this.usesTopicIds && !isValidTopicName(partition.topic ?? '')) return false
      if (!this.room.take()) return false
      this.#partitions.set(key, partition)
      return true
    }
    known.currentLeaderEpoch = partition.currentLeaderEpoch
    known.fetchOffset = partition.fetchOffset
    known.lastFetchedEpoch = partition.lastFetchedEpoch
    known.maxBytes = partition.maxBytes
    return true
  }

  forget(partition: Pick<FetchPartition, 'topicId' | 'topic' | 'index'>): void {
    if (this.#partitions.delete(this.#keyOf(partition))) this.room.give(1)
  }

  /** It is over; what it kept is forgotten. */
  end(): void {
    this.room.give(this.#partitions.size)
    this.#partitions.clear()
  }

  /** Moves a partition to the end of the line, so that one busy partition doesn't starve the others. */
  servedLast(partition: FetchPartition): void {
    const key = this.#keyOf(partition)
    if (this.#partitions.delete(key)) this.#partitions.set(key, partition)
  }

  #keyOf({ topicId, topic, index }: Pick<FetchPartition, 'topicId' | 'topic' | 'index'>): string {
    return `${this.usesTopicIds ? topicId : topic}/${index}`
  }
}

/**
 * The fetch sessions of one broker, a bounded number of them with a bounded number of partitions. Who comes when it is
 * full gets no session and goes on without, unless some session wasn't used for two minutes.
 */
export class FetchSessions {
  readonly #clock: Clock
  readonly #random: Random
  readonly #slots: number
  readonly #room: SessionRoom
  /** Least recently used first. */
  readonly #sessions = new Map<number, FetchSession>()

  constructor(clock: Clock, random: Random, slots: number, room = new SessionRoom()) {
    this.#clock = clock
    this.#random = random
    this.#slots = slots
    this.#room = room
  }

  get size(): number {
    return this.#sessions.size
  }

  /** A new session, or nothing when there is no room. */
  open(usesTopicIds: boolean): FetchSession | undefined {
    if (this.#sessions.size >= this.#slots && !this.#evictIdle()) return undefined
    const session = new FetchSession(this.#newId(), usesTopicIds, this.#room)
    this.#touch(session)
    return session
  }

  /** The session of an incremental request, marked as used. */
  use(id: number): FetchSession | undefined {
    const session = this.#sessions.get(id)
    if (session !== undefined) this.#touch(session)
    return session
  }

  /** Adds what a request names to a session, and says whether it has all of it now; if not, the session is closed. */
  put(session: FetchSession, partitions: readonly FetchPartition[]): boolean {
    const isKept = partitions.every(
      (partition) => session.put(partition) || this.#putInstead(session, partition),
    )
    if (!isKept) this.close(session.id)
    return isKept
  }

  close(id: number): void {
    this.#sessions.get(id)?.end()
    this.#sessions.delete(id)
  }

  #touch(session: FetchSession): void {
    session.lastUsedMs = this.#clock.monotonicMs()
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
  }

  #evictIdle(): boolean {
    const oldest = this.#sessions.values().next().value
    if (oldest === undefined || this.#clock.monotonicMs() - oldest.lastUsedMs < EVICT_AFTER_MS) return false
    this.close(oldest.id)
    return true
  }

  #putInstead(session: FetchSession, partition: FetchPartition): boolean {
    return this.#room.isFull && this.#evictIdle() && session.put(partition)
  }

  #newId(): number {
    for (;;) {
      // Positive: 0 means "no session". Unguessable, so that nobody stumbles into another's session.
      const id = this.#random.below(MAX_EPOCH) + 1
      if (!this.#sessions.has(id)) return id
    }
  }
}

/** Epochs count up and skip 0 and -1 when they wrap. */
export function epochAfter(epoch: number): number {
  return epoch === MAX_EPOCH ? 1 : epoch + 1
}
