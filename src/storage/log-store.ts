/**
 * The files under a log: its segments, the queue of writes to them, the cached tail, and how far each has come. It knows
 * of bytes and offsets, not of producers or leaders.
 */

import { KafkaError } from '../wire/errors.ts'
import { readBaseOffset, readLastOffset, readMaxTimestamp } from '../wire/records/batch-header.ts'
import { type HeaderVisitor, walkBuffer, walkFile } from './batch-walk.ts'
import { encodeEpochCheckpoint } from './checkpoint-file.ts'
import { LEADER_EPOCH_FILE, LOG_SUFFIX, offsetFileName } from './file-names.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import type { LogContext } from './log-context.ts'
import { LogHome } from './log-home.ts'
import { segmentOf } from './log-opening.ts'
import type { Segment } from './segment.ts'
import { SegmentList } from './segment-list.ts'
import { LogTail, type OwnedBatches } from './tail-cache.ts'
import { LogWriter, type WriteObserver } from './write-scheduler.ts'

export interface StoreOptions {
  readonly folder: string
  readonly settings: { readonly config: LogConfig }
  readonly segments: readonly Segment[]
  readonly endOffset: number
  /** Everything before it is on the medium. */
  readonly recoveryPoint: number
  readonly hasFolder: boolean
  readonly isNew: boolean
  /** What the folder is to say that it is of. */
  readonly topicId: () => string
  readonly isUnsynced: boolean
}

export class LogStore {
  readonly segments: SegmentList
  readonly tail: LogTail
  readonly writer: LogWriter
  readonly home: LogHome
  /** Everything before it is on the medium. */
  recoveryPoint: number
  /** Counts the cuts: what was read before one may not be there any more. */
  cuts = 0
  /** Counts the cuts, and how often segments were replaced: what is known of files from before is not true any more. */
  generation = 0

  readonly #context: LogContext
  readonly #observer: WriteObserver
  readonly #settings: { readonly config: LogConfig }
  /** Whether files were made or renamed whose names a power cut may take. */
  #namesChanged: boolean
  #queuedFrom = 0
  #nowMs = 0
  #flushing: Promise<void> | undefined
  #nextFlush: Promise<void> | undefined

  constructor(context: LogContext, options: StoreOptions, observer: WriteObserver) {
    this.#context = context
    this.#observer = observer
    this.#settings = options.settings
    this.home = new LogHome(
      context,
      { ...options, isNew: options.isNew || options.isUnsynced },
      options.topicId,
    )
    this.#namesChanged = options.isUnsynced
    this.recoveryPoint = options.recoveryPoint
    this.segments = new SegmentList(options.segments)
    this.tail = new LogTail(context.tails, options.endOffset)
    this.writer = new LogWriter(context.writes, observer)
  }

  /** Everything before it is in the page cache. */
  get writtenOffset(): number {
    return this.tail.writtenOffset
  }

  get needsFlush(): boolean {
    return this.recoveryPoint < this.writtenOffset || this.#namesChanged
  }

  /** Gives the memory that the append is to be queued from. Throws `DiskError` when the folder of a new log can't be made. */
  beginAppend(records: Buffer): OwnedBatches {
    this.home.make()
    this.#queuedFrom = 0
    this.#nowMs = this.#context.clock.nowMs()
    return this.tail.own(records)
  }

