/**
 * Compacts the logs of a directory, one at a time and the dirtiest first, in the background. It goes round every
 * `log.cleaner.backoff.ms`, as Kafka's does, and with `eager` as soon as a log has turned cleanable.
 *
 * Sources: apache/kafka `LogCleaner.java`, `LogCleanerManager.java`.
 */
import type { Timer } from '../../runtime/clock.ts'
import { DiskError } from '../../runtime/disk.ts'
import type { Log } from '../log.ts'
import type { LogContext } from '../log-context.ts'
import { type CleanableRange, cleanableRange, isWorthCleaning, nextChangeMs } from './cleanable-range.ts'
import type { CleanerConfig } from './cleaner-config.ts'
import { Cleaning, CleaningAborted } from './cleaning.ts'
import { Pace } from './pace.ts'

/** What is written in such a time is compacted together. */
const EAGER_DELAY_MS = 10

/** Where the cleaner notes how far it has compacted each log. */
export interface CleanedOffsets {
  get(name: string): number | undefined
  /** Resolves when it is written down; a failure is told to operators, and costs no more than doing it again. */
  save(name: string, offset: number): Promise<void>
}

export interface CleanerOptions {
  readonly logs: LogContext
  readonly config: () => CleanerConfig
  readonly offsets: CleanedOffsets
  /** Those of the directory, as they are now. */
  readonly all: () => Iterable<Log>
}

interface Candidate {
  readonly log: Log
  readonly range: CleanableRange
}

export class LogCleaner {
  readonly #options: CleanerOptions
  readonly #pace: Pace
  /** Logs whose compaction has failed: they are left alone until the next start. */
  readonly #uncleanable = new WeakSet<Log>()
  /** Logs that were written to since they were looked at. */
  #touched = new Set<Log>()
  /** When, by a lag that is over then, logs are to be looked at again. Wall clock. */
  readonly #changesMs = new Map<Log, number>()
  #running: Promise<void> | undefined
  #timer: Timer | undefined
  #dueMs = Number.POSITIVE_INFINITY
  #pollAtMs = Number.POSITIVE_INFINITY
  /** The last round took so long, so the next one waits as long. */
  #lastRoundMs = 0
  #isStopped = false

  constructor(options: CleanerOptions) {
    this.#options = options
    this.#pace = new Pace(options.logs.clock, () => options.config().ioMaxBytesPerSecond)
  }

