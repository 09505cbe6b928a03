/**
 * Reading batches out of a log: from the tail cache at once, or from a file into a pooled buffer. Consumers that lag
 * read one stretch after the other, so where the last few reads ended is remembered: the next needn't look it up.
 */
import type { BufferPool } from '../runtime/buffer-pool.ts'
import type { DiskFile } from '../runtime/disk.ts'
import { KafkaError } from '../wire/errors.ts'
import {
  BATCH_HEADER_BYTES,
  readBaseOffset,
  readBatchSizeBytes,
  readLastOffset,
} from '../wire/records/batch-header.ts'
import { plausibleSize } from './batch-walk.ts'
import { emptySlice, type LogSlice, sliceOf } from './log-slice.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import type { Lease, LogTail } from './tail-cache.ts'

export interface ReadLimits {
  readonly maxBytes: number
  /** Nothing from this offset on is given. */
  readonly maxOffset: number
  /** Whether the first batch is given even if it is larger than `maxBytes`. */
  readonly minOneBatch: boolean
}

/** Beyond so many chunks, copying them together costs less than handing them to a socket one by one. */
const MAX_CHUNKS = 64
/** Room for the batches before the one looked for: the index has an entry about every 4 KiB. */
const UNINDEXED_BYTES = 16 * 1024
/** Of the batch behind one that is given so much is looked at: its base offset. */
const NEXT_OFFSET_BYTES = 8
/** How many readers' places are remembered. */
const PLACES_KEPT = 4

interface Place {
  readonly offset: number
  readonly segment: Segment
  readonly position: number
  /** The last offset of the batch there, where an index has told the position. */
  readonly lastOffset?: number | undefined
  /** Whether a large batch is there that most likely comes before the one looked for. */
  readonly isBehindLarge?: boolean
}

export class LogReader {
  readonly #segments: SegmentList
  readonly #tail: LogTail
  readonly #buffers: BufferPool
  #places: Place[] = []
  /** Counts how often they were forgotten: a read that began before knows nothing of what is true now. */
  #forgotten = 0

  constructor(segments: SegmentList, tail: LogTail, buffers: BufferPool) {
    this.#segments = segments
    this.#tail = tail
    this.#buffers = buffers
  }

  /** Reads from `offset`, which the caller has found to be in the log. */
  read(offset: number, limits: ReadLimits): LogSlice | Promise<LogSlice> {
    if (offset >= this.#tail.startOffset) return this.#readTail(offset, limits)
    return this.#readFile(offset, limits)
  }

  /** Forgets what it knows of positions: the log has been cut. */
  forgetPlaces(): void {
    this.#places = []
    this.#forgotten++
  }

  #readTail(offset: number, limits: ReadLimits): LogSlice {
    let place = this.#tail.find(offset)
    let entry = this.#tail.at(place)
    if (entry === undefined) return emptySlice(offset)
    const chunks: Buffer[] = []
    let leases: Lease[] | undefined
    let sizeBytes = 0
    let startOffset = -1
    let endOffset = offset
    while (entry !== undefined) {
      const from = startOffset === -1 ? positionOf(entry.bytes, offset) : 0
      const chunk = this.#fitting(entry.bytes, from, entry.endOffset, limits, sizeBytes)
      if (chunk.bytes.length === 0) break
      if (startOffset === -1) startOffset = readBaseOffset(chunk.bytes, 0)
      chunks.push(chunk.bytes)
      if (entry.lease !== undefined) leases = held(entry.lease, leases)
      sizeBytes += chunk.bytes.length
      endOffset = chunk.endOffset
      if (from + chunk.bytes.length < entry.bytes.length) break
      entry = this.#tail.at(++place)
    }
    if (sizeBytes === 0) return emptySlice(offset)
    const release = leases && (() => letGo(leases))
    if (chunks.length <= MAX_CHUNKS) return sliceOf(chunks, sizeBytes, startOffset, endOffset, release)
    const together = Buffer.concat(chunks, sizeBytes)
    release?.()
    return sliceOf([together], sizeBytes, startOffset, endOffset)
  }

