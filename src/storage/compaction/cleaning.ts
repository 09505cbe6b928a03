/**
 * One compaction of one log: first a map of the last offset of each key in the part that was not compacted yet, then
 * all segments up to there are written anew without what the map makes superfluous, one group after the other.
 *
 * Everything that takes long is awaited in small pieces, and after each the log may have changed: a cleaning of a log that
 * was cut, closed or has lost segments is given up, which costs no more than its work.
 *
 * Source: apache/kafka `Cleaner.java`.
 */
import type { Clock } from '../../runtime/clock.ts'
import { readBatchSizeBytes, readLastOffset, readMaxTimestamp } from '../../wire/records/batch-header.ts'
import type { Log } from '../log.ts'
import type { LogContext } from '../log-context.ts'
import { Segment } from '../segment.ts'
import { BatchSieve } from './batch-sieve.ts'
import type { CleanableRange } from './cleanable-range.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import type { CleanerConfig } from './cleaner-config.ts'
import { KeyMap } from './key-map.ts'
import { KeyReader } from './key-reader.ts'
import type { Pace } from './pace.ts'
import { SegmentBatches } from './segment-batches.ts'
import { groupSegments } from './segment-groups.ts'
import { SegmentSwap } from './segment-swap.ts'

/** The log has changed under the cleaning, or the cleaner is to stop. */
export class CleaningAborted extends Error {
  override readonly name = 'CleaningAborted'
}

export interface CleaningContext {
  readonly log: Log
  readonly logs: LogContext
  readonly config: CleanerConfig
  readonly pace: Pace
  isStopped(): boolean
}

export interface CleaningResult {
  /** Everything before it is compacted now. */
  readonly endOffset: number
  readonly bytesBefore: number
  readonly bytesAfter: number
}

export class Cleaning {
  readonly #log: Log
  readonly #context: CleaningContext
  readonly #clock: Clock
  readonly #cuts: number
  #bytesBefore = 0
  #bytesAfter = 0

  constructor(context: CleaningContext) {
    this.#log = context.log
    this.#context = context
    this.#clock = context.logs.clock
    this.#cuts = context.log.store.cuts
  }

