import { assert } from '../../runtime/assert.ts'

/**
 * Subscribers of one topic in the order of their loads. As partitions are given to the least loaded and taken from the
 * most loaded, the two ends grow towards each other: at each end a range of members that are equally loaded, which are
 * taken in turn, and which the next one joins when the range's load reaches its own.
 */
export class LoadOrder {
  readonly imbalance: number
  readonly #members: number[]
  readonly #loads: readonly number[]
  #leastEnd = 0
  #leastLoad: number
  #nextLeast = 0
  #mostStart: number
  #mostEnd: number
  #mostLoad: number
  #nextMost: number

  /** `loads` by member; the caller keeps them true as it moves partitions. */
  constructor(members: readonly number[], loads: readonly number[]) {
    this.#members = [...members].sort(
      (one, other) => loadOf(loads, one) - loadOf(loads, other) || one - other,
    )
    this.#loads = loads
    const least = this.#loadAt(0)
    const most = this.#loadAt(members.length - 1)
    this.imbalance = most - least
    this.#leastLoad = least - 1
    this.#mostLoad = most + 1
    this.#mostStart = members.length
    this.#mostEnd = members.length
    this.#nextMost = members.length - 1
  }

  get isBalanced(): boolean {
    return this.#mostLoad - this.#leastLoad <= 1
  }

  /** The member to give the next partition to. */
  nextLeastLoaded(): number {
    if (this.#nextLeast >= this.#leastEnd) {
      this.#leastLoad++
      while (this.#leastEnd < this.#members.length && this.#loadAt(this.#leastEnd) === this.#leastLoad)
        this.#leastEnd++
      this.#nextLeast = 0
    }
    return this.#memberAt(this.#nextLeast++)
  }

  /** The member to take the next partition from; undefined when none is left. */
  nextMostLoaded(): number | undefined {
    if (this.#nextMost < this.#mostStart) {
      const isRangeEmpty = this.#mostEnd <= this.#mostStart && this.#mostStart > 0
      this.#mostLoad = isRangeEmpty ? this.#loadAt(this.#mostStart - 1) : this.#mostLoad - 1
      while (this.#mostStart > 0 && this.#loadAt(this.#mostStart - 1) === this.#mostLoad) this.#mostStart--
      this.#nextMost = this.#mostEnd - 1
    }
    return this.#nextMost < 0 ? undefined : this.#memberAt(this.#nextMost--)
  }

  /** The member that came last has nothing of this topic to give. */
  excludeMostLoaded(): void {
    const at = this.#nextMost + 1
    const member = this.#memberAt(at)
    this.#members[at] = this.#memberAt(this.#mostEnd - 1)
    this.#members[this.#mostEnd - 1] = member
    this.#mostEnd--
  }

  #memberAt(at: number): number {
    const member = this.#members[at]
    assert(member !== undefined, `no member at ${at} of ${this.#members.length}`)
    return member
  }

  #loadAt(at: number): number {
    return loadOf(this.#loads, this.#memberAt(at))
  }
}

function loadOf(loads: readonly number[], member: number): number {
  return loads[member] ?? 0
}