  /** As much of an entry, from the batch at `from`, as the limits leave room for. */
  #fitting(
    bytes: Buffer,
    from: number,
    endOffset: number,
    limits: ReadLimits,
    takenBytes: number,
  ): { bytes: Buffer; endOffset: number } {
    const room = limits.maxBytes - takenBytes
    if (bytes.length - from <= room && endOffset <= limits.maxOffset)
      return { bytes: from === 0 ? bytes : bytes.subarray(from), endOffset }
    const oversize = takenBytes === 0 && limits.minOneBatch
    const end = endOfSoundBatches(bytes, from, bytes.length, room, limits.maxOffset, oversize)
    return { bytes: bytes.subarray(from, end.at), endOffset: end.offset }
  }

  /** Reads from files, whose batches are believed only as far as they fit together: a medium may change anything. */
  async #readFile(offset: number, limits: ReadLimits): Promise<LogSlice> {
    const place = this.#placeFor(offset)
    try {
      return await this.#readFrom(place, offset, limits)
    } catch (error) {
      // It may be the index that is wrong.
      if (!(error instanceof KafkaError) || !place.segment.distrustIndexes()) throw error
      this.forgetPlaces()
      return await this.#readFrom(this.#placeFor(offset), offset, limits)
    }
  }

  async #readFrom(start: Place, offset: number, limits: ReadLimits): Promise<LogSlice> {
    let place = start
    for (;;) {
      const { segment, position } = place
      const available = segment.writtenBytes - position
      if (available >= BATCH_HEADER_BYTES) {
        // Held from the first look into it to the last: retention may remove it meanwhile.
        const found = await segment.file.use((handle) => this.#readSegment(handle, place, offset, limits))
        if (found.slice !== undefined) return found.slice
        place = found.place
      } else {
        if (available > 0) throw noBatch(segment)
        const next = this.#segments.after(segment)
        if (next === undefined) return emptySlice(offset)
        place = { offset: next.baseOffset, segment: next, position: 0 }
      }
    }
  }

  /** Reads on in a file until there is something to give, or hardly anything left. */
  async #readSegment(
    handle: DiskFile,
    start: Place,
    offset: number,
    limits: ReadLimits,
  ): Promise<{ slice: LogSlice | undefined; place: Place }> {
    let place = start
    let wanted = 0
    for (;;) {
      const available = place.segment.writtenBytes - place.position
      if (available < BATCH_HEADER_BYTES) return { slice: undefined, place }
      const sizeBytes = Math.min(available, Math.max(wanted, stretchOf(place, offset, limits.maxBytes)))
      const found = await this.#readStretch(handle, place, sizeBytes, offset, limits)
      if (found.slice !== undefined) return found
      place = found.place
      wanted = Math.max(wanted, found.wantedBytes)
    }
  }

  /** Reads a stretch of a file; if the batch looked for isn't wholly in it, says where to go on and how much to read. */
  async #readStretch(
    handle: DiskFile,
    place: Place,
    sizeBytes: number,
    offset: number,
    limits: ReadLimits,
  ): Promise<{ slice: LogSlice | undefined; place: Place; wantedBytes: number }> {
    const { segment, position } = place
    const buffer = this.#buffers.take(sizeBytes)
    const forgotten = this.#forgotten
    let slice: LogSlice | undefined
    try {
      const filled = await handle.read(buffer.subarray(0, sizeBytes), position)
      if (filled < sizeBytes)
        throw new KafkaError('KAFKA_STORAGE_ERROR', `${segment.file.path} is shorter than it was`)
      const { at, endOffset } = checkedPositionOf(buffer, filled, offset, place)
      const there = { offset: endOffset, segment, position: position + at }
      if (at + BATCH_HEADER_BYTES > filled) return { slice, place: there, wantedBytes: 0 }
      const firstBytes = readBatchSizeBytes(buffer, at)
      const fits = firstBytes <= limits.maxBytes || limits.minOneBatch
      if (readBaseOffset(buffer, at) >= limits.maxOffset || !fits)
        return { slice: emptySlice(offset), place, wantedBytes: 0 }
      const left = segment.writtenBytes - position - at - firstBytes
      if (left < 0) throw noBatch(segment)
      const wantedBytes = firstBytes + Math.min(left, NEXT_OFFSET_BYTES)
      if (at + wantedBytes > filled) return { slice, place: there, wantedBytes }
      const end = endOfBatches(buffer, at, filled, limits, segment, position)
      const chunk = buffer.subarray(at, end.at)
      slice = sliceOf([chunk], chunk.length, readBaseOffset(buffer, at), end.offset, () =>
        this.#buffers.give(buffer),
      )
      if (forgotten === this.#forgotten)
        this.#remember({ offset: end.offset, segment, position: position + end.at })
      return { slice, place, wantedBytes: 0 }
    } finally {
      if (slice === undefined) this.#buffers.give(buffer)
    }
  }

  #placeFor(offset: number): Place {
    const place = this.#places.find((known) => known.offset === offset)
    if (place !== undefined) return place
    const segment = this.#segments.holding(offset)
    // This loads the index, if there is one to look into.
    const position = segment.positionBefore(offset)
    const lastOffset = segment.lastOffsetBefore(offset)
    const next = segment.offsetIndex?.nextPosition(offset) ?? segment.writtenBytes
    const isBehindLarge =
      offset > segment.baseOffset &&
      lastOffset !== offset &&
      next - position > UNINDEXED_BYTES + segment.indexIntervalBytes
    return { offset: segment.baseOffset, segment, position, lastOffset, isBehindLarge }
  }

  #remember(place: Place): void {
    this.#places.unshift(place)
    if (this.#places.length > PLACES_KEPT) this.#places.pop()
  }
}

