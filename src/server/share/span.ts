import { deliveryStates } from '../../coordinator/share-state/state-batches.ts'

/** `archiving`: given up, and on their way to the dead-letter topic (KIP-1191). */
export type RecordState = 'available' | 'acquired' | 'acknowledged' | 'archiving' | 'archived'

/** Neighbouring records with the same fate. */
export interface Span {
  firstOffset: number
  /** Inclusive. */
  lastOffset: number
  state: RecordState
  deliveryCount: number
  /** Who has acquired them; empty otherwise. */
  memberId: string
  /** Until when, on the monotonic clock; infinity when they are not acquired. */
  lockedUntilMs: number
  /** What they go back to if the change under way can't be stored; nobody may touch them till then. */
  before: Fate | undefined
}

export type Fate = Pick<Span, 'state' | 'deliveryCount' | 'memberId' | 'lockedUntilMs'>

/** Spans in the order of their offsets, without gaps and overlaps. */
export class SpanList {
  readonly all: Span[] = []

  /** The spans from `from` to `to`, cut so that they hold nothing else. Offsets that are not in flight are left out. */
  cutOut(from: number, to: number): Span[] {
    const first = this.indexOf(from)
    if (first === this.all.length) return []
    const begin = this.cutAt(first, from - 1) ? first + 1 : first
    let end = begin
    for (let each = this.all[end]; each !== undefined && each.firstOffset <= to; each = this.all[end]) {
      this.cutAt(end, to)
      end++
    }
    return this.all.slice(begin, end)
  }

  /** Makes two spans of one, the first up to `lastOffset`. Says whether there is anything on both sides. */
  cutAt(at: number, lastOffset: number): boolean {
    const each = this.all[at]
    if (each === undefined || lastOffset < each.firstOffset || lastOffset >= each.lastOffset) return false
    // A change that is being stored is settled as a whole.
    if (each.before !== undefined) return false
    this.all.splice(at + 1, 0, { ...each, firstOffset: lastOffset + 1 })
    each.lastOffset = lastOffset
    return true
  }

  dropBelow(offset: number): void {
    const first = this.indexOf(offset)
    this.all.splice(0, first)
    const cut = this.all[0]
    if (cut !== undefined && cut.firstOffset < offset) cut.firstOffset = offset
  }

  /** Where the span that holds `offset` is. */
  indexOf(offset: number): number {
    let low = 0
    let high = this.all.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const each = this.all[middle]
      if (each !== undefined && each.lastOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Makes one of neighbours alike, but not of acquired ones: those are given back as they were given out. */
  join(): void {
    let kept = 0
    for (const each of this.all) {
      const last = this.all[kept - 1]
      if (kept > 0 && last !== undefined && joins(last, each)) last.lastOffset = each.lastOffset
      else this.all[kept++] = each
    }
    this.all.length = kept
  }
}

export function span(firstOffset: number, lastOffset: number, fate: Fate): Span {
  return { firstOffset, lastOffset, ...fate, before: undefined }
}

export function free(deliveryCount: number): Fate {
  return { state: 'available', deliveryCount, memberId: '', lockedUntilMs: Number.POSITIVE_INFINITY }
}

/** What nobody may acquire any more. */
export function done(state: 'acknowledged' | 'archiving' | 'archived', deliveryCount: number): Fate {
  return { state, deliveryCount, memberId: '', lockedUntilMs: Number.POSITIVE_INFINITY }
}

export function change(each: Span, fate: Fate): Span {
  const { state, deliveryCount, memberId, lockedUntilMs } = each
  each.before = { state, deliveryCount, memberId, lockedUntilMs }
  return Object.assign(each, fate)
}

export function isFree({ state, before }: Span): boolean {
  return state === 'available' && before === undefined
}

export function isTerminal({ state }: Span): boolean {
  return state === 'acknowledged' || state === 'archived'
}

export function joins(one: Span, other: Span): boolean {
  return (
    one.state !== 'acquired' &&
    one.state === other.state &&
    one.deliveryCount === other.deliveryCount &&
    one.before === undefined &&
    other.before === undefined
  )
}

export function sizeOf({ firstOffset, lastOffset }: Span): number {
  return lastOffset - firstOffset + 1
}

const numbers = {
  available: deliveryStates.AVAILABLE,
  // Nobody has what was acquired before a restart.
  acquired: deliveryStates.AVAILABLE,
  acknowledged: deliveryStates.ACKNOWLEDGED,
  archiving: deliveryStates.ARCHIVING,
  archived: deliveryStates.ARCHIVED,
} as const satisfies Record<RecordState, number>

export function stateNumber(state: RecordState): number {
  return numbers[state]
}
