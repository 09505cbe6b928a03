/**
 * When queued appends go to their files. What a turn of the event loop has gathered for a log is written at the end of
 * the turn: at once if it is little, since a trip through the thread pool costs more than writing it, else off the main
 * thread, one write at a time for each log, with what comes meanwhile gathered into the next.
 */
import type { Clock } from '../runtime/clock.ts'
import { readBaseOffset } from '../wire/records/batch-header.ts'
import type { Segment } from './segment.ts'

/** Up to so much is written on the main thread: 5 to 20 µs against 25 to 60 µs for a write elsewhere. */
const SYNC_BYTES = 64 * 1024
/** A write into the page cache that takes so long means that the kernel is holding writers back. */
const SLOW_WRITE_MS = 20
/** For so long everything then goes off the main thread. */
const SLOW_SPELL_MS = 10_000
/** One write off the main thread takes no more than this, so that the first appends needn't wait for the last. */
const MAX_WRITE_BYTES = 8 * 1024 * 1024

/** Whom a log's writer tells. */
export interface WriteObserver {
  /** Everything before `endOffset` is in the page cache. */
  onRunWritten(endOffset: number): void
  /** A write has failed, and with it all that was queued behind it. */
  onWriteFailed(error: unknown): void
  /** Something else that was to be done to the files has failed. */
  onActionFailed(error: unknown): void
}

export class WriteScheduler {
  readonly clock: Clock
  /** Told of bytes that are queued, and with a minus of those that are not any more: written, or given up. */
  onQueuedBytes: (sizeBytes: number) => void = () => undefined
  #waiting: LogWriter[] = []
  #slowUntilMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Has the writer drained at the end of this turn. */
  schedule(writer: LogWriter): void {
    if (this.#waiting.length === 0) this.clock.defer(this.#drain)
    this.#waiting.push(writer)
  }

  isSlow(nowMs: number): boolean {
    return nowMs < this.#slowUntilMs
  }

  noteSlowWrite(nowMs: number): void {
    this.#slowUntilMs = nowMs + SLOW_SPELL_MS
  }

  readonly #drain = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    for (const writer of waiting) writer.drain()
  }
}

/** Chunks that go to one place in one file. */
interface Run {
  readonly segment: Segment
  readonly position: number
  readonly chunks: Buffer[]
  sizeBytes: number
  endOffset: number
  /** Whether nobody wants to hear that it is done: the log has been cut since. */
  isSilent: boolean
}

type Step = Run | (() => void)

/** One log's queue: appends, and what must happen in order with them. */
export class LogWriter {
  readonly #scheduler: WriteScheduler
  readonly #observer: WriteObserver
  #steps: Step[] = []
  #isScheduled = false
  #inFlight: Run | undefined
  #idleWaiters: (() => void)[] = []

  constructor(scheduler: WriteScheduler, observer: WriteObserver) {
    this.#scheduler = scheduler
    this.#observer = observer
  }

  get isIdle(): boolean {
    return this.#steps.length === 0 && this.#inFlight === undefined
  }

