import type { DiskFile } from '../runtime/disk.ts'

const ENTRY_BYTES = 12
const FIRST_CAPACITY = 16
/** For all segments that have no entry, as in `OffsetIndex`. */
const NO_TIMESTAMPS = new BigInt64Array(0)
const NO_OFFSETS = new Int32Array(0)

/**
 * When a segment's records were made: sparse pairs of the largest timestamp so far and the offset of the batch that has
 * it. In the file (`.timeindex`) an entry is 12 bytes: timestamp int64, offset relative to the segment's base int32.
 *
 * Source: apache/kafka `TimeIndex.java`.
 */
export class TimeIndex {
  readonly #baseOffset: number
  #timestamps = NO_TIMESTAMPS
  #offsets = NO_OFFSETS
  #count = 0

  constructor(baseOffset: number) {
    this.#baseOffset = baseOffset
  }

  get count(): number {
    return this.#count
  }

  /** Whether the file would grow beyond `maxBytes` with another entry and the one that closes the segment. */
  isFull(maxBytes: number): boolean {
    return (this.#count + 2) * ENTRY_BYTES > maxBytes
  }

  /** The largest timestamp and its batch's offset; `undefined` if there is no entry. */
  get last(): { timestamp: bigint; offset: number } | undefined {
    const timestamp = this.#timestamps[this.#count - 1]
    const offset = this.#offsets[this.#count - 1]
    if (timestamp === undefined || offset === undefined) return undefined
    return { timestamp, offset: this.#baseOffset + offset }
  }

  /** Adds an entry unless its timestamp is no larger than the last one's. */
  append(timestamp: bigint, offset: number): void {
    const last = this.#timestamps[this.#count - 1]
    if (last !== undefined && this.#count > 0 && timestamp <= last) return
    if (this.#count === this.#offsets.length) this.#reserve(Math.max(FIRST_CAPACITY, this.#count * 2))
    this.#timestamps[this.#count] = timestamp
    this.#offsets[this.#count] = offset - this.#baseOffset
    this.#count++
  }

  /** An offset such that every record before it is older than `timestamp`: where to start looking. */
  lookup(timestamp: bigint): number {
    return this.#baseOffset + (this.#offsets[this.#countBefore(timestamp) - 1] ?? 0)
  }

  /** The timestamp of the entry that `lookup` goes by; `undefined` where there is none. */
  timestampBefore(timestamp: bigint): bigint | undefined {
    const found = this.#countBefore(timestamp)
    return found === 0 ? undefined : this.#timestamps[found - 1]
  }

  /** Forgets the entries that point at `offset` or beyond. */
  truncateToOffset(offset: number): void {
    while (this.#count > 0 && this.#baseOffset + (this.#offsets[this.#count - 1] ?? 0) >= offset)
      this.#count--
  }

  encode(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#count * ENTRY_BYTES)
    for (let index = 0; index < this.#count; index++) {
      bytes.writeBigInt64BE(this.#timestamps[index] ?? 0n, index * ENTRY_BYTES)
      bytes.writeInt32BE(this.#offsets[index] ?? 0, index * ENTRY_BYTES + 8)
    }
    return bytes
  }

  /** The last entry of an index file, which has the segment's largest timestamp; `undefined` if it can't be one. */
  static readLast(
    file: DiskFile,
    baseOffset: number,
    endOffset: number,
  ): { timestamp: bigint; offset: number } | undefined {
    const sizeBytes = file.sizeBytes()
    const entry = Buffer.alloc(ENTRY_BYTES)
    if (sizeBytes === 0 || sizeBytes % ENTRY_BYTES !== 0) return undefined
    if (file.readSync(entry, sizeBytes - ENTRY_BYTES) !== ENTRY_BYTES) return undefined
    const offset = baseOffset + entry.readInt32BE(8)
    if (offset < baseOffset || offset >= endOffset) return undefined
    return { timestamp: entry.readBigInt64BE(0), offset }
  }

  /** Reads an index file; `undefined` if its entries are not in order or lie beyond `endOffset`. */
  static decode(bytes: Buffer, baseOffset: number, endOffset: number): TimeIndex | undefined {
    if (bytes.length % ENTRY_BYTES !== 0) return undefined
    const index = new TimeIndex(baseOffset)
    index.#reserve(bytes.length / ENTRY_BYTES)
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const timestamp = bytes.readBigInt64BE(at)
      const offset = baseOffset + bytes.readInt32BE(at + 8)
      const last = index.last
      const inOrder = last === undefined || (timestamp > last.timestamp && offset >= last.offset)
      if (!inOrder || offset < baseOffset || offset >= endOffset) return undefined
      index.append(timestamp, offset)
    }
    return index
  }

  /** How many entries have an earlier timestamp. */
  #countBefore(timestamp: bigint): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#timestamps[middle] ?? 0n) < timestamp) low = middle + 1
      else high = middle
    }
    return low
  }

  #reserve(capacity: number): void {
    const timestamps = new BigInt64Array(capacity)
    const offsets = new Int32Array(capacity)
    timestamps.set(this.#timestamps)
    offsets.set(this.#offsets)
    this.#timestamps = timestamps
    this.#offsets = offsets
  }
}
