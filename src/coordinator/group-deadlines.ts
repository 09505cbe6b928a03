import type { Clock, Timer } from '../runtime/clock.ts'

/**
 * What is waited for in groups: a heartbeat; a member giving back what it is not to have; a classic member's JoinGroup
 * or SyncGroup in a consumer group; the end of a phase of the whole group (whose member id is empty).
 */
export const deadlineKinds = ['session', 'rebalance', 'join', 'sync', 'phase'] as const
export type DeadlineKind = (typeof deadlineKinds)[number]

interface Deadline {
  readonly kind: DeadlineKind
  readonly memberId: string
  /** Monotonic. */
  readonly atMs: number
}

/** A deadline that is set to some time from now, or taken away. */
export interface DeadlineChange {
  readonly kind: DeadlineKind
  readonly memberId: string
  /** `null` takes it away. */
  readonly delayMs: number | null
  /** Leaves one alone that is set already. */
  readonly isOnlyIfAbsent?: boolean
}

/**
 * What is waited for in one group, at most one thing of a kind for each member, on one timer. A deadline that is moved
 * away costs a map entry: the timer stays as it is, and when it fires it finds nothing due and is set anew.
 */
export class GroupDeadlines {
  readonly #clock: Clock
  readonly #onDue: () => void
  readonly #deadlines = new Map<string, Deadline>()
  #timer: Timer | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #isStopped = false

  /** `onDue` takes what is due by `takeDue`, as long as there is something. */
  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  set(kind: DeadlineKind, memberId: string, delayMs: number): void {
    this.setAt(kind, memberId, this.#clock.monotonicMs() + delayMs)
  }

  /** Monotonic. */
  setAt(kind: DeadlineKind, memberId: string, atMs: number): void {
    this.#deadlines.set(keyOf(kind, memberId), { kind, memberId, atMs })
    this.#armFor(atMs)
  }

  cancel(kind: DeadlineKind, memberId: string): void {
    this.#deadlines.delete(keyOf(kind, memberId))
  }

  apply(changes: readonly DeadlineChange[]): void {
    for (const { kind, memberId, delayMs, isOnlyIfAbsent = false } of changes) {
      if (delayMs === null) this.cancel(kind, memberId)
      else if (!isOnlyIfAbsent || !this.#deadlines.has(keyOf(kind, memberId)))
        this.set(kind, memberId, delayMs)
    }
  }

  /** Removes and returns what is due, the longest overdue first, the group's phase first among equals. */
  takeDue(): Deadline | undefined {
    let first: Deadline | undefined
    const nowMs = this.#clock.monotonicMs()
    for (const deadline of this.#deadlines.values())
      if (deadline.atMs <= nowMs && (first === undefined || isBefore(deadline, first))) first = deadline
    if (first !== undefined) this.cancel(first.kind, first.memberId)
    return first
  }

  /** The group is gone from here; nothing of it is due any more. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#deadlines.clear()
  }

  #armFor(atMs: number): void {
    if (this.#isStopped || atMs >= this.#timerAtMs) return
    this.#timer?.cancel()
    this.#timerAtMs = atMs
    this.#timer = this.#clock.setTimer(Math.max(0, atMs - this.#clock.monotonicMs()), () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY
      this.#onDue()
      let nextMs = Number.POSITIVE_INFINITY
      for (const { atMs: each } of this.#deadlines.values()) nextMs = Math.min(nextMs, each)
      if (nextMs !== Number.POSITIVE_INFINITY) this.#armFor(nextMs)
    })
  }
}

function isBefore(one: Deadline, other: Deadline): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.kind === 'phase' && other.kind !== 'phase')
}

function keyOf(kind: DeadlineKind, memberId: string): string {
  return `${kind}:${memberId}`
}
