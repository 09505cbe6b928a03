/** A log beside the array of records that it should be, and steps at random that both take. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { MemoryDisk } from '../runtime/memory-disk.ts'
import { SeededRandom } from '../runtime/seeded-random.ts'
import { crc32c } from '../wire/crc32c.ts'
import { buildBatch } from '../wire/records/batch-builder.ts'
import { CRC_START, readBatchSizeBytes, readCrc } from '../wire/records/batch-header.ts'
import { recordsOf } from '../wire/records/record-iteration.ts'
import { openDirectory, type TestRuntime, TOPIC_ID, testRuntime } from './log.fixture.ts'
import type { Log } from './log.ts'
import { defaultLogConfig, type LogConfig } from './log-config.ts'
import type { LogDirectory } from './log-directory.ts'
import type { LogSlice } from './log-slice.ts'

/** So large that segments have index files. */
const LARGE = 200

export const config: LogConfig = {
  ...defaultLogConfig,
  segmentBytes: 6000,
  indexIntervalBytes: 300,
  segmentMs: 50_000,
  retentionMs: 100_000,
}

export interface ModelRecord {
  readonly offset: number
  readonly text: string
  readonly timestamp: bigint
  readonly epoch: number
  readonly producerId: number
  readonly sequence: number
}

export type Step =
  | { kind: 'append'; count: number; bytes: number; producer: number; ageMs: number; newEpoch: boolean }
  | { kind: 'read' | 'deleteRecords' | 'truncate'; part: number; maxBytes: number }
  | { kind: 'tick' | 'roll' | 'flush' | 'chores' | 'retention' | 'restart' | 'kill' | 'restartAnew' }
  | { kind: 'powerCut'; seed: number; scattered: boolean }

const part = fc.double({ min: 0, max: 1, noNaN: true })
export const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      count: fc.integer({ min: 1, max: 5 }),
      bytes: fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: 0, max: 400 }) },
        fc.integer({ min: 500, max: 1100 }),
      ),
      producer: fc.integer({ min: -1, max: 2 }),
      ageMs: fc.integer({ min: 0, max: 5000 }),
      newEpoch: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('read' as const, 'read' as const, 'deleteRecords' as const, 'truncate' as const),
      part,
      maxBytes: fc.integer({ min: 1, max: 8000 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...([
          'tick',
          'tick',
          'tick',
          'roll',
          'flush',
          'chores',
          'retention',
          'restart',
          'kill',
          'restartAnew',
        ] as const),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('powerCut' as const),
      seed: fc.integer({ min: 0, max: 1_000_000 }),
      scattered: fc.boolean(),
    }),
  },
)

/** A log beside the array that it should be. */
export class Life {
  runtime: TestRuntime
  directory: LogDirectory
  log: Log
  records: ModelRecord[] = []
  logStart = 0
  logEnd = 0
  epoch = 0
  /** What the log was before each cut that isn't synced: a power cut may bring that back. */
  past: ModelRecord[][] = []
  counter = 0
  factor = 1
  config = config

  /** A new log with batches that are written on the main thread or, `isLarge`, off it. */
  static async begin(disk: MemoryDisk, { isLarge }: { isLarge: boolean }): Promise<Life> {
    const runtime = testRuntime(disk)
    const directory = await openDirectory(runtime, config)
    const log = directory.createLog('events', 0, TOPIC_ID, config)
    await runtime.disk.syncFolder('')
    const life = new Life(runtime, directory, log)
    if (isLarge) life.grow(LARGE)
    return life
  }

  private constructor(runtime: TestRuntime, directory: LogDirectory, log: Log) {
    this.runtime = runtime
    this.directory = directory
    this.log = log
  }

  append(step: Extract<Step, { kind: 'append' }>): void {
    if (step.newEpoch) this.epoch++
    const { producer, count } = step
    const first = producer < 0 ? -1 : this.nextSequence(producer)
    const timestamp = BigInt(this.runtime.clock.nowMs() - step.ageMs)
    const texts = Array.from({ length: count }, () =>
      `${this.counter++}`.padEnd(step.bytes * this.factor, '.'),
    )
    const batch = buildBatch({
      records: texts.map((text, index) => ({
        value: Buffer.from(text),
        timestamp: timestamp + BigInt(index % 2),
      })),
      ...(producer < 0 ? {} : { producerId: producer, producerEpoch: 0, baseSequence: first }),
    })
    const info = this.log.append(batch, { leaderEpoch: this.epoch })
    expect(info).toMatchObject({ baseOffset: this.logEnd, duplicate: false })
    for (const [index, text] of texts.entries()) {
      this.records.push({
        offset: this.logEnd++,
        text,
        timestamp: timestamp + BigInt(index % 2),
        epoch: this.epoch,
        producerId: producer,
        sequence: first + index,
      })
    }
  }

