import { KafkaError } from '../../wire/errors.ts'
import { epochAfter, FINAL_EPOCH, INITIAL_EPOCH } from '../fetch/fetch-sessions.ts'
import type { ConnectionInfo } from '../handler.ts'

export interface SharePartitionId {
  readonly topicId: string
  readonly partition: number
}

/** What one member of a share group fetches on this broker, over one connection (KIP-932). */
export class ShareSession {
  /** The epoch that the next request must carry. */
  nextEpoch = 1
  readonly #partitions = new Map<string, SharePartitionId>()

  constructor(
    readonly groupId: string,
    readonly memberId: string,
  ) {}

  get partitions(): readonly SharePartitionId[] {
    return [...this.#partitions.values()]
  }

  put({ topicId, partition }: SharePartitionId): void {
    this.#partitions.set(`${topicId}:${partition}`, { topicId, partition })
  }

  forget({ topicId, partition }: SharePartitionId): void {
    this.#partitions.delete(`${topicId}:${partition}`)
  }
}

interface Kept {
  readonly session: ShareSession
  readonly connection: ConnectionInfo
  readonly forgetClose: () => void
}

/** The share sessions of one broker, a bounded number of them; each ends with its connection. */
export class ShareSessions {
  readonly #kept = new Map<string, Kept>()

  constructor(
    private readonly limit: () => number,
    /** The session is over: what its member has acquired is free for others. */
    private readonly onEnd: (session: ShareSession) => void,
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
    const session = new ShareSession(groupId, memberId)
    const forgetClose = connection.onClose(() => {
      if (this.#kept.get(key)?.session === session) this.end(session)
    })
    this.#kept.set(key, { session, connection, forgetClose })
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

  end(session: ShareSession): void {
    const key = keyOf(session.groupId, session.memberId)
    const kept = this.#kept.get(key)
    if (kept?.session !== session) return
    kept.forgetClose()
    this.#kept.delete(key)
    this.onEnd(session)
  }

  /** The member has left its group, or was removed. */
  memberGone(groupId: string, memberId: string): void {
    const kept = this.#kept.get(keyOf(groupId, memberId))
    if (kept !== undefined) this.end(kept.session)
  }
}

export { FINAL_EPOCH, INITIAL_EPOCH }

function keyOf(groupId: string, memberId: string): string {
  return `${memberId} ${groupId}`
}