  /** Whether the next batch must go to a new segment. */
  mustRollFor(sizeBytes: number, lastOffset: number, maxTimestamp: bigint): boolean {
    return this.segments.active.mustRollFor(this.#nowMs, sizeBytes, lastOffset, maxTimestamp)
  }

  /** Notes the next batch of the append. */
  add(sizeBytes: number, lastOffset: number, maxTimestamp: bigint): void {
    this.segments.active.add(sizeBytes, lastOffset, maxTimestamp)
  }

  /** Queues the batches of an append that were noted and not queued yet: those of `records` before `at`. */
  queue(records: Buffer, at: number): void {
    const active = this.segments.active
    const bytes =
      this.#queuedFrom === 0 && at === records.length ? records : records.subarray(this.#queuedFrom, at)
    this.#queuedFrom = at
    if (bytes.length > 0)
      this.writer.enqueue(active, active.sizeBytes - bytes.length, bytes, active.endOffset)
  }

  endAppend(owned: OwnedBatches, baseOffset: number, endOffset: number): void {
    this.queue(owned.bytes, owned.bytes.length)
    this.tail.add(owned, baseOffset, endOffset)
  }

  /** Closes the active segment and begins one at `baseOffset`. */
  roll(baseOffset: number): void {
    const closed = this.segments.active
    // An empty one is left only when the offsets have leapt beyond what it could hold.
    if (closed.sizeBytes === 0) this.#retire([this.segments.removeLast()])
    this.segments.push(this.#newSegment(baseOffset))
    if (closed.sizeBytes > 0) this.writer.afterWrites(() => this.#writeIndexFiles(closed))
  }

  /** Notes that everything before `endOffset` has been written. */
  wrote(endOffset: number): void {
    this.tail.writtenOffset = endOffset
  }

  /** Where the log would end if it were cut at `offset`: before the batch that holds it. */
  endBefore(offset: number): number {
    return this.#endBefore(this.segments.holding(offset), offset).endOffset
  }

  /**
   * Cuts everything from `offset` on and returns the new end, which is lower where `offset` lies within a batch.
   * `offset` must not lie before the first segment.
   */
  truncate(offset: number): number {
    const wasBusy = this.#beginCut()
    this.#retire(this.segments.removeBeyond(offset))
    const segment = this.segments.active
    const { position, endOffset } = this.#endBefore(segment, offset)
    const uncertainFrom = segment.truncate(position, endOffset)
    this.tail.truncate(endOffset)
    this.tail.writtenOffset = Math.min(this.tail.writtenOffset, endOffset)
    this.recoveryPoint = Math.min(this.recoveryPoint, endOffset)
    this.#walk(segment, uncertainFrom, (bytes, at) => {
      segment.sawTimestamp(readMaxTimestamp(bytes, at), readLastOffset(bytes, at))
      return true
    })
    const cuts = this.cuts
    this.#namesChanged = true
    segment.needsSync ||= segment.writtenBytes > 0
    this.writer.afterWrites(() => {
      // A segment that was never written has no file; it isn't made for that.
      if (wasBusy || segment.writtenBytes > position) segment.file.handle.truncate(position)
      segment.writtenBytes = Math.min(segment.writtenBytes, position)
      if (!wasBusy || cuts !== this.cuts) return
      segment.wrote(position)
      this.#observer.onRunWritten(endOffset)
    })
    return endOffset
  }

  /** Forgets everything and begins anew at `offset`. */
  restartAt(offset: number): void {
    this.home.make()
    this.#beginCut()
    const fresh = this.#newSegment(offset)
    const old = this.segments.replaceAll(fresh)
    this.tail.clear()
    this.tail.writtenOffset = offset
    // Until it is synced a power cut may bring back what was there.
    this.recoveryPoint = Math.min(this.recoveryPoint, offset)
    this.writer.afterWrites(() => {
      // At no moment is there no file whose name tells where the log begins.
      const namesake = old.find((segment) => segment.baseOffset === offset)
      if (namesake === undefined) this.#makeEmptyFile(offset)
      else namesake.empty()
      this.#retireNow(old.filter((segment) => segment !== namesake))
    })
  }

  /** Deletes the first `count` segments. */
  deleteFirst(count: number): void {
    const deleted = this.segments.removeFirst(count)
    const { first } = this.segments
    const isEmpty = first.sizeBytes === 0
    this.writer.afterWrites(() => {
      // The name of the first file tells where the log begins; without one the next opening would begin at 0.
      if (isEmpty) this.#makeEmptyFile(first.baseOffset)
      this.#retireNow(deleted)
    })
  }

  /** Notes that a segment was put in the place of others; see `replaceSegments`. */
  replaced(old: readonly Segment[], cleaned: Segment): void {
    this.segments.replace(old, cleaned)
    this.generation++
    this.tail.forgetBefore(cleaned.endOffset)
    this.#namesChanged = true
  }

  /** Visits the headers of all batches from the one that holds `offset` on. */
  walkFrom(offset: number, visit: HeaderVisitor): void {
    const first = this.segments.holding(offset)
    for (const segment of this.segments.all) {
      if (segment.baseOffset < first.baseOffset) continue
      this.#walk(segment, segment.positionBefore(offset), (bytes, at, position, sizeBytes) => {
        return readLastOffset(bytes, at) < offset || visit(bytes, at, position, sizeBytes)
      })
    }
  }

  /** Bytes between two offsets: exactly near the end of the log, elsewhere as near as the indexes tell. */
  bytesBetween(offset: number, endOffset: number): number {
    if (endOffset <= offset) return 0
    const counted = this.tail.bytesBetween(offset, endOffset)
    if (counted !== undefined) return counted
    let total = 0
    for (const segment of this.segments.all) {
      if (segment.endOffset <= offset || segment.baseOffset >= endOffset) continue
      const from = segment.positionBefore(offset)
      const to = endOffset >= segment.endOffset ? segment.sizeBytes : segment.positionBefore(endOffset)
      total += Math.max(to - from, 1)
    }
    return total
  }

  /** Makes what is written now, and the epochs, survive a power cut. Calls while one is under way share the next. */
  flush(epochs: LeaderEpochs): Promise<void> {
    if (this.#flushing === undefined) return this.#startFlush(epochs)
    this.#nextFlush ??= this.#flushing.then(() => this.#startFlush(epochs))
    return this.#nextFlush
  }

  /** Writes the index files of segments that were appended to. */
  writeIndexFiles(): void {
    for (const segment of this.segments.all) this.#writeIndexFiles(segment)
  }

  closeFiles(): void {
    this.tail.clear()
    for (const segment of this.segments.all) segment.file.close()
  }

  /** Follows a renamed folder. */
  moveTo(folder: string): void {
    this.home.path = folder
    for (const segment of this.segments.all) segment.moveTo(folder)
  }

  /** Whether there are writes under way that can't be waited for. */
  #beginCut(): boolean {
    this.cuts++
    this.generation++
    this.writer.drainNow()
    if (this.writer.isIdle) return false
    this.writer.silence()
    return true
  }

  #startFlush(epochs: LeaderEpochs): Promise<void> {
    this.#nextFlush = undefined
    if (!this.home.exists) return Promise.resolve()
    this.#flushing = this.#syncAll(epochs).finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  async #syncAll(epochs: LeaderEpochs): Promise<void> {
    const upTo = this.writtenOffset
    const cuts = this.cuts
    for (const segment of this.segments.all) await this.#syncSegment(segment)
    if (await this.home.sync()) this.#namesChanged = true
    if (epochs.changed) {
      epochs.changed = false
      // With this the folder is synced as well.
      this.#namesChanged = false
      const text = encodeEpochCheckpoint(epochs.entries)
      await this.#context.disk.replaceWholeAsync(`${this.home.path}/${LEADER_EPOCH_FILE}`, text)
    }
    if (this.#namesChanged) {
      this.#namesChanged = false
      await this.#context.disk.syncFolder(this.home.path)
    }
    if (cuts === this.cuts) this.recoveryPoint = Math.max(this.recoveryPoint, upTo)
  }

  async #syncSegment(segment: Segment): Promise<void> {
    if (segment.isRetired) return
    this.#namesChanged ||= segment.hasNewNames
    segment.hasNewNames = false
    if (segment.needsSync) {
      segment.needsSync = false
      await segment.file.use((handle) => handle.sync())
    }
    if (segment.hasUnsyncedIndexFiles) await segment.syncIndexFiles()
  }

  #newSegment(baseOffset: number): Segment {
    this.#namesChanged = true
    return segmentOf(this.#context, this.home.path, this.#settings, baseOffset)
  }

  /** Where the whole batches before `offset` end in a segment. */
  #endBefore(segment: Segment, offset: number): { position: number; endOffset: number } {
    const from = segment.positionBefore(offset)
    let position = segment.sizeBytes
    let endOffset = Math.min(offset, segment.endOffset)
    this.#walk(segment, from, (bytes, at, batchPosition) => {
      if (readLastOffset(bytes, at) < offset) return true
      position = batchPosition
      endOffset = Math.min(offset, readBaseOffset(bytes, at))
      return false
    })
    return { position, endOffset: Math.max(endOffset, segment.baseOffset) }
  }

  /** Visits headers of a segment: those in its file, then those that are only in memory so far. */
  #walk(segment: Segment, from: number, visit: HeaderVisitor): void {
    const inFile = Math.min(segment.writtenBytes, segment.sizeBytes)
    let goesOn = true
    const watched: HeaderVisitor = (bytes, at, position, sizeBytes) => {
      goesOn = visit(bytes, at, position, sizeBytes) !== false
      return goesOn
    }
    const walkedTo = from < inFile ? walkFile(segment.file.handle, from, inFile, watched) : inFile
    // To cut or count by what is no batch would make the damage worse.
    if (goesOn && walkedTo !== inFile)
      throw new KafkaError('CORRUPT_MESSAGE', `${segment.file.path} holds no batch at ${walkedTo}`)
    if (!goesOn || segment.sizeBytes <= inFile) return
    this.#walkUnwritten(segment, Math.max(from, inFile), watched)
  }

  #walkUnwritten(segment: Segment, from: number, visit: HeaderVisitor): void {
    let position = Math.max(segment.writtenBytes, 0)
    let goesOn = true
    for (let place = this.tail.find(this.writtenOffset); goesOn; place++) {
      const entry = this.tail.at(place)
      if (entry === undefined) return
      walkBuffer(entry.bytes, 0, (bytes, at, _position, sizeBytes) => {
        const base = readBaseOffset(bytes, at)
        if (base < Math.max(segment.baseOffset, this.writtenOffset) || base >= segment.endOffset) return true
        if (position >= from) goesOn = visit(bytes, at, position, sizeBytes) !== false
        position += sizeBytes
        return goesOn
      })
    }
  }

  /** Makes the active segment's file even if there is nothing in it: by that it is known that it wasn't compacted. */
  makeActiveFile(): void {
    const { active } = this.segments
    if (active.writtenBytes > 0) return
    this.#makeEmptyFile(active.baseOffset)
    this.#namesChanged = true
  }

  #makeEmptyFile(baseOffset: number): void {
    this.#context.disk.writeWhole(`${this.home.path}/${offsetFileName(baseOffset, LOG_SUFFIX)}`, '')
  }

  #writeIndexFiles(segment: Segment): void {
    try {
      segment.writeIndexFiles()
    } catch (error) {
      // They are made again from the batches when they are needed.
      this.#context.logger.warn(
        { error, segment: segment.file.path },
        'The index files could not be written.',
      )
    }
  }

  #retire(segments: readonly Segment[]): void {
    if (segments.length > 0) this.writer.afterWrites(() => this.#retireNow(segments))
  }

  #retireNow(segments: readonly Segment[]): void {
    this.#namesChanged = true
    for (const segment of segments) {
      const paths = segment.retire()
      this.#context.removeLater(paths, this.#settings.config.fileDeleteDelayMs)
    }
  }
}
