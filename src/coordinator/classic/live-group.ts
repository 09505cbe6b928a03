import type { Clock, Timer } from '../../runtime/clock.ts'
import type { GroupDecision } from './draft.ts'
import type { ClassicGroup } from './group.ts'

/** What is due first in a group. */
export type DueItem = { readonly kind: 'session'; readonly memberId: string } | { readonly kind: 'phase' }

/** A group on its coordinator: its present value, when its members are expected, and one timer for all of that. */
export class LiveGroup {
  group: ClassicGroup
  readonly #clock: Clock
  readonly #onDue: () => void
  readonly #sessions = new Map<string, number>()
  #timer: Timer | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #isStopped = false

  constructor(group: ClassicGroup, clock: Clock, onDue: () => void) {
    this.group = group
    this.#clock = clock
    this.#onDue = onDue
  }

  /** Takes over a decision's outcome. */
  become(decision: GroupDecision): void {
    this.group = decision.group
    for (const [memberId, atMs] of decision.sessions) {
      if (atMs === null) this.#sessions.delete(memberId)
      else this.#sessions.set(memberId, atMs)
    }
    this.#arm()
  }

  /**
   * The member was heard of. Its deadline only moves away, so the timer stays as it is: when it fires it finds
   * nothing due and is set anew. Heartbeats cost no more than a map entry.
   */
  extendSession(memberId: string): void {
    const member = this.group.members.get(memberId)
    if (member !== undefined)
      this.#sessions.set(memberId, this.#clock.monotonicMs() + member.sessionTimeoutMs)
  }

  /** Expects every member within its session timeout, as after a replay. */
  expectAll(): void {
    for (const memberId of this.group.members.keys()) this.extendSession(memberId)
    this.#arm()
  }

  /** What is due now, the longest overdue first. */
  nextDue(): DueItem | undefined {
    let earliestMs = this.#clock.monotonicMs() + 1
    let due: DueItem | undefined
    const phaseAtMs = this.group.deadline?.atMs ?? Number.POSITIVE_INFINITY
    if (phaseAtMs < earliestMs) {
      earliestMs = phaseAtMs
      due = { kind: 'phase' }
    }
    for (const [memberId, atMs] of this.#sessions) {
      if (atMs >= earliestMs) continue
      earliestMs = atMs
      due = { kind: 'session', memberId }
    }
    return due
  }

  /** The group is gone from here; nothing of it is due any more. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #arm(): void {
    if (this.#isStopped) return
    let earliestMs = this.group.deadline?.atMs ?? Number.POSITIVE_INFINITY
    for (const atMs of this.#sessions.values()) if (atMs < earliestMs) earliestMs = atMs
    if (earliestMs >= this.#timerAtMs) return
    this.#timer?.cancel()
    this.#timerAtMs = earliestMs
    this.#timer = this.#clock.setTimer(Math.max(0, earliestMs - this.#clock.monotonicMs()), () => {
      this.#timer = undefined
      this.#timerAtMs = Number.POSITIVE_INFINITY
      this.#onDue()
      this.#arm()
    })
  }
}
