const ENTRY_BYTES = 8
const FIRST_CAPACITY = 16
/** Most segments have no entry: one array for all of them, as even an empty one takes 200 bytes. */
const NONE = new Int32Array(0)

/**
 * Where batches stand in a segment's file: sparse pairs of an offset and the position of the batch that ends with it.
 * In the file (`.index`) an entry is 8 bytes: offset relative to the segment's base int32, position int32.
 *
 * Source: apache/kafka `OffsetIndex.java`.
 */
export class OffsetIndex {
  readonly #baseOffset: number
  #offsets = NONE
  #positions = NONE
  #count = 0

  constructor(baseOffset: number) {
    this.#baseOffset = baseOffset
  }

  get count(): number {
    return this.#count
  }

  /** Whether the file would grow beyond `maxBytes` with another entry. */
  isFull(maxBytes: number): boolean {
    return (this.#count + 1) * ENTRY_BYTES > maxBytes
  }

  /** The position of the last entry, 0 if there is none. */
  get lastPosition(): number {
    return this.#positions[this.#count - 1] ?? 0
  }

  /** Adds the batch at `position` whose last offset is `offset`. Offsets and positions only grow. */
  append(offset: number, position: number): void {
    if (this.#count === this.#offsets.length) this.#grow()
    this.#offsets[this.#count] = offset - this.#baseOffset
    this.#positions[this.#count] = position
    this.#count++
  }

  /** The position of a batch at or before the one with `offset`: where to start looking. */
  lookup(offset: number): number {
    const found = this.#countUpTo(offset)
    return this.#positions[found - 1] ?? 0
  }

  /** The last offset of the batch at the position that `lookup` gives; `undefined` where that is the beginning. */
  lastOffsetAt(offset: number): number | undefined {
    const found = this.#countUpTo(offset)
    return found === 0 ? undefined : this.#baseOffset + (this.#offsets[found - 1] ?? 0)
  }

  /** The position of the first batch that is known to end behind `offset`. */
  nextPosition(offset: number): number | undefined {
    const found = this.#countUpTo(offset)
    return found < this.#count ? this.#positions[found] : undefined
  }

  /** The last position up to `position` at which a batch is known to begin; 0 if none is. */
  beginningUpTo(position: number): number {
    return this.#positions[countUpTo(this.#positions, this.#count, position) - 1] ?? 0
  }

  /** Forgets the entries of batches at or beyond `position`. */
  truncateToPosition(position: number): void {
    while (this.#count > 0 && this.lastPosition >= position) this.#count--
  }

  encode(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#count * ENTRY_BYTES)
    for (let index = 0; index < this.#count; index++) {
      bytes.writeInt32BE(this.#offsets[index] ?? 0, index * ENTRY_BYTES)
      bytes.writeInt32BE(this.#positions[index] ?? 0, index * ENTRY_BYTES + 4)
    }
    return bytes
  }

  /** Reads an index file; `undefined` if it can't belong to a segment of that many bytes. */
  static decode(bytes: Buffer, baseOffset: number, segmentBytes: number): OffsetIndex | undefined {
    if (bytes.length % ENTRY_BYTES !== 0) return undefined
    const index = new OffsetIndex(baseOffset)
    index.#reserve(bytes.length / ENTRY_BYTES)
    let previousOffset = -1
    let previousPosition = -1
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const offset = bytes.readInt32BE(at)
      const position = bytes.readInt32BE(at + 4)
      if (offset <= previousOffset || position <= previousPosition || position >= segmentBytes)
        return undefined
      index.append(baseOffset + offset, position)
      previousOffset = offset
      previousPosition = position
    }
    return index
  }

  #countUpTo(offset: number): number {
    return countUpTo(this.#offsets, this.#count, offset - this.#baseOffset)
  }

  #grow(): void {
    this.#reserve(Math.max(FIRST_CAPACITY, this.#offsets.length * 2))
  }

  #reserve(capacity: number): void {
    const offsets = new Int32Array(capacity)
    const positions = new Int32Array(capacity)
    offsets.set(this.#offsets)
    positions.set(this.#positions)
    this.#offsets = offsets
    this.#positions = positions
  }
}

/** How many of the first `count` values, which rise, are at most `limit`. */
function countUpTo(values: Int32Array, count: number, limit: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] ?? 0) <= limit) low = middle + 1
    else high = middle
  }
  return low
}
