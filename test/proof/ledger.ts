/**
 * What went into a chain, what readers saw of its output, and what is wrong with it. Every key's records are numbered
 * from 0, so that a record that is missing, doubled or out of order shows by its number.
 */

/** What a transformer writes into a transaction that it is going to abort. Nobody may ever read it. */
export const POISON = 'never to be read'

export interface OutputRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: string
}

export class Ledger {
  /** How many records each key was given. */
  readonly #given = new Map<string, number>()
  /** What a reader saw while the chain was at work, by partition and offset. */
  readonly #seenLive = new Map<string, OutputRecord>()
  readonly #wrong: string[] = []

  /** The value for the next record of a key. */
  give(key: string): string {
    const number = this.#given.get(key) ?? 0
    this.#given.set(key, number + 1)
    return String(number)
  }

  /** A record that a read_committed reader got while transactions were open; it may come again after a restart. */
  sawLive(record: OutputRecord): void {
    const place = `${record.partition}/${record.offset}`
    const before = this.#seenLive.get(place)
    if (before !== undefined && (before.key !== record.key || before.value !== record.value))
      this.#wrong.push(`${shown(record)} was ${shown(before)} before`)
    if (record.value === POISON)
      this.#wrong.push(`aborted data while transactions were open: ${shown(record)}`)
    this.#seenLive.set(place, record)
  }

  /** How many places of the output have been read so far. */
  get liveCount(): number {
    return this.#seenLive.size
  }

  /**
   * Compares all of the output, by partition in the order of its offsets, with what was given. Says what is wrong;
   * nothing when each record is there exactly once and in the order of its key.
   */
  verdict(output: readonly OutputRecord[]): readonly string[] {
    const wrong = [...this.#wrong]
    const next = new Map<string, number>()
    const places = new Map<string, OutputRecord>()
    for (const record of output) {
      places.set(`${record.partition}/${record.offset}`, record)
      if (record.value === POISON) {
        wrong.push(`aborted data: ${shown(record)}`)
        continue
      }
      const expected = next.get(record.key) ?? 0
      if (Number(record.value) !== expected) wrong.push(`${shown(record)}, but ${expected} is due`)
      next.set(record.key, Number(record.value) + 1)
    }
    for (const [key, count] of this.#given)
      if (next.get(key) !== count) wrong.push(`${key}: ended at ${next.get(key) ?? 0} of ${count}`)
    for (const key of next.keys()) if (!this.#given.has(key)) wrong.push(`${key} was never given`)
    for (const [place, record] of this.#seenLive) {
      const final = places.get(place)
      if (final?.key !== record.key || final.value !== record.value)
        wrong.push(`${shown(record)} was read once and is ${final === undefined ? 'gone' : shown(final)}`)
    }
    return wrong
  }
}

function shown({ partition, offset, key, value }: OutputRecord): string {
  return `partition ${partition} offset ${offset}: ${key} = ${value}`
}
