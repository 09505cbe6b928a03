/**
 * Reading batches out of a log: from the tail cache at once, or from a file into a pooled buffer. Consumers that lag
 * read one stretch after the other, so where the last few reads ended is remembered: the next needn't look it up.
 */
import { KafkaError } from '../wire/errors.ts'
import {
  BATCH_HEADER_BYTES,
  readBaseOffset,
  readBatchSizeBytes,
  readLastOffset,
} from '../wire/records/batch-header.ts'
import { plausibleSize } from './batch-walk.ts'
import { emptySlice, type LogSlice, sliceOf } from './log-slice.ts'
import type { ReadBuffers } from './read-buffers.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import type { LogTail } from './tail-cache.ts'

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
const LOOKUP_SLACK_BYTES = 16 * 1024
/** How many readers' places are remembered. */
const PLACES_KEPT = 4

interface Place {
  readonly offset: number
  readonly segment: Segment
  readonly position: number
}

export class LogReader {
  readonly #segments: SegmentList
  readonly #tail: LogTail
  readonly #buffers: ReadBuffers
  #places: Place[] = []

  constructor(segments: SegmentList, tail: LogTail, buffers: ReadBuffers) {
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
  }

  #readTail(offset: number, limits: ReadLimits): LogSlice {
    let place = this.#tail.find(offset)
    let entry = this.#tail.at(place)
    if (entry === undefined) return emptySlice(offset)
    const chunks: Buffer[] = []
    let sizeBytes = 0
    let startOffset = -1
    let endOffset = offset
    while (entry !== undefined) {
      const from = startOffset === -1 ? positionOf(entry.bytes, offset) : 0
      const chunk = this.#fitting(entry.bytes, from, entry.endOffset, limits, sizeBytes)
      if (chunk.bytes.length === 0) break
      if (startOffset === -1) startOffset = readBaseOffset(chunk.bytes, 0)
      chunks.push(chunk.bytes)
      sizeBytes += chunk.bytes.length
      endOffset = chunk.endOffset
      if (from + chunk.bytes.length < entry.bytes.length) break
      entry = this.#tail.at(++place)
    }
    if (sizeBytes === 0) return emptySlice(offset)
    const together = chunks.length > MAX_CHUNKS ? [Buffer.concat(chunks, sizeBytes)] : chunks
    return sliceOf(together, sizeBytes, startOffset, endOffset)
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
    const end = endOfBatches(bytes, from, bytes.length, room, limits.maxOffset, oversize)
    return { bytes: bytes.subarray(from, end.at), endOffset: end.offset }
  }

  async #readFile(offset: number, limits: ReadLimits): Promise<LogSlice> {
    let { segment, position } = this.#placeFor(offset)
    let wanted = limits.maxBytes + LOOKUP_SLACK_BYTES
    for (;;) {
      const available = segment.writtenBytes - position
      if (available < BATCH_HEADER_BYTES) {
        const next = this.#segments.after(segment)
        if (next === undefined) return emptySlice(offset)
        segment = next
        position = 0
        continue
      }
      const found = await this.#readStretch(segment, position, Math.min(available, wanted), offset, limits)
      if (found.slice !== undefined) return found.slice
      position = found.position
      wanted = Math.max(wanted, found.wantedBytes)
    }
  }

  /** Reads a stretch of a file; if the batch looked for isn't wholly in it, says where to go on and how much to read. */
  async #readStretch(
    segment: Segment,
    position: number,
    sizeBytes: number,
    offset: number,
    limits: ReadLimits,
  ): Promise<{ slice: LogSlice | undefined; position: number; wantedBytes: number }> {
    const buffer = this.#buffers.take(sizeBytes)
    let slice: LogSlice | undefined
    try {
      const filled = await segment.file.use((handle) => handle.read(buffer.subarray(0, sizeBytes), position))
      if (filled < sizeBytes)
        throw new KafkaError('KAFKA_STORAGE_ERROR', `${segment.file.path} is shorter than it was`)
      const at = checkedPositionOf(buffer, filled, offset, segment)
      if (at + BATCH_HEADER_BYTES > filled)
        return { slice: undefined, position: position + at, wantedBytes: 0 }
      const firstBytes = readBatchSizeBytes(buffer, at)
      const fits = firstBytes <= limits.maxBytes || limits.minOneBatch
      if (readBaseOffset(buffer, at) >= limits.maxOffset || !fits)
        return { slice: emptySlice(offset), position, wantedBytes: 0 }
      if (position + at + firstBytes > segment.writtenBytes) throw noBatch(segment)
      if (at + firstBytes > filled)
        return { slice: undefined, position: position + at, wantedBytes: firstBytes }
      slice = this.#cut(buffer, at, filled, limits)
      this.#remember({ offset: slice.endOffset, segment, position: position + at + slice.sizeBytes })
      return { slice, position, wantedBytes: 0 }
    } finally {
      if (slice === undefined) this.#buffers.give(buffer)
    }
  }

  #cut(buffer: Buffer, from: number, filled: number, limits: ReadLimits): LogSlice {
    const end = endOfBatches(buffer, from, filled, limits.maxBytes, limits.maxOffset, limits.minOneBatch)
    const chunk = buffer.subarray(from, end.at)
    return sliceOf([chunk], chunk.length, readBaseOffset(buffer, from), end.offset, () =>
      this.#buffers.give(buffer),
    )
  }

  #placeFor(offset: number): { segment: Segment; position: number } {
    const place = this.#places.find((known) => known.offset === offset)
    if (place !== undefined) return place
    const segment = this.#segments.holding(offset)
    return { segment, position: segment.positionBefore(offset) }
  }

  #remember(place: Place): void {
    this.#places.unshift(place)
    if (this.#places.length > PLACES_KEPT) this.#places.pop()
  }
}

/** Where the batch that holds `offset`, or the next one, starts in a buffer of whole, sound batches. */
function positionOf(bytes: Buffer, offset: number): number {
  let at = 0
  while (at < bytes.length && readLastOffset(bytes, at) < offset) at += readBatchSizeBytes(bytes, at)
  return at
}

/** As `positionOf`, for bytes from a file: the last batch may be cut off, and a medium may have changed anything. */
function checkedPositionOf(bytes: Buffer, filled: number, offset: number, segment: Segment): number {
  let at = 0
  while (at + BATCH_HEADER_BYTES <= filled) {
    const sizeBytes = plausibleSize(bytes, at, Number.MAX_SAFE_INTEGER)
    if (sizeBytes === undefined) throw noBatch(segment)
    if (readLastOffset(bytes, at) >= offset) break
    at += sizeBytes
  }
  return at
}

function noBatch(segment: Segment): KafkaError {
  return new KafkaError('CORRUPT_MESSAGE', `${segment.file.path} holds bytes that are no batch`)
}

/** Where the whole batches end that fit into `room` bytes and start before `maxOffset`, and the offset after them. */
function endOfBatches(
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