  /** The sequence after the producer's last one that is still in the log, or that the log remembers. */
  nextSequence(producerId: number): number {
    return (this.log.producers.get(producerId)?.lastSequence ?? -1) + 1
  }

  cutTo(offset: number): void {
    this.records = this.records.filter((record) => record.offset < offset)
    this.logEnd = offset
    this.logStart = Math.min(this.logStart, offset)
  }

  async reopen(disk: MemoryDisk): Promise<void> {
    disk.delay = this.runtime.disk.delay
    this.runtime = testRuntime(disk, this.runtime.clock)
    this.directory = await openDirectory(this.runtime, this.config)
    // A log that never got a record down is not there; its owner makes it anew.
    this.log = this.directory.log('events', 0) ?? this.directory.createLog('events', 0, TOPIC_ID, this.config)
    this.log.highWatermark = this.log.logEndOffset
  }

  /** Makes batches, and segments with them, so many times larger: large writes go off the main thread. */
  grow(factor: number): void {
    this.factor = factor
    this.config = { ...config, segmentBytes: factor * config.segmentBytes }
    this.log.updateConfig(this.config)
  }

  noteCut(): void {
    this.past.push(this.records)
  }

  /** Of the states that a power cut may have left, the one that the log is in. */
  async chooseState(): Promise<void> {
    const got = await everythingIn(this.log)
    const isPrefix = (records: ModelRecord[]): boolean => {
      const expected = records
        .filter((record) => record.offset >= this.log.logStartOffset)
        .slice(0, got.length)
      return JSON.stringify(expected.map(shown)) === JSON.stringify(got)
    }
    if (!isPrefix(this.records)) this.records = this.past.find(isPrefix) ?? this.records
    this.past = []
    if (this.records.length > 0) this.logEnd = (this.records.at(-1)?.offset ?? 0) + 1
    else this.logEnd = this.logStart = this.log.logEndOffset
    this.epoch = Math.max(this.epoch, this.log.latestEpoch ?? 0)
  }

  /** After an unclean end: everything up to `safe` must be there, what was appended later may be. */
  takeOver(safe: number, start: { atLeast: number }): void {
    const end = this.log.logEndOffset
    expect(end, 'synced records are kept').toBeGreaterThanOrEqual(Math.min(safe, this.logEnd))
    expect(end, 'nothing is there that was not appended').toBeLessThanOrEqual(this.logEnd)
    this.cutTo(end)
    expect(this.log.logStartOffset).toBeGreaterThanOrEqual(Math.min(start.atLeast, end))
    expect(this.log.logStartOffset).toBeLessThanOrEqual(Math.max(this.logStart, start.atLeast))
    this.logStart = this.log.logStartOffset
  }
}

async function readAt(life: Life, offset: number, maxBytes: number, maxOffset: number): Promise<void> {
  const limits = { maxBytes, maxOffset, minOneBatch: true }
  const slice = await life.log.read(offset, limits)
  const got = recordsIn(slice).filter((record) => record.offset >= offset)
  expect(got.length > 0).toBe(offset < Math.min(life.logEnd, maxOffset))
  const expected = life.records.filter((record) => record.offset >= offset).slice(0, got.length)
  expect(got).toEqual(expected.map((record) => ({ offset: record.offset, text: record.text })))
  slice.release()
}

function shown({ offset, text }: { offset: number; text: string }): { offset: number; text: string } {
  return { offset, text }
}

async function everythingIn(log: Log): Promise<{ offset: number; text: string }[]> {
  const got: { offset: number; text: string }[] = []
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const slice = await log.read(offset, {
      maxBytes: 30_000,
      maxOffset: Number.MAX_SAFE_INTEGER,
      minOneBatch: true,
    })
    expect(
      slice.sizeBytes,
      `bytes at ${offset} of ${log.logStartOffset} to ${log.logEndOffset}`,
    ).toBeGreaterThan(0)
    got.push(...recordsIn(slice).filter((record) => record.offset >= offset))
    offset = slice.endOffset
    slice.release()
  }
  return got
}

export function recordsIn(slice: LogSlice): { offset: number; text: string }[] {
  const found: { offset: number; text: string }[] = []
  for (const chunk of slice.chunks) {
    for (let at = 0; at < chunk.length; at += readBatchSizeBytes(chunk, at)) {
      expect(readCrc(chunk, at)).toBe(crc32c(chunk, at + CRC_START, at + readBatchSizeBytes(chunk, at)))
      for (const { offset, value } of recordsOf(chunk, at)) found.push({ offset, text: String(value) })
    }
  }
  return found
}

