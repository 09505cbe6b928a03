import type { Clock } from '../runtime/clock.ts'

/** As much of a client's connection as is needed to notice that its members are gone. */
export interface MemberConnection {
  readonly id: number
  /** Calls back once when the connection is gone, at once if it is. */
  onClose(callback: () => void): void
}

interface MemberRef {
  readonly groupId: string
  readonly memberId: string
  connectionId: number
}

/**
 * Lets members leave whose connection has closed, instead of waiting for their session to expire.
 *
 * A closed connection proves little by itself. Clients reconnect: kafkajs after 0.24 to 0.36 s, librdkafka after
 * 0.1 s, Java after 0.05 s. Some use several connections: librdkafka one per broker, Java one for the coordinator
 * besides those for fetching. So a member belongs to the connection over which it last joined, synced, committed
 * or sent a heartbeat, and it is evicted only when that one has closed and nothing came from it over another
 * within a short grace. A member that is evicted wrongly hears UNKNOWN_MEMBER_ID at its next heartbeat and joins
 * again, as after an expired session. Static members are never entered here: they exist to survive a restart.
 */
export class MemberConnections {
  readonly #clock: Clock
  readonly #evict: (groupId: string, memberId: string) => void
  readonly #graceMs: () => number
  readonly #members = new Map<string, MemberRef>()
  readonly #byConnection = new Map<number, Set<MemberRef>>()

  constructor(clock: Clock, graceMs: () => number, evict: (groupId: string, memberId: string) => void) {
    this.#clock = clock
    this.#graceMs = graceMs
    this.#evict = evict
  }

  get size(): number {
    return this.#members.size
  }

  /** The member was heard of over this connection. */
  heardOver(connection: MemberConnection, groupId: string, memberId: string): void {
    const key = keyOf(groupId, memberId)
    const known = this.#members.get(key)
    if (known?.connectionId === connection.id) return
    if (known !== undefined) this.#byConnection.get(known.connectionId)?.delete(known)
    const member = known ?? { groupId, memberId, connectionId: connection.id }
    member.connectionId = connection.id
    this.#members.set(key, member)
    this.#membersOver(connection).add(member)
  }

  /** The member has left. */
  forget(groupId: string, memberId: string): void {
    const key = keyOf(groupId, memberId)
    const known = this.#members.get(key)
    if (known === undefined) return
    this.#members.delete(key)
    this.#byConnection.get(known.connectionId)?.delete(known)
  }

  #membersOver(connection: MemberConnection): Set<MemberRef> {
    const known = this.#byConnection.get(connection.id)
    if (known !== undefined) return known
    const members = new Set<MemberRef>()
    this.#byConnection.set(connection.id, members)
    connection.onClose(() => this.#onClose(connection.id, members))
    return members
  }

  #onClose(connectionId: number, members: Set<MemberRef>): void {
    if (members.size === 0) this.#byConnection.delete(connectionId)
    else this.#clock.setTimer(this.#graceMs(), () => this.#onGraceOver(connectionId, members))
  }

  #onGraceOver(connectionId: number, members: Set<MemberRef>): void {
    this.#byConnection.delete(connectionId)
    for (const member of members) {
      this.#members.delete(keyOf(member.groupId, member.memberId))
      this.#evict(member.groupId, member.memberId)
    }
  }
}

function keyOf(groupId: string, memberId: string): string {
  return `${groupId.length}:${groupId}${memberId}`
}
