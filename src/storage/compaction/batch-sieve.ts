/**
 * What compaction leaves of one batch: the last record of each key, tombstones until their time has come, the data of
 * no aborted transaction, and markers as long as something of their transaction is there.
 *
 * A tombstone, or a marker that nothing needs any more, stays for `delete.retention.ms` after the first cleaning that
 * came across it, so that a slow reader still sees it: that cleaning writes the time when it may go, the delete horizon,
 * into the batch (KIP-534).
 *
 * Source: apache/kafka `Cleaner.java` (cleanInto, shouldRetainRecord), `MemoryRecords.java` (filterTo).
 */
import { codecName } from '../../wire/compression/codec.ts'
import { compressAside, decompressAside } from '../../wire/compression/codec-aside.ts'
import { KafkaError } from '../../wire/errors.ts'
import { sealed } from '../../wire/records/batch-builder.ts'
import { emptiedBatch, withRecords } from '../../wire/records/batch-filter.ts'
import {
  BATCH_HEADER_BYTES,
  codecOf,
  hasDeleteHorizon,
  isControl,
  readAttributes,
  readBaseOffset,
  readBaseTimestamp,
  readBatchSizeBytes,
  readLastOffset,
  readProducerEpoch,
  readProducerId,
  readRecordCount,
} from '../../wire/records/batch-header.ts'
import { recordBytes } from '../../wire/records/record-iteration.ts'
import { RecordWalker } from '../../wire/records/record-walker.ts'
import type { AbortedTransaction, ProducerState } from '../producer-state.ts'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import type { KeyMap } from './key-map.ts'
import type { Pace } from './pace.ts'

export interface SieveRules {
  readonly keys: KeyMap
  readonly transactions: CleanedTransactions
  readonly producers: ProducerState
  readonly nowMs: number
  readonly deleteRetentionMs: number
}

/** Batches with more bytes or records than these are worked on piece by piece. */
const LARGE_BYTES = 64 * 1024
const LARGE_COUNT = 1000
/** After so many records of a large batch the cleaner looks at the clock. */
const LOOK_EVERY = 128
const NOTHING = Buffer.alloc(0)

export class BatchSieve {
  /** The aborted transactions whose markers were kept since the last `takeAborted`, in the order of the markers. */
  #aborted: AbortedTransaction[] = []
  readonly #rules: SieveRules
  readonly #pace: Pace

  constructor(rules: SieveRules, pace: Pace) {
    this.#rules = rules
    this.#pace = pace
  }

  takeAborted(): AbortedTransaction[] {
    const taken = this.#aborted
    this.#aborted = []
    return taken
  }