/**
 * How much to read: little more than will be given, for what is read in vain costs as much. Of a large batch that is most
 * likely passed by, the head. From the batch looked for on, as far as batches can end that fit: behind the last indexed
 * beginning that is within reach, only those do of which there are too few bytes for an entry.
 */
function stretchOf(place: Place, offset: number, maxBytes: number): number {
  if (place.isBehindLarge) return BATCH_HEADER_BYTES
  if (place.offset !== offset && place.lastOffset !== offset) return maxBytes + UNINDEXED_BYTES
  const { segment, position } = place
  const end = position + maxBytes
  const lastBeginning = end < segment.writtenBytes ? (segment.offsetIndex?.beginningUpTo(end) ?? 0) : 0
  const usefulEnd = lastBeginning + segment.indexIntervalBytes + BATCH_HEADER_BYTES
  const room = lastBeginning > position ? Math.min(usefulEnd - position, maxBytes) : maxBytes
  return Math.max(BATCH_HEADER_BYTES, room + NEXT_OFFSET_BYTES)
}

function held(lease: Lease, leases: Lease[] = []): Lease[] {
  if (leases.at(-1) === lease) return leases
  lease.hold()
  leases.push(lease)
  return leases
}

/** Once: should it be asked for again, there is nothing left. */
function letGo(leases: Lease[]): void {
  for (const lease of leases.splice(0)) lease.letGo()
}

/** Where the batch that holds `offset`, or the next one, starts in a buffer of whole, sound batches. */
function positionOf(bytes: Buffer, offset: number): number {
  let at = 0
  while (at < bytes.length && readLastOffset(bytes, at) < offset) at += readBatchSizeBytes(bytes, at)
  return at
}

/** As `positionOf`, for bytes from a file: the last batch may be cut off, and a medium may have changed anything. */
function checkedPositionOf(
  bytes: Buffer,
  filled: number,
  offset: number,
  { segment, position, offset: firstOffset, lastOffset }: Place,
): { at: number; endOffset: number } {
  let at = 0
  let endOffset = firstOffset
  while (at + BATCH_HEADER_BYTES <= filled) {
    const sizeBytes = plausibleSize(bytes, at, segment.writtenBytes - position - at)
    if (sizeBytes === undefined || readBaseOffset(bytes, at) < endOffset) throw noBatch(segment)
    const last = readLastOffset(bytes, at)
    if (last >= segment.endOffset) throw noBatch(segment)
    if (at === 0 && lastOffset !== undefined && last !== lastOffset) throw noBatch(segment)
    if (last >= offset) break
    endOffset = last + 1
    at += sizeBytes
  }
  return { at, endOffset }
}

function noBatch(segment: Segment): KafkaError {
  return new KafkaError('CORRUPT_MESSAGE', `${segment.file.path} holds bytes that are no batch`)
}

/**
 * Where the whole batches end that the limits leave room for, and the offset after them. Base offsets are covered by no
 * CRC: a batch is given only with a look at the one behind it, which can't begin before this one ends.
 */
function endOfBatches(
  bytes: Buffer,
  from: number,
  filled: number,
  { maxBytes, maxOffset }: ReadLimits,
  segment: Segment,
  position: number,
): { at: number; offset: number } {
  let at = from
  let offset = 0
  while (at + BATCH_HEADER_BYTES <= filled) {
    const sizeBytes = plausibleSize(bytes, at, segment.writtenBytes - position - at)
    const base = readBaseOffset(bytes, at)
    if (sizeBytes === undefined || base < offset) throw noBatch(segment)
    const end = at + sizeBytes
    const isLast = position + end === segment.writtenBytes
    const isSeen = isLast ? end <= filled : end + NEXT_OFFSET_BYTES <= filled
    if (!isSeen || (end - from > maxBytes && at !== from) || base >= maxOffset) break
    offset = readLastOffset(bytes, at) + 1
    if (offset > (isLast ? segment.endOffset : readBaseOffset(bytes, end))) throw noBatch(segment)
    at = end
  }
  return { at, offset }
}

/** Where the whole batches of memory end that fit into `room` bytes and start before `maxOffset`, and the offset after. */
function endOfSoundBatches(
  bytes: Buffer,
  from: number,
  filled: number,
  room: number,
  maxOffset: number,
  minOneBatch: boolean,
): { at: number; offset: number } {
  let at = from
  let offset = 0
  while (at + BATCH_HEADER_BYTES <= filled) {
    const end = at + readBatchSizeBytes(bytes, at)
    const isFirst = at === from
    const tooLarge = end - from > room && !(isFirst && minOneBatch)
    if (end > filled || end <= at || tooLarge || readBaseOffset(bytes, at) >= maxOffset) break
    offset = readLastOffset(bytes, at) + 1
    at = end
  }
  return { at, offset }
}