  /** Queues bytes that belong at `position` of a segment. They must not change until they are written. */
  enqueue(segment: Segment, position: number, bytes: Buffer, endOffset: number): void {
    this.#scheduler.onQueuedBytes(bytes.length)
    const last = this.#steps[this.#steps.length - 1]
    if (last !== undefined && typeof last !== 'function' && continues(last, segment, position)) {
      last.chunks.push(bytes)
      last.sizeBytes += bytes.length
      last.endOffset = endOffset
    } else {
      const sizeBytes = bytes.length
      this.#steps.push({ segment, position, chunks: [bytes], sizeBytes, endOffset, isSilent: false })
    }
    if (this.#isScheduled || this.#inFlight !== undefined) return
    this.#isScheduled = true
    this.#scheduler.schedule(this)
  }

  /** Does something to the files once all that is queued is written: now, if nothing is. */
  afterWrites(action: () => void): void {
    if (this.isIdle) this.#act(action)
    else this.#steps.push(action)
  }

  /** Writes what is queued, now, unless a write off the main thread is under way. */
  drainNow(): void {
    if (this.#inFlight === undefined) this.#drainSteps(Number.POSITIVE_INFINITY)
  }

  /** For the scheduler. */
  drain(): void {
    this.#isScheduled = false
    if (this.#inFlight !== undefined) return
    this.#drainSteps(this.#scheduler.isSlow(this.#scheduler.clock.monotonicMs()) ? 0 : SYNC_BYTES)
  }

  /** Resolves when everything queued so far is written, or has failed. */
  whenIdle(): Promise<void> {
    if (this.isIdle) return Promise.resolve()
    return new Promise((resolve) => this.#idleWaiters.push(resolve))
  }

  /** Has nobody told of what is queued or under way: the log has been cut, and counts anew what is written. */
  silence(): void {
    if (this.#inFlight !== undefined) this.#inFlight.isSilent = true
    for (const step of this.#steps) if (typeof step !== 'function') step.isSilent = true
  }

  #drainSteps(syncBytes: number): void {
    for (let step = this.#steps.shift(); step !== undefined; step = this.#steps.shift()) {
      if (typeof step === 'function') this.#act(step)
      else if (step.sizeBytes <= syncBytes) this.#writeNow(step)
      else {
        void this.#writeAside(step)
        return
      }
    }
    this.#tellIdle()
  }

  #writeNow(run: Run): void {
    const { clock } = this.#scheduler
    const startedMs = clock.monotonicMs()
    try {
      run.segment.file.handle.writeSync(run.chunks, run.position)
    } catch (error) {
      this.#fail(error, run)
      return
    }
    const endedMs = clock.monotonicMs()
    if (endedMs - startedMs > SLOW_WRITE_MS) this.#scheduler.noteSlowWrite(endedMs)
    this.#succeed(run)
  }

  async #writeAside(whole: Run): Promise<void> {
    const run = this.#cutToLimit(whole)
    this.#inFlight = run
    try {
      await run.segment.file.use((handle) => handle.write(run.chunks, run.position))
    } catch (error) {
      this.#inFlight = undefined
      this.#fail(error, run)
      this.drain()
      return
    }
    this.#inFlight = undefined
    this.#succeed(run)
    this.drain()
  }

  #succeed(run: Run): void {
    this.#scheduler.onQueuedBytes(-run.sizeBytes)
    run.segment.needsSync = true
    if (run.isSilent) return
    run.segment.wrote(run.position + run.sizeBytes)
    this.#observer.onRunWritten(run.endOffset)
  }

  // What follows in the queue would leave a hole behind it: it goes the same way.
  #fail(error: unknown, run: Run): void {
    let lostBytes = run.sizeBytes
    for (const step of this.#steps) if (typeof step !== 'function') lostBytes += step.sizeBytes
    this.#scheduler.onQueuedBytes(-lostBytes)
    this.#steps = this.#steps.filter((step) => typeof step === 'function')
    this.#observer.onWriteFailed(error)
  }

  #act(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#observer.onActionFailed(error)
    }
  }

  /** The first part of a run that is too long for one write; the rest goes back to the head of the queue. */
  #cutToLimit(run: Run): Run {
    if (run.sizeBytes <= MAX_WRITE_BYTES || run.chunks.length === 1) return run
    let count = 1
    let sizeBytes = run.chunks[0]?.length ?? 0
    while (count < run.chunks.length) {
      const next = run.chunks[count]?.length ?? 0
      if (sizeBytes + next > MAX_WRITE_BYTES) break
      sizeBytes += next
      count++
    }
    if (count === run.chunks.length) return run
    const { segment, position, chunks, endOffset } = run
    const rest = {
      segment,
      position: position + sizeBytes,
      chunks: chunks.slice(count),
      sizeBytes: run.sizeBytes - sizeBytes,
      endOffset,
      isSilent: false,
    }
    this.#steps.unshift(rest)
    return {
      segment,
      position,
      chunks: chunks.slice(0, count),
      sizeBytes,
      endOffset: firstOffsetOf(rest.chunks),
      isSilent: false,
    }
  }

  #tellIdle(): void {
    const waiters = this.#idleWaiters
    this.#idleWaiters = []
    for (const tell of waiters) tell()
  }
}

function continues(run: Run, segment: Segment, position: number): boolean {
  return run.segment === segment && run.position + run.sizeBytes === position
}

function firstOffsetOf(chunks: readonly Buffer[]): number {
  const [first] = chunks
  return first === undefined ? 0 : readBaseOffset(first, 0)
}