  /**
   * What is left of the batch at `at`: the same bytes where nothing changes, no bytes where nothing is left. With
   * `isLast` at least its header stays, so that the offsets up to there are seen to be in the segment.
   */
  sieve(bytes: Buffer, at: number, isLast: boolean): Buffer | Promise<Buffer> {
    const attributes = readAttributes(bytes, at)
    const { isDisposable, stillAborted } = this.#rules.transactions.see(bytes, at)
    if (stillAborted !== undefined) this.#aborted.push(stillAborted)
    const isMarker = isControl(attributes)
    const staysEmpty = isLast || this.#isLastOfProducer(bytes, at)
    // Emptied by a cleaning before.
    if (readRecordCount(bytes, at) === 0) return staysEmpty ? wholeBatch(bytes, at) : NOTHING
    if (isDisposable && (!isMarker || this.#isPastHorizon(bytes, at)))
      return staysEmpty ? emptiedBatch(bytes, at) : NOTHING
    if (isMarker) return this.#sieveMarker(bytes, at, isDisposable)
    const isLarge = readBatchSizeBytes(bytes, at) > LARGE_BYTES || readRecordCount(bytes, at) > LARGE_COUNT
    if (isLarge) return this.#sievePiecewise(bytes, at, staysEmpty)
    const marks = this.#marksOf(bytes, at, recordBytes(bytes, at))
    marks.markUpTo(Number.POSITIVE_INFINITY)
    if (marks.isUnchanged) return wholeBatch(bytes, at)
    const left = marks.shrunk()
    if (left === undefined) return staysEmpty ? emptiedBatch(bytes, at) : NOTHING
    return sealed(left.bytes, left.codec)
  }

  async #sievePiecewise(bytes: Buffer, at: number, staysEmpty: boolean): Promise<Buffer> {
    const codec = codecName(codecOf(readAttributes(bytes, at))) ?? 'none'
    const packed = bytes.subarray(at + BATCH_HEADER_BYTES, at + readBatchSizeBytes(bytes, at))
    this.#pace.begin()
    const marks = this.#marksOf(bytes, at, await decompressAside(codec, packed))
    for (let upTo = LOOK_EVERY; !marks.isDone; upTo += LOOK_EVERY) {
      marks.markUpTo(upTo)
      if (this.#pace.isTired) await this.#pace.rest()
    }
    if (marks.isUnchanged) return wholeBatch(bytes, at)
    const left = marks.shrunk()
    if (left === undefined) return staysEmpty ? emptiedBatch(bytes, at) : NOTHING
    await this.#pace.rest()
    const header = left.bytes.subarray(0, BATCH_HEADER_BYTES)
    const records = await compressAside(codec, left.bytes.subarray(BATCH_HEADER_BYTES))
    this.#pace.begin()
    return sealed(Buffer.concat([header, records]), 'none')
  }

  #sieveMarker(bytes: Buffer, at: number, isDisposable: boolean): Buffer {
    if (!isDisposable || hasDeleteHorizon(readAttributes(bytes, at))) return wholeBatch(bytes, at)
    const left = withRecords(bytes, at, recordBytes(bytes, at), () => true, this.#newHorizon())
    return left === undefined ? NOTHING : sealed(left.bytes, left.codec)
  }

  /** What the producer may send next is judged by its last batch; where it has none, its epoch stands in its last marker. */
  #isLastOfProducer(bytes: Buffer, at: number): boolean {
    const entry = this.#rules.producers.get(readProducerId(bytes, at))
    if (entry === undefined) return false
    if (entry.lastBatch !== undefined) return entry.lastBatch.lastOffset === readLastOffset(bytes, at)
    return isControl(readAttributes(bytes, at)) && entry.epoch === readProducerEpoch(bytes, at)
  }

  #isPastHorizon(bytes: Buffer, at: number): boolean {
    if (!hasDeleteHorizon(readAttributes(bytes, at))) return false
    return readBaseTimestamp(bytes, at) <= BigInt(this.#rules.nowMs)
  }

  #newHorizon(): bigint {
    return BigInt(this.#rules.nowMs) + BigInt(this.#rules.deleteRetentionMs)
  }

  #marksOf(bytes: Buffer, at: number, records: Buffer): RecordMarks {
    const isPastHorizon = this.#isPastHorizon(bytes, at)
    return new RecordMarks(bytes, at, records, this.#rules.keys, isPastHorizon, this.#newHorizon())
  }
}

/** Which records of a batch stay. */
class RecordMarks {
  readonly #batch: Buffer
  readonly #at: number
  readonly #records: Buffer
  readonly #keys: KeyMap
  readonly #dropsTombstones: boolean
  readonly #newHorizon: bigint
  readonly #walker: RecordWalker
  readonly #count: number
  readonly #stays: Uint8Array
  #index = 0
  #stayCount = 0
  #hasTombstones = false

  constructor(
    batch: Buffer,
    at: number,
    records: Buffer,
    keys: KeyMap,
    dropsTombstones: boolean,
    newHorizon: bigint,
  ) {
    this.#batch = batch
    this.#at = at
    this.#records = records
    this.#keys = keys
    this.#dropsTombstones = dropsTombstones
    this.#newHorizon = newHorizon
    this.#walker = new RecordWalker(records, 0)
    this.#count = readRecordCount(batch, at)
    // A record takes 7 bytes at least; a count that lies must not take memory.
    if (this.#count < 0 || this.#count * 7 > records.length)
      throw new KafkaError('INVALID_RECORD', `${this.#count} records in ${records.length} bytes`)
    this.#stays = new Uint8Array(this.#count)
  }

  get isDone(): boolean {
    return this.#index === this.#count
  }

  get #needsHorizon(): boolean {
    return this.#hasTombstones && !hasDeleteHorizon(readAttributes(this.#batch, this.#at))
  }

  /** Whether the batch stays as it is, byte by byte. */
  get isUnchanged(): boolean {
    return this.#count > 0 && this.#stayCount === this.#count && !this.#needsHorizon
  }

  markUpTo(end: number): void {
    const baseOffset = readBaseOffset(this.#batch, this.#at)
    const walker = this.#walker
    for (const last = Math.min(end, this.#count); this.#index < last; this.#index++) {
      walker.next()
      if (!this.#mayStay(baseOffset + walker.offsetDelta)) continue
      this.#stays[this.#index] = 1
      this.#stayCount++
      if (walker.valueLength < 0) this.#hasTombstones = true
    }
  }

  shrunk(): ReturnType<typeof withRecords> {
    let index = 0
    const keep = (): boolean => this.#stays[index++] === 1
    const horizon = this.#needsHorizon ? this.#newHorizon : undefined
    return withRecords(this.#batch, this.#at, this.#records, keep, horizon)
  }

  #mayStay(offset: number): boolean {
    const { bytes, keyAt, keyLength, valueLength } = this.#walker
    if (offset > this.#keys.latestOffset) return true
    // From before the topic was compacted.
    if (keyLength < 0) return false
    if (valueLength < 0 && this.#dropsTombstones) return false
    return offset >= this.#keys.get(bytes, keyAt, keyLength)
  }
}

function wholeBatch(bytes: Buffer, at: number): Buffer {
  return bytes.subarray(at, at + readBatchSizeBytes(bytes, at))
}
