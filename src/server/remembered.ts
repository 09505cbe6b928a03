/** At most so many characters of names are kept in one table: a name may be as long as a string can be. */
const MAX_CHARS = 2_000_000

/**
 * What is remembered under names that clients choose, in bounded memory: so many entries, and so many characters of
 * names in all. What wasn't used for longest is forgotten first.
 */
export class Remembered<Value> {
  readonly #maxEntries: number
  readonly #charsOf: (name: string, value: Value) => number
  /** Least recently used first. */
  readonly #entries = new Map<string, Value>()
  #chars = 0

  /** `charsOf` tells how many characters an entry keeps, always the same for the same one; by default its name's. */
  constructor(maxEntries: number, charsOf: (name: string, value: Value) => number = ({ length }) => length) {
    this.#maxEntries = maxEntries
    this.#charsOf = charsOf
  }

  get size(): number {
    return this.#entries.size
  }

  /** The value, which counts as used now. */
  get(name: string): Value | undefined {
    const value = this.#entries.get(name)
    if (value === undefined) return undefined
    this.#entries.delete(name)
    this.#entries.set(name, value)
    return value
  }

  set(name: string, value: Value): void {
    this.delete(name)
    this.#entries.set(name, value)
    this.#chars += this.#charsOf(name, value)
    for (const [oldest] of this.#entries) {
      if (this.#entries.size <= this.#maxEntries && this.#chars <= MAX_CHARS) return
      this.delete(oldest)
    }
  }

  delete(name: string): void {
    const value = this.#entries.get(name)
    if (value === undefined) return
    this.#entries.delete(name)
    this.#chars -= this.#charsOf(name, value)
  }
}