export async function checkAll(life: Life): Promise<void> {
  const { log } = life
  expect([log.state, log.logStartOffset, log.logEndOffset]).toEqual(['open', life.logStart, life.logEnd])
  const visible = life.records.filter((record) => record.offset >= life.logStart)
  expect(await everythingIn(log)).toEqual(visible.map(shown))
  for (const record of visible) expect(log.epochs.epochOf(record.offset)).toBe(record.epoch)
  for (const target of visible.filter((_, index) => index % 5 === 0)) {
    const first = visible.find((record) => record.timestamp >= target.timestamp)
    expect(await log.offsetForTimestamp(target.timestamp)).toEqual(
      first && { offset: first.offset, timestamp: first.timestamp, leaderEpoch: first.epoch },
    )
  }
  for (const producerId of [0, 1, 2]) {
    const last = visible.findLast((record) => record.producerId === producerId)
    if (last !== undefined) expect(log.producers.get(producerId)?.lastSequence).toBe(last.sequence)
  }
}

async function flush(life: Life): Promise<void> {
  life.runtime.clock.runDeferred()
  await life.log.store.writer.whenIdle()
  await life.log.flush()
  life.past = []
}

export async function take(life: Life, step: Step): Promise<void> {
  const { log, runtime } = life
  switch (step.kind) {
    case 'append':
      return life.append(step)
    case 'read': {
      const offset = life.logStart + Math.floor(step.part * (life.logEnd - life.logStart))
      return readAt(life, offset, step.maxBytes, Math.max(life.logEnd - (step.maxBytes % 3), offset))
    }
    case 'deleteRecords': {
      life.logStart += Math.floor(step.part * (life.logEnd - life.logStart))
      return log.deleteRecordsBefore(life.logStart)
    }
    case 'truncate': {
      const offset = life.logEnd - Math.floor(step.part * step.part * (life.logEnd - life.logStart))
      life.noteCut()
      log.truncateTo(offset)
      expect(log.logEndOffset).toBeLessThanOrEqual(offset)
      return life.cutTo(log.logEndOffset)
    }
    case 'tick':
      return runtime.clock.runDeferred()
    case 'roll':
      return log.roll()
    case 'flush':
      return flush(life)
    case 'chores':
      return life.directory.runChores()
    case 'retention': {
      runtime.clock.advance(20_000)
      log.highWatermark = log.writtenOffset
      log.applyRetention(runtime.clock.nowMs())
      life.logStart = log.logStartOffset
      return
    }
    case 'restartAnew': {
      const offset = life.logEnd + 10
      life.noteCut()
      log.truncateFully(offset)
      life.records = []
      life.logStart = offset
      life.logEnd = offset
      return
    }
    default:
      return endAndReopen(life, step)
  }
}

async function endAndReopen(life: Life, step: Step): Promise<void> {
  const { log, runtime } = life
  if (step.kind === 'restart') {
    await life.directory.close()
    life.past = []
    await life.reopen(runtime.disk)
    return
  }
  const start = { atLeast: 0 }
  if (step.kind === 'kill') {
    // With writes under way when the log was cut, what is written is known only once they are done.
    const safe = life.past.length > 0 && !log.store.writer.isIdle ? 0 : log.store.writtenOffset
    const { past } = life
    await life.reopen(runtime.disk.killProcess())
    await life.chooseState()
    // The next process finds the cuts as they were, synced or not.
    life.past = past
    life.takeOver(life.records.some((record) => record.offset < safe) ? safe : 0, start)
    return
  }
  if (step.kind !== 'powerCut') return
  // Where pages are written in any order, a lost cut leaves what nobody could tell from batches.
  if (step.scattered && life.past.length > 0) await flush(life)
  const { recoveryPoint } = log
  const safe = life.records.some((record) => record.offset < recoveryPoint) ? recoveryPoint : 0
  await life.reopen(runtime.disk.crash(new SeededRandom(step.seed), { scattered: step.scattered }))
  if (life.log.state === 'quarantined') {
    expect(step.scattered, 'only a medium that reorders writes leaves damage').toBe(true)
    expect(() => life.log.append(buildBatch({ records: [{}] }), { leaderEpoch: 0 })).toThrow(/quarantined/)
    life.log = await life.directory.acceptLoss(life.log)
  }
  await life.chooseState()
  life.takeOver(safe, start)
}
