import type { Partition } from '../../../replication/partition.ts'
import { codecName, DECOMPRESSED_MAX_BYTES } from '../../../wire/compression/codec.ts'
import { KafkaError } from '../../../wire/errors.ts'
import {
  codecOf,
  readAttributes,
  readBatchSizeBytes,
  readLastOffset,
} from '../../../wire/records/batch-header.ts'
import { type LogRecord, recordsOf } from '../../../wire/records/record-iteration.ts'
import { type CopiedRecord, type DeadLetters, ROUND_BYTES } from './dead-letter.ts'

/** Keys and values of records, as far as they fit. */
export interface RecordCopies {
  /** Without a copy are offsets that hold no record, or one that is too large. */
  of(offset: number): CopiedRecord | undefined
  /** Copies behind this offset did not fit, and have to be made in another round. */
  readonly lastOffset: number
}

/** Where the group wants no copies. */
export const noCopies: RecordCopies = { of: () => undefined, lastOffset: Number.POSITIVE_INFINITY }

/**
 * Copies records of the letters from the log, as many of the first ones as fit into a batch of `maxBytes` and into memory.
 * What can't be read any more goes without its copy. Source: apache/kafka `ShareGroupDLQRecordFetcher.java`.
 */
export async function copyRecords(
  partition: Partition,
  letters: readonly DeadLetters[],
  maxBytes: number,
): Promise<RecordCopies> {
  const copies = new Copies(letters, maxBytes)
  try {
    for (let next = copies.nextOffset; next !== undefined; next = copies.nextOffset) {
      const slice = await partition.read(next, ROUND_BYTES, 'read_uncommitted', true)
      try {
        if (slice.sizeBytes === 0) return copies
        for (const chunk of slice.chunks) copies.takeAll(chunk)
      } finally {
        slice.release()
      }
    }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
  }
  return copies
}

class Copies implements RecordCopies {
  readonly #copies = new Map<number, CopiedRecord>()
  readonly #letters: readonly DeadLetters[]
  readonly #maxBytes: number
  #sizeBytes = 0
  /** Everything before is copied, or never will be. */
  #position: number
  #isFull = false

  constructor(letters: readonly DeadLetters[], maxBytes: number) {
    this.#letters = letters
    this.#maxBytes = maxBytes
    this.#position = letters[0]?.firstOffset ?? 0
  }

  get lastOffset(): number {
    return this.#isFull ? this.#position - 1 : Number.POSITIVE_INFINITY
  }

  /** The next offset of which a copy is wanted; nothing when all are made, or no more fit. */
  get nextOffset(): number | undefined {
    if (this.#isFull) return undefined
    const letters = this.#letters.find(({ lastOffset }) => lastOffset >= this.#position)
    return letters === undefined ? undefined : Math.max(letters.firstOffset, this.#position)
  }

  of(offset: number): CopiedRecord | undefined {
    return this.#copies.get(offset)
  }

  takeAll(batches: Buffer): void {
    for (let at = 0; at < batches.length && !this.#isFull; at += readBatchSizeBytes(batches, at)) {
      const lastOffset = readLastOffset(batches, at)
      const next = this.nextOffset
      if (next === undefined) return
      if (next <= lastOffset) this.#takeBatch(batches, at)
      if (!this.#isFull) this.#position = Math.max(this.#position, lastOffset + 1)
    }
  }

  /** One that unpacks to more than fits, or is damaged, is done without. */
  #takeBatch(batches: Buffer, at: number): void {
    const isPacked = codecName(codecOf(readAttributes(batches, at))) !== 'none'
    try {
      for (const record of recordsOf(
        batches,
        at,
        isPacked ? Math.min(this.#maxBytes, DECOMPRESSED_MAX_BYTES) : undefined,
      )) {
        if (record.offset < this.#position) continue
        const wanted = this.nextOffset
        if (wanted === undefined) return
        if (record.offset >= wanted) this.#take(record)
        if (this.#isFull) return
        this.#position = record.offset + 1
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
    }
  }

  #take({ offset, key, value }: LogRecord): void {
    const sizeBytes = (key?.length ?? 0) + (value?.length ?? 0)
    if (sizeBytes > this.#maxBytes) return
    if (this.#copies.size > 0 && this.#sizeBytes + sizeBytes > Math.min(this.#maxBytes, ROUND_BYTES)) {
      this.#position = offset
      this.#isFull = true
      return
    }
    this.#sizeBytes += sizeBytes
    // The memory that they were read into is given back.
    this.#copies.set(offset, { key: key && Buffer.from(key), value: value && Buffer.from(value) })
  }
}
