/** From this offset on, up to the next entry's, records were written by the leader of this epoch. */
export interface EpochEntry {
  readonly epoch: number
  readonly startOffset: number
}

/**
 * The leader epochs of a log: which leader wrote what, so that a follower finds where its log parts from the leader's
 * (KIP-101, KIP-279). Epochs and offsets both rise from entry to entry.
 *
 * Source: apache/kafka `LeaderEpochFileCache.java`.
 */
export class LeaderEpochs {
  #entries: EpochEntry[]
  /** Whether the entries differ from those last written to the checkpoint. */
  changed = false

  constructor(entries: readonly EpochEntry[] = []) {
    this.#entries = [...entries]
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries
  }

  get latest(): EpochEntry | undefined {
    return this.#entries[this.#entries.length - 1]
  }

  /**
   * Notes that `epoch` begins at `startOffset`. An epoch that is known keeps its start. Entries that contradict the new
   * one (a later epoch, or one that claims offsets from there on) were of records that are no more.
   */
  assign(epoch: number, startOffset: number): void {
    while (this.latest !== undefined && contradicts(this.latest, epoch, startOffset)) {
      this.#entries.pop()
      this.changed = true
    }
    if (this.latest?.epoch === epoch) return
    this.#entries.push({ epoch, startOffset })
    this.changed = true
  }

  /** The epoch in which the record at `offset` was written; `undefined` if no entry covers it. */
  epochOf(offset: number): number | undefined {
    const index = this.#entries.findLastIndex((entry) => entry.startOffset <= offset)
    return this.#entries[index]?.epoch
  }

  /**
   * The largest epoch at or below `epoch`, and where it ends in this log: the start of the next one, or `logEndOffset`.
   * An epoch before the first gives itself and the first one's start; one after the last is unknown (`undefined`).
   */
  endOffsetFor(epoch: number, logEndOffset: number): { epoch: number; endOffset: number } | undefined {
    const latest = this.latest
    if (latest === undefined || epoch > latest.epoch || epoch < 0) return undefined
    if (epoch === latest.epoch) return { epoch, endOffset: logEndOffset }
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch)
    const endOffset = this.#entries[next]?.startOffset ?? logEndOffset
    return { epoch: this.#entries[next - 1]?.epoch ?? epoch, endOffset }
  }

  /** Forgets the epochs of records at `endOffset` and beyond. */
  truncateFromEnd(endOffset: number): void {
    while (this.latest !== undefined && this.latest.startOffset >= endOffset) {
      this.#entries.pop()
      this.changed = true
    }
  }

  /** Forgets the epochs of records before `startOffset`; the one that holds it begins there from now on. */
  truncateFromStart(startOffset: number): void {
    const first = this.#entries.findLastIndex((entry) => entry.startOffset <= startOffset)
    const holder = this.#entries[first]
    if (holder === undefined || (first === 0 && holder.startOffset === startOffset)) return
    this.#entries.splice(0, first + 1, { epoch: holder.epoch, startOffset })
    this.changed = true
  }

  clear(): void {
    this.changed = this.#entries.length > 0
    this.#entries = []
  }
}

function contradicts(entry: EpochEntry, epoch: number, startOffset: number): boolean {
  if (entry.epoch === epoch) return entry.startOffset > startOffset
  return entry.epoch > epoch || entry.startOffset >= startOffset
}
