/**
 * What was appended last, kept in memory so that readers at the end of a log, which is where most are, are served
 * without touching files. Large batches stay in the buffers that the producers' requests came in; small ones are copied,
 * since a slice keeps all that it is a slice of. One budget for all logs of a directory; the oldest bytes leave first,
 * whichever log they are of.
 */
import { assert } from '../runtime/assert.ts'
import type { BufferPool } from '../runtime/buffer-pool.ts'
import { readBaseOffset, readLastOffset } from '../wire/records/batch-header.ts'
import { walkBuffer } from './batch-walk.ts'

/** Whole batches that lie next to each other in a log. */
export interface CachedBatches {
  /** Set when their memory will be used again: whoever looks at them later than now has to hold it. */
  readonly lease: Lease | undefined
  readonly bytes: Buffer
  readonly baseOffset: number
  /** The offset after the last. */
  readonly endOffset: number
}

/** Memory of a pool that several look at; the last one to let go gives it back. */
export class Lease {
  readonly #pool: BufferPool
  readonly #bytes: Buffer
  #holders = 1

  /** Held once, by whoever makes it. */
  constructor(pool: BufferPool, bytes: Buffer) {
    this.#pool = pool
    this.#bytes = bytes
  }

  hold(): void {
    this.#holders++
  }

