import { assert } from '../runtime/assert.ts'
import type { Segment } from './segment.ts'

/** The segments of a log in order; there is always at least one, and the last takes the appends. */
export class SegmentList {
  #segments: Segment[]

  constructor(segments: readonly Segment[]) {
    assert(segments.length > 0, 'a log has at least one segment')
    this.#segments = [...segments]
  }

  get all(): readonly Segment[] {
    return this.#segments
  }

  get active(): Segment {
    const last = this.#segments[this.#segments.length - 1]
    assert(last !== undefined, 'a log has at least one segment')
    return last
  }

  get first(): Segment {
    return this.#segments[0] ?? this.active
  }

  /** The bytes of all segments, those included that are still queued for writing. */
  get sizeBytes(): number {
    let total = 0
    for (const segment of this.#segments) total += segment.sizeBytes
    return total
  }

  /** The segment that holds `offset`, or would; the first one for offsets before it. */
  holding(offset: number): Segment {
    return this.#segments[this.#placeOf(offset)] ?? this.first
  }

  /** The segment after the one given. */
  after(segment: Segment): Segment | undefined {
    return this.#segments[this.#placeOf(segment.baseOffset) + 1]
  }

  push(segment: Segment): void {
    this.#segments.push(segment)
  }

  /** Takes out the active segment; another one must follow at once. */
  removeLast(): Segment {
    const last = this.active
    this.#segments.pop()
    return last
  }

  /** Takes out the first `count` segments. */
  removeFirst(count: number): Segment[] {
    assert(count < this.#segments.length, 'the active segment stays')
    const removed = this.#segments.slice(0, count)
    // Whoever is going through them, with waits in between, goes on with those that there were.
    this.#segments = this.#segments.slice(count)
    return removed
  }

  /** Takes out the segments whose base offset is beyond `offset`; the first one always stays. */
  removeBeyond(offset: number): Segment[] {
    const kept = this.#segments.findLastIndex((segment) => segment.baseOffset <= offset)
    return this.#segments.splice(Math.max(kept, 0) + 1)
  }

  /** Whether all of these are here, in a row. */
  holds(row: readonly Segment[]): boolean {
    const [first] = row
    const from = first === undefined ? -1 : this.#segments.indexOf(first)
    return from !== -1 && row.every((segment, index) => segment === this.#segments[from + index])
  }

  /** Puts one segment in the place of some that it `holds`. */
  replace(row: readonly Segment[], segment: Segment): void {
    const [first] = row
    assert(first !== undefined && this.holds(row), 'the segments to be replaced lie in a row')
    const from = this.#segments.indexOf(first)
    this.#segments = this.#segments.with(from, segment)
    this.#segments.splice(from + 1, row.length - 1)
  }

  /** Puts one segment in the place of all. */
  replaceAll(segment: Segment): Segment[] {
    return this.#segments.splice(0, this.#segments.length, segment)
  }

  #placeOf(offset: number): number {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#segments[middle]?.baseOffset ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
