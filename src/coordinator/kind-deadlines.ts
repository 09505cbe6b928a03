import type { Clock } from '../runtime/clock.ts'
import { KafkaError } from '../wire/errors.ts'
import { type DeadlineKind, GroupDeadlines } from './group-deadlines.ts'

/** When what was due could not be written, it is tried again after this long. */
const RETRY_MS = 1_000

/** Does what is due; throws a `KafkaError` if that can't be written now. */
type WhenDue = (groupId: string, kind: DeadlineKind, memberId: string) => void

/** What is waited for in all groups of one kind in one shard. */
export class KindDeadlines {
  readonly #clock: Clock
  readonly #whenDue: WhenDue
  readonly #groups = new Map<string, GroupDeadlines>()
  #isStopped = false

  constructor(clock: Clock, whenDue: WhenDue) {
    this.#clock = clock
    this.#whenDue = whenDue
  }

  of(groupId: string): GroupDeadlines {
    const known = this.#groups.get(groupId)
    if (known !== undefined) return known
    const deadlines = new GroupDeadlines(this.#clock, () => this.#onDue(groupId))
    if (this.#isStopped) deadlines.stop()
    else this.#groups.set(groupId, deadlines)
    return deadlines
  }

  /** The group is gone from here; tells whether anything was ever waited for in it. */
  forget(groupId: string): boolean {
    this.#groups.get(groupId)?.stop()
    return this.#groups.delete(groupId)
  }

  /** Nothing is due any more, in groups that come later neither. */
  stop(): void {
    this.#isStopped = true
    for (const groupId of [...this.#groups.keys()]) this.forget(groupId)
  }

  /** Whatever is done may have the group forgotten. */
  #onDue(groupId: string): void {
    for (;;) {
      const deadlines = this.#groups.get(groupId)
      const due = deadlines?.takeDue()
      if (deadlines === undefined || due === undefined) return
      try {
        this.#whenDue(groupId, due.kind, due.memberId)
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        deadlines.set(due.kind, due.memberId, RETRY_MS)
      }
    }
  }
}
