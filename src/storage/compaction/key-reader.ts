/** Notes the keys of batches in a map; source: apache/kafka `Cleaner.java` (buildOffsetMapForSegment). */
import { codecName } from '../../wire/compression/codec.ts'
import { decompressAside } from '../../wire/compression/codec-aside.ts'
import {
  BATCH_HEADER_BYTES,
  codecOf,
  isControl,
  readAttributes,
  readBaseOffset,
  readBatchSizeBytes,
  readLastOffset,
  readRecordCount,
} from '../../wire/records/batch-header.ts'
import { recordBytes } from '../../wire/records/record-iteration.ts'
import { RecordWalker } from '../../wire/records/record-walker.ts'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import type { KeyMap } from './key-map.ts'
import type { Pace } from './pace.ts'

/** Larger batches are decompressed off the main thread. */
const LARGE_BYTES = 64 * 1024
/** After so many records the clock is looked at. */
const LOOK_EVERY = 128

export class KeyReader {
  /** Whether a key was met for which there was no room: `KeyMap.latestOffset` tells how far it came. */
  isFull = false
  readonly #keys: KeyMap
  readonly #transactions: CleanedTransactions
  readonly #firstOffset: number
  readonly #pace: Pace

  /** Notes the records from `firstOffset` on. */
  constructor(keys: KeyMap, transactions: CleanedTransactions, firstOffset: number, pace: Pace) {
    this.#keys = keys
    this.#transactions = transactions
    this.#firstOffset = firstOffset
    this.#pace = pace
    keys.latestOffset = firstOffset - 1
  }

  /** Whether the next batch is to be read. */
  read(bytes: Buffer, at: number): boolean | Promise<boolean> {
    const attributes = readAttributes(bytes, at)
    const lastOffset = readLastOffset(bytes, at)
    const { isDisposable } = this.#transactions.see(bytes, at)
    if (lastOffset < this.#firstOffset) return true
    if (isDisposable || isControl(attributes) || readRecordCount(bytes, at) === 0) {
      this.#keys.latestOffset = lastOffset
      return true
    }
    const sizeBytes = readBatchSizeBytes(bytes, at)
    if (sizeBytes > LARGE_BYTES) {
      const packed = bytes.subarray(at + BATCH_HEADER_BYTES, at + sizeBytes)
      const codec = codecName(codecOf(attributes)) ?? 'none'
      return decompressAside(codec, packed).then((records) => this.#readPiecewise(bytes, at, records))
    }
    const records = recordBytes(bytes, at)
    if (records.length > LARGE_BYTES) return this.#readPiecewise(bytes, at, records)
    const walker = new RecordWalker(records, 0)
    this.#note(walker, readBaseOffset(bytes, at), readRecordCount(bytes, at))
    return this.#end(lastOffset)
  }

  async #readPiecewise(bytes: Buffer, at: number, records: Buffer): Promise<boolean> {
    const baseOffset = readBaseOffset(bytes, at)
    const walker = new RecordWalker(records, 0)
    for (let left = readRecordCount(bytes, at); left > 0 && !this.isFull; left -= LOOK_EVERY) {
      this.#note(walker, baseOffset, Math.min(left, LOOK_EVERY))
      if (this.#pace.isTired) await this.#pace.rest()
    }
    return this.#end(readLastOffset(bytes, at))
  }

  #note(walker: RecordWalker, baseOffset: number, count: number): void {
    for (let left = count; left > 0; left--) {
      walker.next()
      const offset = baseOffset + walker.offsetDelta
      if (offset < this.#firstOffset) continue
      if (walker.keyLength >= 0 && !this.#keys.put(walker.bytes, walker.keyAt, walker.keyLength, offset)) {
        this.isFull = true
        return
      }
      this.#keys.latestOffset = offset
    }
  }

  #end(lastOffset: number): boolean {
    if (!this.isFull) this.#keys.latestOffset = lastOffset
    return !this.isFull
  }
}