  /** Goes round from now on. */
  start(): void {
    this.#pollAtMs = this.#nowMs + this.#options.config().backoffMs
    this.#wakeAt(this.#pollAtMs)
    for (const log of this.#options.all()) if (log.config.compacts) this.noteCleanable(log)
  }

  /** The log may have turned cleanable. */
  noteCleanable(log: Log): void {
    if (!this.#options.config().eager) return
    this.#touched.add(log)
    this.#wakeEagerly()
  }

  /** Compacts what is worth it, until nothing is. */
  async runOnce(): Promise<void> {
    while (this.#running !== undefined) await this.#running
    await this.#begin(this.#options.all())
  }

  /** Gives up what is under way; resolves when nothing is touched any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#pace.stop()
    await this.#running
  }

  get #nowMs(): number {
    return this.#options.logs.clock.monotonicMs()
  }

  #wakeEagerly(): void {
    const delayMs = Math.min(Math.max(EAGER_DELAY_MS, this.#lastRoundMs), this.#options.config().backoffMs)
    this.#wakeAt(this.#nowMs + delayMs)
  }

  #wakeAt(dueMs: number): void {
    if (this.#isStopped || dueMs >= this.#dueMs) return
    this.#timer?.cancel()
    this.#dueMs = dueMs
    this.#timer = this.#options.logs.clock.setTimer(Math.max(0, dueMs - this.#nowMs), () => {
      this.#dueMs = Number.POSITIVE_INFINITY
      void this.#wake()
    })
  }

  async #wake(): Promise<void> {
    await this.#running
    const startedMs = this.#nowMs
    const isPoll = startedMs >= this.#pollAtMs
    if (isPoll) this.#pollAtMs = startedMs + this.#options.config().backoffMs
    await this.#begin(isPoll ? this.#options.all() : this.#touchedOrDue())
    this.#lastRoundMs = this.#nowMs - startedMs
    this.#wakeAt(this.#pollAtMs)
    if (!this.#options.config().eager) return
    if (this.#touched.size > 0) this.#wakeEagerly()
    const untilChangeMs = Math.min(...this.#changesMs.values()) - this.#options.logs.clock.nowMs()
    if (untilChangeMs < Number.POSITIVE_INFINITY)
      this.#wakeAt(this.#nowMs + Math.max(EAGER_DELAY_MS, untilChangeMs))
  }

  #touchedOrDue(): Set<Log> {
    const taken = this.#touched
    const nowMs = this.#options.logs.clock.nowMs()
    for (const [log, changeMs] of this.#changesMs) if (changeMs <= nowMs) taken.add(log)
    this.#touched = new Set()
    return taken
  }

  #begin(logs: Iterable<Log>): Promise<void> {
    this.#running ??= this.#round([...logs]).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #round(among: readonly Log[]): Promise<void> {
    const { logs, config } = this.#options
    const looked = new Set(among.filter((log) => log.config.compacts && log.segments.length > 1))
    for (const log of looked) log.applyRetention(logs.clock.nowMs())
    const left = new Set(looked)
    while (!this.#isStopped && config().enabled && !logs.isFull()) {
      const next = this.#filthiest(left)
      if (next === undefined) break
      if (!(await this.#clean(next))) left.delete(next.log)
    }
    for (const log of among) this.#noteChange(log)
  }

  #noteChange(log: Log): void {
    const nowMs = this.#options.logs.clock.nowMs()
    const changeMs = this.#mayBeCleaned(log) ? nextChangeMs(log, this.#rangeOf(log, nowMs), nowMs) : 0
    if (changeMs > nowMs && changeMs < Number.POSITIVE_INFINITY) this.#changesMs.set(log, changeMs)
    else this.#changesMs.delete(log)
  }

  #filthiest(among: ReadonlySet<Log>): Candidate | undefined {
    const nowMs = this.#options.logs.clock.nowMs()
    let filthiest: Candidate | undefined
    for (const log of among) {
      if (!this.#mayBeCleaned(log)) continue
      const range = this.#rangeOf(log, nowMs)
      if (!isWorthCleaning(range, log.config)) continue
      if (filthiest === undefined || range.cleanableRatio > filthiest.range.cleanableRatio)
        filthiest = { log, range }
    }
    return filthiest
  }

  #mayBeCleaned(log: Log): boolean {
    return (
      log.config.compacts && log.state === 'open' && log.segments.length > 1 && !this.#uncleanable.has(log)
    )
  }

  /** Returns whether the log may be cleaned again at once. */
  async #clean({ log, range }: Candidate): Promise<boolean> {
    const { logs, config, offsets } = this.#options
    const { cuts } = log.store
    const cleaning = new Cleaning({
      log,
      logs,
      config: config(),
      pace: this.#pace,
      isStopped: () => this.#isStopped,
    })
    try {
      const { endOffset, bytesBefore, bytesAfter } = await cleaning.run(range)
      logs.logger.debug({ log: log.name, endOffset, bytesBefore, bytesAfter }, 'Compacted a log.')
      await offsets.save(log.name, endOffset)
      // Without room for one key in the map it would go on for ever.
      return endOffset > range.firstDirtyOffset
    } catch (error) {
      const isOver = error instanceof CleaningAborted || log.state !== 'open' || log.store.cuts !== cuts
      if (!isOver && !this.#isStopped) this.#failed(log, error)
      return false
    }
  }

  #failed(log: Log, error: unknown): void {
    const { logger, noteFull } = this.#options.logs
    if (error instanceof DiskError && error.code === 'NO_SPACE') {
      noteFull()
      logger.warn({ error, log: log.name }, 'There is no room to compact the log; it is tried again.')
      return
    }
    this.#uncleanable.add(log)
    logger.error(
      { error, log: log.name },
      'The log could not be compacted; it is served as it is, and not compacted until the next start.',
    )
  }

  #rangeOf(log: Log, nowMs: number): CleanableRange {
    return cleanableRange(log, this.#options.offsets.get(log.name), nowMs)
  }
}