  letGo(): void {
    assert(this.#holders > 0, 'memory is let go by somebody who does not hold it')
    if (--this.#holders === 0) this.#pool.give(this.#bytes)
  }
}

/** Batches in memory that stays as it is until they have been written, and as long as they are cached. */
export interface OwnedBatches {
  readonly bytes: Buffer
  readonly lease: Lease | undefined
}

interface Entry extends CachedBatches {
  /** Emptied when the entry is forgotten: it may stay in the cache's list for a while yet. */
  bytes: Buffer
  baseOffset: number
  readonly tail: LogTail
  /** Whether a log still has it: truncation and closing forget entries out of turn. */
  live: boolean
}

const NOTHING = Buffer.alloc(0)
/** What an entry costs beside its bytes. */
const OVERHEAD_BYTES = 200
/** Small entries lie side by side in blocks of this size. As they leave in the order in which they came, so do blocks. */
const BLOCK_BYTES = 64 * 1024
/** Consumed places at the front of a list are cut off when there are so many. */
const SLACK = 1024
/** More appends than this are not counted one by one: against so many, what an index leaves out is little. */
const MOST_COUNTED = 64

export class TailCache {
  readonly #budgetBytes: number
  readonly #pool: BufferPool
  #usedBytes = 0
  /** Oldest first. Places before `#first` are empty, so that they hold no memory. */
  #order: (Entry | undefined)[] = []
  #first = 0
  /** How many of the list were forgotten by their logs. */
  #dead = 0
  #block: { readonly bytes: Buffer; readonly lease: Lease } | undefined
  #blockUsedBytes = 0

  /** Entries in memory of `pool` give it back when they leave. */
  constructor(budgetBytes: number, pool: BufferPool) {
    this.#budgetBytes = budgetBytes
    this.#pool = pool
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Places in the cache's own list, those of forgotten entries included. */
  get listLength(): number {
    return this.#order.length
  }

  /** For `LogTail`: the same bytes in memory of which little else is kept alive, held for an entry. */
  own(bytes: Buffer): OwnedBatches {
    const sizeBytes = bytes.length
    // No two entries keep more than half of a buffer, so it has one lease.
    if (sizeBytes * 2 >= bytes.buffer.byteLength)
      return { bytes, lease: this.#pool.isLent(bytes) ? new Lease(this.#pool, bytes) : undefined }
    if (sizeBytes * 4 > BLOCK_BYTES) return this.#copyToOwnBuffer(bytes)
    return this.#copyToBlock(bytes)
  }

  #copyToOwnBuffer(bytes: Buffer): OwnedBatches {
    const target = this.#pool.take(bytes.length)
    return { bytes: copyOf(bytes, target.subarray(0, bytes.length)), lease: new Lease(this.#pool, target) }
  }

  #copyToBlock(bytes: Buffer): OwnedBatches {
    const sizeBytes = bytes.length
    if (this.#block === undefined || this.#blockUsedBytes + sizeBytes > BLOCK_BYTES) {
      this.#block?.lease.letGo()
      const block = this.#pool.take(BLOCK_BYTES)
      this.#block = { bytes: block, lease: new Lease(this.#pool, block) }
      this.#blockUsedBytes = 0
    }
    const { bytes: block, lease } = this.#block
    const start = this.#blockUsedBytes
    this.#blockUsedBytes += sizeBytes
    lease.hold()
    return { bytes: copyOf(bytes, block.subarray(start, this.#blockUsedBytes)), lease }
  }

  /** For `LogTail`. */
  admit(entry: Entry): void {
    this.#order.push(entry)
    this.#usedBytes += entry.bytes.length + OVERHEAD_BYTES
    while (this.#usedBytes > this.#budgetBytes && this.#dropOldest());
  }

  /**
   * For `LogTail`: an entry that a log has forgotten by itself. It stays in the list for a while, but not for ever: many
   * logs may come and go without the budget being used up.
   */
  discount(entry: Entry): void {
    this.#release(entry)
    this.#dead++
    if (this.#dead < SLACK || this.#dead * 2 < this.#order.length - this.#first) return
    this.#order = this.#order.filter((other) => other?.live === true)
    this.#first = 0
    this.#dead = 0
  }

  /** For `LogTail`: leaves only the last `sizeBytes` of an entry, which begin at `baseOffset`. */
  shrink(entry: Entry, sizeBytes: number, baseOffset: number): void {
    this.#usedBytes -= entry.bytes.length - sizeBytes
    entry.bytes = entry.bytes.subarray(entry.bytes.length - sizeBytes)
    entry.baseOffset = baseOffset
  }

  // Bytes that are not in the file yet can be read from nowhere else, so they stay whatever the budget says; how many
  // they can be is bounded by the memory that requests may take.
  #dropOldest(): boolean {
    const oldest = this.#order[this.#first]
    if (oldest === undefined) return false
    if (oldest.live) {
      if (oldest.endOffset > oldest.tail.writtenOffset) return false
      oldest.tail.dropFirst()
      this.#release(oldest)
      oldest.lease?.letGo()
    } else {
      this.#dead--
    }
    this.#order[this.#first++] = undefined
    if (this.#first >= SLACK && this.#first * 2 >= this.#order.length) {
      this.#order = this.#order.slice(this.#first)
      this.#first = 0
    }
    return true
  }

  #release(entry: Entry): void {
    entry.live = false
    this.#usedBytes -= entry.bytes.length + OVERHEAD_BYTES
    entry.bytes = NOTHING
  }
}

/** One log's part of the cache: an unbroken run of batches up to the log's end, or nothing. */
export class LogTail {
  /** Up to here the log's file has everything. */
  writtenOffset: number
  readonly #cache: TailCache
  /** Places before `#first` are empty, so that they hold no memory. */
  #entries: (Entry | undefined)[] = []
  #first = 0

  constructor(cache: TailCache, writtenOffset: number) {
    this.#cache = cache
    this.writtenOffset = writtenOffset
  }

  /** The first offset that is cached; infinite if none is. */
  get startOffset(): number {
    return this.#entries[this.#first]?.baseOffset ?? Number.POSITIVE_INFINITY
  }

  /**
   * Puts batches where they can be cached, and written from: of a request's buffer only the batch that takes up most of it
   * is kept, and when that leaves the cache the buffer is used again, whatever became of the others.
   */
  own(bytes: Buffer): OwnedBatches {
    return this.#cache.own(bytes)
  }

  add({ bytes, lease }: OwnedBatches, baseOffset: number, endOffset: number): void {
    // Not spread: V8 would give every entry a hidden class of its own, which takes more room than a small batch.
    const entry: Entry = { bytes, lease, baseOffset, endOffset, tail: this, live: true }
    this.#entries.push(entry)
    this.#cache.admit(entry)
  }

  /** The place of the entry that holds `offset`, for `at`; only for offsets from `startOffset` up to the end. */
  find(offset: number): number {
    let low = this.#first
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.endOffset ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return low
  }

  at(place: number): CachedBatches | undefined {
    return this.#entries[place]
  }

  /** Bytes of the batches from `offset` up to `endOffset`; undefined when they are not all here, or not few. */
  bytesBetween(offset: number, endOffset: number): number | undefined {
    if (offset < this.startOffset) return undefined
    const first = this.find(offset)
    let total = 0
    for (let place = first; place < first + MOST_COUNTED; place++) {
      const entry = this.#entries[place]
      if (entry === undefined || entry.baseOffset >= endOffset) return total
      total += entry.bytes.length
    }
    return undefined
  }

  /** For `TailCache`. */
  dropFirst(): void {
    this.#entries[this.#first++] = undefined
    if (this.#first < SLACK || this.#first * 2 < this.#entries.length) return
    this.#entries = this.#entries.slice(this.#first)
    this.#first = 0
  }

  /** Forgets everything before `offset`, where a batch begins: the files have something else there now. */
  forgetBefore(offset: number): void {
    for (let first = this.#entries[this.#first]; first !== undefined; first = this.#entries[this.#first]) {
      if (first.baseOffset >= offset) return
      if (first.endOffset > offset) {
        this.#shrink(first, offset)
        return
      }
      this.dropFirst()
      this.#cache.discount(first)
      first.lease?.letGo()
    }
  }

  #shrink(entry: Entry, offset: number): void {
    walkBuffer(entry.bytes, 0, (bytes, at, position) => {
      const baseOffset = readBaseOffset(bytes, at)
      if (baseOffset < offset) return true
      this.#cache.shrink(entry, bytes.length - position, baseOffset)
      return false
    })
  }

  /** Forgets everything from `endOffset` on, part of an entry included. */
  truncate(endOffset: number): void {
    for (let last = this.#entries.at(-1); last !== undefined; last = this.#entries.at(-1)) {
      if (last.endOffset <= endOffset || this.#entries.length === this.#first) return
      const { bytes, baseOffset } = last
      this.#entries.pop()
      this.#cache.discount(last)
      // What is left of it may not be in the file yet.
      if (baseOffset < endOffset) this.#addPart(bytes, baseOffset, endOffset)
    }
  }

  #addPart(bytes: Buffer, baseOffset: number, endOffset: number): void {
    let keptBytes = 0
    walkBuffer(bytes, 0, (_bytes, at, position, sizeBytes) => {
      if (readLastOffset(bytes, at) >= endOffset) return false
      keptBytes = position + sizeBytes
      return true
    })
    // Others may look at the whole of it, so it can't be given back with this part.
    if (keptBytes === 0) return
    const kept = Buffer.from(bytes.subarray(0, keptBytes))
    this.add(this.own(kept), baseOffset, endOffset)
  }

  clear(): void {
    for (const entry of this.#entries) if (entry !== undefined) this.#cache.discount(entry)
    this.#entries = []
    this.#first = 0
  }
}

function copyOf(bytes: Buffer, target: Buffer): Buffer {
  bytes.copy(target)
  return target
}
