/** How many partitions all sessions of one kind keep together, at most: clients name as many as they like. */
const MAX_PARTITIONS = 250_000

/** Room for partitions in sessions. Kafka bounds the number of sessions alone. */
export class SessionRoom {
  #left: number

  constructor(maxPartitions = MAX_PARTITIONS) {
    this.#left = maxPartitions
  }

  get isFull(): boolean {
    return this.#left === 0
  }

  /** Takes the room of one partition; says whether there was any. */
  take(): boolean {
    if (this.isFull) return false
    this.#left--
    return true
  }

  give(count: number): void {
    this.#left += count
  }
}
