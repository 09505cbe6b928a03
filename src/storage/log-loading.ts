/**
 * Opening a log whose state isn't known from memory: after a crash, or when another broker wrote the folder.
 *
 * After a clean stop the files are what they should be. After any other, everything from the recovery point on is
 * scanned. Invalid bytes with nothing valid behind them, at or beyond the recovery point, are what a write that was cut
 * short leaves: they are cut off, and after a power cut the segments behind them too. Invalid bytes with valid batches behind them, or before the recovery point, are
 * damage: the log is quarantined, or, with `acceptLoss`, cut there. Nothing is cut without a line in the logs.
 * (Kafka cuts at the first invalid byte wherever it is; `LogLoader.java`, `LogSegment.recover`.)
 */
import { assert } from '../runtime/assert.ts'
import {
  readBaseOffset,
  readLastOffset,
  readMaxTimestamp,
  readPartitionLeaderEpoch,
} from '../wire/records/batch-header.ts'
import { walkFile } from './batch-walk.ts'
import { finishSwaps } from './compaction/swap-recovery.ts'
import { LOG_SUFFIX, offsetFileName } from './file-names.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import type { LoadedLog } from './loaded-log.ts'
import type { LogConfig } from './log-config.ts'
import type { LogContext } from './log-context.ts'
import { type LogFolder, readEpochs, readTopicId, surveyFolder } from './log-folder.ts'
import { segmentOf } from './log-opening.ts'
import { loadLatestSnapshot, removeSnapshotsBeyond } from './producer-snapshots.ts'
import { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'
import { findBatchAfter, type Scan, scanBatches } from './segment-scan.ts'

export interface LoadOptions {
  readonly topic: string
  readonly partition: number
  readonly config: LogConfig
  /** Whether whoever wrote the folder last stopped in order. */
  readonly wasClean: boolean
  /** Everything before it was on the medium. */
  readonly recoveryPoint: number
  readonly logStartOffset: number
  /** Whether the machine was restarted, and may have lost what was written and not synced. */
  readonly mayHaveLostCache: boolean
  /** Whether to cut a damaged log where it is damaged, and lose what lies behind. */
  readonly acceptLoss: boolean
}

export async function loadLog(context: LogContext, folder: string, options: LoadOptions): Promise<LoadedLog> {
  const damage = finishSwaps(context, folder)
  const survey = surveyFolder(context.disk, folder)
  if (survey.leftovers.length > 0) context.removeLater(survey.leftovers, 0)
  return new LogLoader(context, folder, survey, options).load(damage)
}

class LogLoader {
  readonly #context: LogContext
  readonly #folder: string
  readonly #survey: LogFolder
  readonly #options: LoadOptions
  readonly #settings: { config: LogConfig }
  readonly #producers: ProducerState
  readonly #epochs: LeaderEpochs
  #segments: Segment[] = []
  #endOffset = 0
  #epochsKnownTo = 0
  #damage: string | undefined

  constructor(context: LogContext, folder: string, survey: LogFolder, options: LoadOptions) {
    this.#context = context
    this.#folder = folder
    this.#survey = survey
    this.#options = options
    this.#settings = { config: options.config }
    this.#producers = new ProducerState(folder)
    this.#epochs = new LeaderEpochs()
  }

  /** `damage`: what is wrong with the folder, so that there is no use in looking into the files. */
  async load(damage: string | undefined): Promise<LoadedLog> {
    const { topic, partition, wasClean } = this.#options
    this.#makeSegments()
    this.#loadEpochs()
    this.#damage = damage
    if (damage !== undefined) this.#endOffset = this.#last.endOffset
    else if (!wasClean || !this.#takeAsIs()) await this.#recover()
    const first = this.#segments[0]?.baseOffset ?? 0
    const logStartOffset = Math.max(this.#options.logStartOffset, first)
    if (this.#damage === undefined && logStartOffset > this.#endOffset) this.#endBeforeStart(logStartOffset)
    this.#epochs.truncateFromEnd(this.#endOffset)
    this.#epochs.truncateFromStart(Math.min(logStartOffset, this.#endOffset))
    return {
      topic,
      partition,
      topicId: readTopicId(this.#context.disk, this.#folder),
      folder: this.#folder,
      settings: this.#settings,
      segments: this.#segments,
      logStartOffset,
      logEndOffset: this.#endOffset,
      recoveryPoint: this.#recoveryPoint(),
      producers: this.#producers,
      epochs: this.#epochs,
      damage: this.#damage,
      hasFolder: true,
      // What names the folder is synced with the first data; nobody knows whether that was before the end.
      isNew: !wasClean || this.#segments.every(({ sizeBytes }) => sizeBytes === 0),
      // After an unclean end nobody knows what was synced.
      isUnsynced: !wasClean && this.#survey.baseOffsets.length > 0,
    }
  }

  // A damaged log keeps it: what was lost before it must still be seen as damage at the next opening.
  #recoveryPoint(): number {
    if (this.#damage !== undefined) return this.#options.recoveryPoint
    return this.#options.wasClean ? this.#endOffset : Math.min(this.#options.recoveryPoint, this.#endOffset)
  }

  #makeSegments(): void {
    const { baseOffsets } = this.#survey
    const { logStartOffset } = this.#options
    if (baseOffsets.length === 0) this.#segments = [this.#newSegment(logStartOffset)]
    for (const [index, baseOffset] of baseOffsets.entries())
      this.#segments.push(this.#newSegment(baseOffset, baseOffsets[index + 1]))
    this.#endOffset = this.#last.endOffset
  }

  #loadEpochs(): void {
    const known = readEpochs(this.#context.disk, this.#folder)
    for (const { epoch, startOffset } of known ?? []) this.#epochs.assign(epoch, startOffset)
    this.#epochs.changed = known === undefined
    if (known !== undefined) return
    this.#context.logger.warn(
      { folder: this.#folder },
      'The epochs are not whole and are read from the batches.',
    )
    for (const segment of this.#segments) {
      if (segment.sizeBytes === 0) continue
      walkFile(segment.file.handle, 0, segment.sizeBytes, (bytes, at) => {
        const epoch = readPartitionLeaderEpoch(bytes, at)
        if (epoch >= 0) this.#epochs.assign(epoch, readBaseOffset(bytes, at))
        return true
      })
    }
  }

  /** Trusts the files, as after a clean stop. Says no where they can't be right. */
  #takeAsIs(): boolean {
    const last = this.#last
    let endOffset = last.baseOffset
    if (last.sizeBytes > 0) {
      // Until the end is known no entry of the time index may count as lying beyond it.
      last.endOffset = Number.MAX_SAFE_INTEGER
      const walkedTo = walkFile(
        last.file.handle,
        last.positionBefore(Number.MAX_SAFE_INTEGER),
        last.sizeBytes,
        (bytes, at) => {
          endOffset = readLastOffset(bytes, at) + 1
          return true
        },
      )
      if (walkedTo !== last.sizeBytes) return false
    }
    last.endOffset = endOffset
    this.#endOffset = endOffset
    this.#loadProducers(endOffset, this.#survey.snapshotOffsets.length === 0)
    return true
  }

  async #recover(): Promise<void> {
    const { recoveryPoint } = this.#options
    // Where the recovery point is a segment's beginning, the one before may have been closed since: its batches were synced by
    // then, but not its index files.
    const first = Math.max(
      this.#segments.findLastIndex((segment) => segment.baseOffset < recoveryPoint),
      0,
    )
    const from = this.#segments[first] ?? this.#last
    this.#endOffset = from.baseOffset
    // Those of the batches that are scanned are in the batches; but compaction may have left none of an epoch, and up to the
    // recovery point the checkpoint has them all.
    if (this.#epochs.entries.length > 0) this.#epochsKnownTo = recoveryPoint
    this.#epochs.truncateFromEnd(Math.max(from.baseOffset, this.#epochsKnownTo))
    this.#loadProducers(from.baseOffset, false)
    for (let index = first; index < this.#segments.length; index++) {
      const segment = this.#segments[index]
      if (segment !== undefined && !(await this.#recoverSegment(segment, index))) break
    }
    if (this.#endOffset < recoveryPoint && !this.#options.acceptLoss)
      this.#damage ??= `the log ends at offset ${this.#endOffset}, before the recovery point ${recoveryPoint}`
    if (this.#damage === undefined) removeSnapshotsBeyond(this.#context.disk, this.#folder, this.#endOffset)
  }

  /** Scans a segment; `false` if it is the last that can be used. */
  async #recoverSegment(segment: Segment, index: number): Promise<boolean> {
    const fileBytes = segment.sizeBytes
    segment.beginScan()
    const scan = await scanBatches(
      segment.file,
      fileBytes,
      { firstOffset: segment.baseOffset, isGapless: this.#isGapless(index) },
      (bytes, at, _position, sizeBytes) => {
        segment.add(sizeBytes, readLastOffset(bytes, at), readMaxTimestamp(bytes, at))
        const epoch = readPartitionLeaderEpoch(bytes, at)
        const baseOffset = readBaseOffset(bytes, at)
        if (epoch >= 0 && baseOffset >= this.#epochsKnownTo) this.#epochs.assign(epoch, baseOffset)
        for (const aborted of this.#producers.replay(bytes, at)) segment.addAborted(aborted)
      },
    )
    segment.needsSync = this.#survey.baseOffsets.includes(segment.baseOffset)
    this.#endOffset = scan.endOffset
    const next = this.#segments[index + 1]
    const overlaps = next !== undefined && scan.endOffset > next.baseOffset
    // The next opening won't scan it again, and which transactions were aborted is told by its index alone.
    if (next !== undefined && segment.aborted.length > 0) segment.writeIndexFiles()
    if (scan.validBytes === fileBytes && !overlaps && !this.#hasLostEnd(index)) return true
    const reason = overlaps
      ? `${segment.file.path} reaches up to offset ${scan.endOffset}, into the segment behind it`
      : await this.#damageAt(segment, scan, fileBytes, index)
    if (reason !== undefined && !this.#options.acceptLoss) {
      this.#damage = reason
      segment.sizeBytes = fileBytes
      return false
    }
    this.#cutAt(segment, scan.validBytes, fileBytes, index, reason)
    return false
  }

  // Each file is written back for itself: a power cut may take the end of one segment and leave the next. Compaction
  // leaves such gaps too, but only in what is long synced.
  #hasLostEnd(index: number): boolean {
    const next = this.#segments[index + 1]
    if (!this.#options.mayHaveLostCache || this.#endOffset < this.#options.recoveryPoint) return false
    return next !== undefined && next.baseOffset > this.#endOffset
  }

  /**
   * Whether no batch can be missing within a segment. Compaction leaves gaps, but never in the active segment; after a
   * power cut the last segment may be one that was closed.
   */
  #isGapless(index: number): boolean {
    const { mayHaveLostCache, acceptLoss } = this.#options
    return index === this.#segments.length - 1 && !mayHaveLostCache && !acceptLoss
  }

  /** Why the invalid bytes at `position` are not just the end of a write that was cut short; `undefined` if they are. */
  async #damageAt(
    segment: Segment,
    { validBytes: position, isOutOfOrder }: Scan,
    fileBytes: number,
    index: number,
  ): Promise<string | undefined> {
    const where = `${segment.file.path} is damaged at position ${position} (offset ${this.#endOffset})`
    if (this.#endOffset < this.#options.recoveryPoint)
      return `${where}, before the recovery point ${this.#options.recoveryPoint}`
    if (isOutOfOrder) return `${where}: the batch there can't follow those before it`
    const next = await findBatchAfter(segment.file, position, fileBytes, this.#endOffset)
    if (next !== undefined) return `${where}, with valid batches from position ${next} on`
    if (this.#options.mayHaveLostCache) return undefined
    for (const later of this.#segments.slice(index + 1)) {
      if ((await findBatchAfter(later.file, 0, later.sizeBytes, this.#endOffset)) !== undefined)
        return `${where}, with valid batches in ${later.file.path}`
    }
    return undefined
  }

  #cutAt(
    segment: Segment,
    position: number,
    fileBytes: number,
    index: number,
    reason: string | undefined,
  ): void {
    const later = this.#segments.splice(index + 1)
    const lostBytes = later.reduce((total, { sizeBytes }) => total + sizeBytes, fileBytes - position)
    const fields = { segment: segment.file.path, position, offset: this.#endOffset, lostBytes, reason }
    if (reason === undefined) this.#context.logger.warn(fields, 'Cut off what unsynced writes have left.')
    else
      this.#context.logger.error(
        fields,
        'Cut a damaged log as told, with the valid batches behind the damage.',
      )
    segment.file.handle.truncate(position)
    segment.writtenBytes = position
    for (const gone of later) this.#context.removeLater(gone.retire(), 0)
  }

  // A power cut may take the end of a log of which the beginning was deleted; nothing else ends it before its start.
  #endBeforeStart(logStartOffset: number): void {
    const { mayHaveLostCache, acceptLoss } = this.#options
    const isEmpty = this.#segments.every(({ sizeBytes }) => sizeBytes === 0)
    if (isEmpty || mayHaveLostCache || acceptLoss) this.#startAnew(logStartOffset)
    else this.#damage = `the log ends at offset ${this.#endOffset}, before its start offset ${logStartOffset}`
  }

  #startAnew(offset: number): void {
    const fields = { folder: this.#folder, logStartOffset: offset, logEndOffset: this.#endOffset }
    this.#context.logger.warn(fields, 'The log ends before its start offset; it begins anew there.')
    for (const segment of this.#segments) this.#context.removeLater(segment.retire(), 0)
    this.#context.disk.writeWhole(`${this.#folder}/${offsetFileName(offset, LOG_SUFFIX)}`, '')
    this.#segments = [this.#newSegment(offset)]
    this.#endOffset = offset
    this.#producers.reset()
  }

  /** Sets the producers' state to what it was at `endOffset`, from a snapshot and the batches since. */
  #loadProducers(endOffset: number, isEmpty: boolean): void {
    if (isEmpty) return
    const snapshot = loadLatestSnapshot(this.#context.disk, this.#folder, endOffset)
    this.#producers.reset(snapshot?.entries)
    const from = snapshot?.offset ?? this.#segments[0]?.baseOffset ?? 0
    for (const segment of this.#segments) {
      if (segment.baseOffset >= endOffset || segment.endOffset <= from || segment.sizeBytes === 0) continue
      walkFile(segment.file.handle, segment.positionBefore(from), segment.sizeBytes, (bytes, at) => {
        if (readBaseOffset(bytes, at) >= from) this.#producers.replay(bytes, at)
        return true
      })
    }
  }

  get #last(): Segment {
    const last = this.#segments[this.#segments.length - 1]
    assert(last !== undefined, 'a log has at least one segment')
    return last
  }

  #newSegment(baseOffset: number, nextBaseOffset = baseOffset): Segment {
    const path = `${this.#folder}/${offsetFileName(baseOffset, LOG_SUFFIX)}`
    const sizeBytes = this.#context.disk.sizeOf(path) ?? 0
    const content = { sizeBytes, endOffset: nextBaseOffset }
    return segmentOf(this.#context, this.#folder, this.#settings, baseOffset, content)
  }
}