  /** Rejects with CleaningAborted, or with what a file or its content is to blame for. */
  async run(range: CleanableRange): Promise<CleaningResult> {
    const log = this.#log
    // What is done here rests on all that was written, markers of transactions behind the range included; and what is scanned
    // after a crash must be as it was written: from there come epochs and what producers did.
    await this.#context.logs.saveRecoveryPoint(log.name, range.firstUncleanableOffset)
    this.check()
    const keys = await this.#readKeys(range)
    const endOffset = keys.latestOffset + 1
    const segments = log.segments.filter(({ baseOffset }) => baseOffset < endOffset)
    const sieve = new BatchSieve(
      {
        keys,
        transactions: new CleanedTransactions(log.abortedTransactions(0, endOf(segments))),
        producers: log.producers,
        nowMs: this.#clock.nowMs(),
        deleteRetentionMs: log.config.deleteRetentionMs,
      },
      this.#context.pace,
    )
    for (const group of groupSegments(segments, log.config)) await this.#cleanGroup(group, sieve)
    return { endOffset, bytesBefore: this.#bytesBefore, bytesAfter: this.#bytesAfter }
  }

  /** Throws if the cleaning can't go on. */
  check(): void {
    const { log } = this.#context
    if (this.#context.isStopped() || log.state !== 'open' || log.store.cuts !== this.#cuts)
      throw new CleaningAborted()
  }

  async #readKeys(range: CleanableRange): Promise<KeyMap> {
    const { config, pace } = this.#context
    const { firstDirtyOffset, firstUncleanableOffset } = range
    const keys = new KeyMap(config.dedupeBufferBytes, config.loadFactor)
    const aborted = this.#log.abortedTransactions(firstDirtyOffset, firstUncleanableOffset)
    const reader = new KeyReader(keys, new CleanedTransactions(aborted), firstDirtyOffset, pace)
    const dirty = this.#log.segments.filter((segment, index, all) => {
      const next = all[index + 1]?.baseOffset ?? Number.POSITIVE_INFINITY
      return next > firstDirtyOffset && segment.baseOffset < firstUncleanableOffset
    })
    for (const segment of dirty) {
      const from = segment.positionBefore(firstDirtyOffset)
      await this.#batchesOf(segment).forEach(from, (bytes, at) => reader.read(bytes, at))
      if (reader.isFull) return keys
      // What is missing at a segment's end has been compacted before.
      const next = this.#log.segments.find(({ baseOffset }) => baseOffset > segment.baseOffset)
      keys.latestOffset = Math.max(keys.latestOffset, (next?.baseOffset ?? 0) - 1)
    }
    return keys
  }

  async #cleanGroup(group: readonly Segment[], sieve: BatchSieve): Promise<void> {
    const [first] = group
    const last = group.at(-1)
    if (first === undefined || last === undefined) return
    this.check()
    const { log, logs } = this.#context
    const { baseOffset } = first
    const { createdMs } = last
    const cleaned = new Segment(logs.files, {
      folder: log.folder,
      baseOffset,
      jitterMs: 0,
      createdMs,
      owner: log,
    })
    const swap = new SegmentSwap(logs, log.folder, group, cleaned, log.config.fileDeleteDelayMs)
    swap.abandon()
    try {
      const isChanged = await this.#writeCleaned(group, sieve, cleaned, swap.cleanedLogPath)
      this.#bytesBefore += group.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
      this.#bytesAfter += cleaned.sizeBytes
      const aborted = sieve.takeAborted()
      const isWorthIt = isChanged || group.length > 1 || aborted.length !== first.aborted.length
      // A group of nothing is of another broker's making; it stays as it is.
      if (!isWorthIt || cleaned.sizeBytes === 0) {
        swap.abandon()
        return
      }
      for (const transaction of aborted) cleaned.addAborted(transaction)
      this.check()
      await swap.writeIndexFiles()
      this.check()
      if (!(await log.replaceSegments(swap, this.#cuts))) throw new CleaningAborted()
    } catch (error) {
      swap.abandon()
      throw error
    }
    this.check()
  }

  /** Writes and syncs the new segment's file. Returns whether a batch has changed. */
  async #writeCleaned(
    group: readonly Segment[],
    sieve: BatchSieve,
    cleaned: Segment,
    path: string,
  ): Promise<boolean> {
    const file = this.#context.logs.disk.openOrCreate(path)
    let isChanged = false
    let chunks: Buffer[] = []
    let chunkBytes = 0
    const take = (left: Buffer): void => {
      if (left.length === 0) return
      cleaned.add(left.length, readLastOffset(left, 0), readMaxTimestamp(left, 0))
      chunks.push(left)
      chunkBytes += left.length
    }
    const writeOut = async (): Promise<void> => {
      if (chunkBytes === 0) return
      const written = chunks
      const position = cleaned.sizeBytes - chunkBytes
      const sizeBytes = chunkBytes
      chunks = []
      chunkBytes = 0
      await file.write(written, position)
      await this.#context.pace.spend(sizeBytes)
    }
    try {
      for (const segment of group) {
        const isLastSegment = segment === group.at(-1)
        const visit = (bytes: Buffer, at: number, position: number): boolean | Promise<boolean> => {
          const sizeBytes = readBatchSizeBytes(bytes, at)
          const isLast = isLastSegment && position + sizeBytes === segment.sizeBytes
          const left = sieve.sieve(bytes, at, isLast)
          const note = (whatIsLeft: Buffer): boolean => {
            if (whatIsLeft.length !== sizeBytes || whatIsLeft.buffer !== bytes.buffer) isChanged = true
            take(whatIsLeft)
            return true
          }
          return left instanceof Promise ? left.then(note) : note(left)
        }
        await this.#batchesOf(segment).forEach(0, visit, writeOut)
      }
      await file.sync()
    } finally {
      file.close()
    }
    return isChanged
  }

  #batchesOf(segment: Segment): SegmentBatches {
    const { logs, pace, config } = this.#context
    return new SegmentBatches(segment, {
      buffers: logs.buffers,
      pace,
      chunkBytes: config.ioBufferBytes,
      check: () => {
        this.check()
        if (segment.isRetired) throw new CleaningAborted()
      },
    })
  }
}

function endOf(segments: readonly Segment[]): number {
  return segments.at(-1)?.endOffset ?? 0
}
