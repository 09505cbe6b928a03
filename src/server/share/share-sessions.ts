import { KafkaError } from '../../wire/errors.ts'
import { epochAfter, FINAL_EPOCH, INITIAL_EPOCH } from '../fetch/fetch-sessions.ts'
import type { ConnectionInfo } from '../handler.ts'
import { SessionRoom } from '../session-room.ts'

export interface SharePartitionId {
  readonly topicId: string
  readonly partition: number
}

/** The same for the same partition. */
export function nameOf({ topicId, partition }: SharePartitionId): string {
  return `${topicId}:${partition}`
}

/** What one member of a share group fetches on this broker, over one connection (KIP-932). */
export class ShareSession {
  /** The epoch that the next request must carry. */
  nextEpoch = 1
  readonly #partitions = new Map<string, SharePartitionId>()

  constructor(
    readonly groupId: string,
    readonly memberId: string,
    private readonly room: SessionRoom,
  ) {}

  get partitions(): readonly SharePartitionId[] {
    return [...this.#partitions.values()]
  }

  /** Adds a partition; says whether there is room for it. */
  put({ topicId, partition }: SharePartitionId): boolean {
    const key = nameOf({ topicId, partition })
    if (this.#partitions.has(key)) return true
    if (!this.room.take()) return false
    this.#partitions.set(key, { topicId, partition })
    return true
  }

  forget(id: SharePartitionId): void {
    if (this.#partitions.delete(nameOf(id))) this.room.give(1)
  }

  /** It is over; what it kept is forgotten. */
  close(): void {
    this.room.give(this.#partitions.size)
    this.#partitions.clear()
  }
}

interface Kept {
  readonly session: ShareSession
  readonly forgetClose: () => void
}

/** The share sessions of one broker, a bounded number of them and of their partitions; each ends with its connection. */
export class ShareSessions {
  readonly #kept = new Map<string, Kept>()

  constructor(
    private readonly limit: () => number,
    /** The session is over: what its member has acquired is free for others once this resolves. */
    private readonly onEnd: (session: ShareSession) => Promise<void>,
    private readonly room = new SessionRoom(),
  ) {}

  get size(): number {
    return this.#kept.size
  }

  /** A new session, instead of one that the member may have. SHARE_SESSION_LIMIT_REACHED when there is no room. */
  open(groupId: string, memberId: string, connection: ConnectionInfo): ShareSession {
    const key = keyOf(groupId, memberId)
    const old = this.#kept.get(key)
    if (old === undefined && this.#kept.size >= this.limit())
      throw new KafkaError('SHARE_SESSION_LIMIT_REACHED')
    old?.forgetClose()
    old?.session.close()
    const session = new ShareSession(groupId, memberId, this.room)
    const forgetClose = connection.onClose(() => {
      void this.end(session)
    })
    this.#kept.set(key, { session, forgetClose })
    return session
  }

  /**
   * The session that a request goes on with, its epoch counted up. SHARE_SESSION_NOT_FOUND,
   * INVALID_SHARE_SESSION_EPOCH. A final request finds the session whatever its epoch.
   */
  use(groupId: string, memberId: string, epoch: number): ShareSession {
    const session = this.#kept.get(keyOf(groupId, memberId))?.session
    if (session === undefined) throw new KafkaError('SHARE_SESSION_NOT_FOUND')
    if (epoch === FINAL_EPOCH) return session
    if (epoch !== session.nextEpoch) throw new KafkaError('INVALID_SHARE_SESSION_EPOCH')
    session.nextEpoch = epochAfter(session.nextEpoch)
    return session
  }

  /** Adds partitions to a session. SHARE_SESSION_LIMIT_REACHED when there is no room; the session is over then. */
  put(session: ShareSession, ids: readonly SharePartitionId[]): void {
    if (ids.every((id) => session.put(id))) return
    void this.end(session)
    throw new KafkaError('SHARE_SESSION_LIMIT_REACHED')
  }

  /** Resolves when what its member has is free for others. */
  async end(session: ShareSession): Promise<void> {
    const key = keyOf(session.groupId, session.memberId)
    const kept = this.#kept.get(key)
    if (kept?.session !== session) return
    kept.forgetClose()
    this.#kept.delete(key)
    session.close()
    await this.onEnd(session)
  }

  /** The member has left its group, or was removed. */
  memberGone(groupId: string, memberId: string): void {
    const kept = this.#kept.get(keyOf(groupId, memberId))
    if (kept !== undefined) void this.end(kept.session)
  }
}

export { FINAL_EPOCH, INITIAL_EPOCH }

function keyOf(groupId: string, memberId: string): string {
  return `${memberId} ${groupId}`
}
