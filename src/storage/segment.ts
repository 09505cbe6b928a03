/**
 * One file of a log and the indexes over it. A segment holds the batches from its base offset up to the next segment's.
 * Its indexes live in memory and are written beside the file when the segment is closed; the files are a cache that is
 * made again from the batches whenever it is missing or can't be right.
 *
 * Source: apache/kafka `LogSegment.java`.
 */
import {
  BATCH_HEADER_BYTES,
  NO_TIMESTAMP,
  readLastOffset,
  readMaxTimestamp,
} from '../wire/records/batch-header.ts'
import { walkFile } from './batch-walk.ts'
import {
  DELETED_SUFFIX,
  INDEX_SUFFIXES,
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  offsetFileName,
  SEGMENT_SUFFIXES,
  SNAPSHOT_SUFFIX,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from './file-names.ts'
import { type LogConfig, rollMs } from './log-config.ts'
import { OffsetIndex } from './offset-index.ts'
import { type OpenFiles, SegmentFile } from './open-files.ts'
import type { AbortedTransaction } from './producer-state.ts'
import type { MaxTimestamp, SegmentContent, SegmentOptions } from './segment-options.ts'
import { syncFile } from './sync-file.ts'
import { TimeIndex } from './time-index.ts'
import { decodeTransactionIndex, encodeTransactionIndex } from './transaction-index.ts'

/**
 * Smaller segments are walked rather than looked up: it costs less than making sure that their index files survive a
 * power cut.
 */
const INDEXED_FROM_BYTES = 1024 * 1024
/** Offsets and positions are int32 in the indexes. */
const MAX_RELATIVE = 0x7fff_ffff

interface Indexes {
  readonly offset: OffsetIndex
  readonly time: TimeIndex
}

export class Segment {
  readonly baseOffset: number
  readonly file: SegmentFile
  readonly createdMs: number
  /** The end of the last batch, those included that are still queued for writing. */
  sizeBytes: number
  /** The offset after the last batch. */
  endOffset: number
  /** The end of what the file has. */
  writtenBytes: number
  /** Whether there are bytes that a power cut may take. */
  needsSync = false
  /** Whether files were made or removed since the folder was last synced. */
  hasNewNames = false
  /** Whether index files were written that a power cut may take. */
  hasUnsyncedIndexFiles = false

  readonly #files: OpenFiles
  readonly #owner: { readonly config: LogConfig }
  readonly #jitterMs: number
  #folder: string
  #maxTimestamp: MaxTimestamp | undefined
  #firstTimestamp: bigint | undefined
  #bytesSinceEntry = 0
  #indexes: Indexes | undefined
  #wasLookedUp = false
  #indexFilesCurrent = false
  /** Whether the indexes were read from files, in which a medium may have changed anything. */
  #indexesAreRead = false
  /** Whether there may be index files beside the segment, of whatever age. */
  #mayHaveIndexFiles: boolean
  #aborted: AbortedTransaction[] | undefined

  constructor(files: OpenFiles, options: SegmentOptions, content?: SegmentContent) {
    this.#files = files
    this.#owner = options.owner
    this.#folder = options.folder
    this.#jitterMs = options.jitterMs
    this.baseOffset = options.baseOffset
    this.createdMs = options.createdMs
    this.sizeBytes = content?.sizeBytes ?? 0
    this.writtenBytes = this.sizeBytes
    this.endOffset = content?.endOffset ?? options.baseOffset
    this.file = new SegmentFile(files, this.#path(LOG_SUFFIX))
    this.#mayHaveIndexFiles = content !== undefined
    if (this.sizeBytes === 0) this.beginScan()
  }

  /** Whether a batch of that size, last offset and largest timestamp must go to a new segment. */
  mustRollFor(nowMs: number, sizeBytes: number, lastOffset: number, maxTimestamp: bigint): boolean {
    if (lastOffset - this.baseOffset > MAX_RELATIVE) return true
    if (this.sizeBytes === 0) return false
    const config = this.#owner.config
    if (this.sizeBytes + sizeBytes > Math.min(config.segmentBytes, MAX_RELATIVE)) return true
    if (this.#ageMs(nowMs, maxTimestamp) > rollMs(config) - this.#jitterMs) return true
    const { offset, time } = this.#loaded()
    return offset.isFull(config.segmentIndexBytes) || time.isFull(config.segmentIndexBytes)
  }

  /** Notes a batch that is appended at the end. */
  add(sizeBytes: number, lastOffset: number, maxTimestamp: bigint): void {
    const indexes = this.#loaded()
    if (this.#mayHaveIndexFiles) this.#removeIndexFiles()
    this.#note(indexes, sizeBytes, lastOffset, maxTimestamp)
  }

  #note(indexes: Indexes, sizeBytes: number, lastOffset: number, maxTimestamp: bigint): void {
    const position = this.sizeBytes
    if (position === 0) this.#firstTimestamp = maxTimestamp
    this.sawTimestamp(maxTimestamp, lastOffset)
    if (this.#bytesSinceEntry > this.#owner.config.indexIntervalBytes) {
      indexes.offset.append(lastOffset, position)
      this.#addTimeEntry(indexes)
      this.#bytesSinceEntry = 0
    }
    this.#bytesSinceEntry += sizeBytes
    this.sizeBytes = position + sizeBytes
    this.endOffset = lastOffset + 1
  }

  /** Everything up to `position` is in the file. */
  wrote(position: number): void {
    if (this.writtenBytes === 0) this.hasNewNames = true
    this.writtenBytes = position
    this.needsSync = true
  }

  /** Takes a batch's timestamp into account for the largest. */
  sawTimestamp(timestamp: bigint, lastOffset: number): void {
    if (this.#maxTimestamp === undefined || timestamp > this.#maxTimestamp.timestamp)
      this.#maxTimestamp = { timestamp, offset: lastOffset }
  }

  /** `undefined` for an empty segment. */
  get maxTimestamp(): MaxTimestamp | undefined {
    // Retention asks this of old segments, again and again; it needn't load their indexes for that.
    if (this.#maxTimestamp === undefined && this.#indexes === undefined)
      this.#maxTimestamp = this.#readLastTimeEntry()
    if (this.#maxTimestamp === undefined) this.#loaded()
    return this.#maxTimestamp
  }

  /** The largest timestamp of the first batch; -1 if the segment is empty. */
  get firstTimestamp(): bigint {
    this.#firstTimestamp ??= this.#readFirstTimestamp()
    return this.#firstTimestamp
  }

  /** The aborted transactions whose markers lie in this segment, in the order of the markers. */
  get aborted(): readonly AbortedTransaction[] {
    this.#aborted ??= this.#readTransactionIndex()
    return this.#aborted
  }

  addAborted(transaction: AbortedTransaction): void {
    this.#aborted = [...this.aborted, transaction]
  }

  get offsetIndex(): OffsetIndex | undefined {
    return this.#indexes?.offset
  }

  get indexIntervalBytes(): number {
    return this.#owner.config.indexIntervalBytes
  }

  /** A position at or before the batch with `offset`. */
  positionBefore(offset: number): number {
    return offset <= this.baseOffset ? 0 : this.#loaded().offset.lookup(offset)
  }

  /** The last offset of the batch that must be at `positionBefore(offset)`, where the index tells it. */
  lastOffsetBefore(offset: number): number | undefined {
    return offset <= this.baseOffset ? undefined : this.#loaded().offset.lastOffsetAt(offset)
  }

  /** An offset before which every record is older than `timestamp`. */
  offsetBefore(timestamp: bigint): number {
    return this.#loaded().time.lookup(timestamp)
  }

  /** The largest timestamp that the batch at `offsetBefore(timestamp)` must have, where the index tells it. */
  timestampBefore(timestamp: bigint): bigint | undefined {
    return this.#loaded().time.timestampBefore(timestamp)
  }

  /** Makes indexes again that led to where no such batch is; `false` if they were made from the batches already. */
  distrustIndexes(): boolean {
    if (this.#indexes === undefined || !this.#indexesAreRead) return false
    this.#indexes = this.#rebuild()
    this.writeIndexFiles()
    return true
  }

  /**
   * Cuts the segment to the batches before `position`, the last of which ends at `endOffset`. Returns from where on the
   * caller must call `sawTimestamp` again for what is left: the indexes know no more.
   */
  truncate(position: number, endOffset: number): number {
    const indexes = this.#loaded()
    indexes.offset.truncateToPosition(position)
    indexes.time.truncateToOffset(endOffset)
    this.sizeBytes = position
    this.endOffset = endOffset
    this.#bytesSinceEntry = position - indexes.offset.lastPosition
    this.#maxTimestamp = indexes.time.last
    this.#aborted = this.aborted.filter(({ lastOffset }) => lastOffset < endOffset)
    if (position === 0) this.#firstTimestamp = undefined
    this.#removeIndexFiles()
    return indexes.offset.lastPosition
  }

  /** The index files as they should be; `matters` tells those that must be right, not only of use, if they are there. */
  indexFiles(): { suffix: string; bytes: Buffer; matters: boolean }[] {
    const { offset, time } = this.#loaded()
    this.#addTimeEntry({ offset, time })
    const matters = this.sizeBytes >= INDEXED_FROM_BYTES
    const files = [
      { suffix: OFFSET_INDEX_SUFFIX, bytes: offset.encode(), matters },
      { suffix: TIME_INDEX_SUFFIX, bytes: time.encode(), matters },
    ]
    if (this.aborted.length > 0) {
      const bytes = encodeTransactionIndex(this.aborted)
      files.push({ suffix: TRANSACTION_INDEX_SUFFIX, bytes, matters: true })
    }
    return files
  }

  /** Its file, of which nothing was in place so far, is there, with index files beside it, all of it synced. */
  isInPlace(): void {
    this.writtenBytes = this.sizeBytes
    this.hasNewNames = true
    this.#indexFilesCurrent = true
    this.#mayHaveIndexFiles = true
  }

  /** Writes the index files, so that the next opening needn't read the segment. They count once they are synced. */
  writeIndexFiles(): void {
    if (this.#indexes === undefined || this.#indexFilesCurrent) return
    const files = this.indexFiles()
    for (const { suffix, bytes } of files) this.#files.disk.writeWhole(this.#path(suffix), bytes)
    this.#indexFilesCurrent = true
    this.#mayHaveIndexFiles = true
    this.hasNewNames = true
    this.hasUnsyncedIndexFiles = files.some(({ matters }) => matters)
  }

  async syncIndexFiles(): Promise<void> {
    this.hasUnsyncedIndexFiles = false
    for (const suffix of INDEX_SUFFIXES) await syncFile(this.#files.disk, this.#path(suffix))
  }

  // What was true of a part of the segment would be taken for all of it.
  #removeIndexFiles(): void {
    this.#indexFilesCurrent = false
    if (!this.#mayHaveIndexFiles) return
    // Read before it goes.
    this.#aborted = [...this.aborted]
    this.#mayHaveIndexFiles = false
    this.hasNewNames = true
    for (const suffix of INDEX_SUFFIXES) this.#files.disk.remove(this.#path(suffix))
  }

  /** Frees the memory of indexes that can be read again and were not used since the last call. */
  dropIdleIndexes(): void {
    const canBeRead =
      this.#indexFilesCurrent && !this.hasUnsyncedIndexFiles && this.sizeBytes >= INDEXED_FROM_BYTES
    if (canBeRead && !this.#wasLookedUp) this.#indexes = undefined
    this.#wasLookedUp = false
  }

  /** Starts over as an empty segment, for a scan that will `add` every batch. */
  beginScan(): void {
    this.#indexes = { offset: new OffsetIndex(this.baseOffset), time: new TimeIndex(this.baseOffset) }
    this.sizeBytes = 0
    this.endOffset = this.baseOffset
    this.#maxTimestamp = undefined
    this.#firstTimestamp = undefined
    this.#bytesSinceEntry = 0
    this.#indexFilesCurrent = false
    this.#indexesAreRead = false
    this.#aborted = []
  }

  /** Leaves nothing but an empty file, for another segment of the same base offset to take over. */
  empty(): void {
    this.#removeIndexFiles()
    this.file.handle.truncate(0)
    this.file.close()
  }

  /** Follows a renamed folder. */
  moveTo(folder: string): void {
    this.#folder = folder
    this.file.path = this.#path(LOG_SUFFIX)
  }

  /** Whether its files are gone. */
  get isRetired(): boolean {
    return this.file.isGone
  }

  /**
   * Renames the segment's files, so that no opening sees them; gives their new paths. Where another segment of the same
   * base offset takes its place, the snapshot of the producers stays.
   */
  retire(isReplaced = false): string[] {
    this.file.retire()
    const retired: string[] = []
    for (const suffix of isReplaced ? SEGMENT_SUFFIXES : [...SEGMENT_SUFFIXES, SNAPSHOT_SUFFIX]) {
      const path = this.#path(suffix)
      if (this.#files.disk.sizeOf(path) === undefined) continue
      this.#files.disk.rename(path, path + DELETED_SUFFIX)
      retired.push(path + DELETED_SUFFIX)
    }
    return retired
  }

  #path(suffix: string): string {
    return `${this.#folder}/${offsetFileName(this.baseOffset, suffix)}`
  }

  // By record time where records have one, as Kafka does: a topic that is refilled from elsewhere rolls as it did there.
  #ageMs(nowMs: number, maxTimestamp: bigint): number {
    const { firstTimestamp } = this
    return firstTimestamp >= 0n ? Number(maxTimestamp - firstTimestamp) : nowMs - this.createdMs
  }

  #readFirstTimestamp(): bigint {
    const header = Buffer.allocUnsafe(BATCH_HEADER_BYTES)
    const whole = this.file.handle.readSync(header, 0) === BATCH_HEADER_BYTES
    return whole ? readMaxTimestamp(header, 0) : NO_TIMESTAMP
  }

  #readTransactionIndex(): AbortedTransaction[] {
    const bytes = this.#files.disk.readWhole(this.#path(TRANSACTION_INDEX_SUFFIX))
    return (bytes === undefined ? undefined : decodeTransactionIndex(bytes)) ?? []
  }

  #addTimeEntry(indexes: Indexes): void {
    if (this.#maxTimestamp !== undefined)
      indexes.time.append(this.#maxTimestamp.timestamp, this.#maxTimestamp.offset)
  }

  #loaded(): Indexes {
    this.#wasLookedUp = true
    this.#indexes ??= this.#readIndexFiles() ?? this.#rebuild()
    return this.#indexes
  }

  #readIndexFiles(): Indexes | undefined {
    if (this.sizeBytes < INDEXED_FROM_BYTES) return undefined
    const offsetBytes = this.#files.disk.readWhole(this.#path(OFFSET_INDEX_SUFFIX))
    const timeBytes = this.#files.disk.readWhole(this.#path(TIME_INDEX_SUFFIX))
    if (offsetBytes === undefined || timeBytes === undefined) return undefined
    const offset = OffsetIndex.decode(offsetBytes, this.baseOffset, this.sizeBytes)
    const time = TimeIndex.decode(timeBytes, this.baseOffset, this.endOffset)
    // Closing a segment adds an entry with its largest timestamp, so there is at least one.
    if (offset === undefined || time?.last === undefined) return undefined
    this.#bytesSinceEntry = this.sizeBytes - offset.lastPosition
    this.#maxTimestamp = time.last
    this.#indexFilesCurrent = true
    this.#indexesAreRead = true
    return { offset, time }
  }

  #readLastTimeEntry(): MaxTimestamp | undefined {
    const path = this.#path(TIME_INDEX_SUFFIX)
    if (this.sizeBytes < INDEXED_FROM_BYTES || (this.#files.disk.sizeOf(path) ?? 0) === 0) return undefined
    const file = this.#files.disk.open(path)
    try {
      return TimeIndex.readLast(file, this.baseOffset, this.endOffset)
    } finally {
      file.close()
    }
  }

  // The transaction index is left as it is: it can't be made from the headers of one segment.
  #rebuild(): Indexes {
    const { sizeBytes, endOffset } = this
    const aborted = this.#aborted
    this.beginScan()
    this.#aborted = aborted
    const indexes = this.#loaded()
    walkFile(this.file.handle, 0, sizeBytes, (bytes, at, _position, batchBytes) => {
      this.#note(indexes, batchBytes, readLastOffset(bytes, at), readMaxTimestamp(bytes, at))
      return true
    })
    this.sizeBytes = sizeBytes
    this.endOffset = endOffset
    return indexes
  }
}
