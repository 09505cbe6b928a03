/**
 * Random lives of a log that end with a flipped bit in one of its files, between a stop or a death and the next opening.
 * The rule that is held:
 *
 * - What is read is what was appended, or an error, or has a wrong CRC. A batch of a log that was closed in order isn't
 *   read before somebody asks for it, and is then served as it lies, as Kafka does: every consumer checks the CRC, and so
 *   does the broker wherever it reads records for itself.
 * - No CRC covers a batch's base offset, its length and its leader epoch. Base offset and length are held against the
 *   batches around it, in every read and every scan, and the log's end. Nothing tells a leader epoch that a bit has
 *   changed, as long as it contradicts no other: the records are right, their epoch is not.
 * - Nothing is lost without a word: a log that is served ends where it ended, or has told what it has cut.
 * - Indexes, snapshots and the summary of a clean stop are caches: with a bit flipped in them all is as it was.
 * - Kafka's checkpoints are numbers in text without a checksum. One that is no number is not believed; one that is may
 *   hide records (a log start offset too high) or show deleted ones again, but never changes or removes any, unless
 *   retention comes to do it. A recovery point that is too high quarantines.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogFields, Logger } from '../runtime/log.ts'
import { MemoryDisk } from '../runtime/memory-disk.ts'
import { KafkaError } from '../wire/errors.ts'
import { isUndamaged } from '../wire/records/batch-crc.ts'
import { readBatchSizeBytes } from '../wire/records/batch-header.ts'
import { recordsOf } from '../wire/records/record-iteration.ts'
import { openDirectory } from './log.fixture.ts'
import type { Log } from './log.ts'
import { Life, type Step, steps, take } from './log-life.fixture.ts'
import type { LogSlice } from './log-slice.ts'

const FOLDER = 'events-0'
const LOG_START = 'log-start-offset-checkpoint'

const flips = fc.record({
  /** Which file, of those that there are. */
  file: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  /** Where in it; bits of headers are as likely as all others together. */
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  bit: fc.integer({ min: 0, max: 7 }),
  inHeader: fc.boolean(),
  isClean: fc.boolean(),
})

type Flip = typeof flips extends fc.Arbitrary<infer T> ? T : never

/** The files with something in them, those of the log first. */
function filesOf({ runtime }: Life): string[] {
  const inLog = runtime.disk.list(FOLDER).map(({ name }) => `${FOLDER}/${name}`)
  const beside = runtime.disk.list('').flatMap(({ name, isFolder }) => (isFolder ? [] : [name]))
  return [...inLog, ...beside].filter((path) => (runtime.disk.sizeOf(path) ?? 0) > 0)
}

function flipOne(life: Life, flip: Flip): string {
  const { disk } = life.runtime
  const files = filesOf(life)
  const path = files[Math.floor(flip.file * files.length)] ?? ''
  const starts = path.endsWith('.log') && flip.inHeader ? batchStarts(disk.readWhole(path)) : []
  const start = starts[Math.floor(flip.at * starts.length)]
  const position =
    start === undefined
      ? Math.floor(flip.at * (disk.sizeOf(path) ?? 0))
      : start + (Math.floor(flip.at * 61_000_000) % 61)
  disk.flipBit(path, position, flip.bit)
  return path
}

function batchStarts(bytes: Buffer | undefined): number[] {
  const starts: number[] = []
  for (let at = 0; bytes !== undefined && at + 61 <= bytes.length; at += readBatchSizeBytes(bytes, at))
    starts.push(at)
  return starts
}

/** What a client makes of a slice: the records of its batches, or that a CRC is wrong. */
function asClient(slice: LogSlice, from: number): { offset: number; text: string }[] | 'wrong CRC' {
  const found: { offset: number; text: string }[] = []
  for (const chunk of slice.chunks) {
    for (let at = 0; at < chunk.length; at += readBatchSizeBytes(chunk, at)) {
      if (!isUndamaged(chunk, at)) return found.length > 0 ? found : 'wrong CRC'
      for (const { offset, value } of recordsOf(chunk, at))
        if (offset >= from) found.push({ offset, text: String(value) })
    }
  }
  return found
}

async function outcomeAt(
  log: Log,
  offset: number,
): Promise<{ offset: number; text: string }[] | 'wrong CRC' | 'refused'> {
  try {
    const limits = { maxBytes: 3000, maxOffset: log.logEndOffset, minOneBatch: true }
    const slice = await log.read(offset, limits)
    const got = asClient(slice, offset)
    slice.release()
    return got
  } catch (error) {
    if (error instanceof KafkaError) return 'refused'
    throw error
  }
}

async function timeOutcome(log: Log, timestamp: bigint): Promise<unknown> {
  try {
    return await log.offsetForTimestamp(timestamp)
  } catch (error) {
    if (error instanceof KafkaError) return 'refused'
    throw error
  }
}

/** Holds what is read against the records; gives whether anything could not be. */
async function checkReads(life: Life, log: Log): Promise<boolean> {
  let isWhole = true
  for (const { offset } of life.records) {
    if (offset < log.logStartOffset || offset >= log.logEndOffset) continue
    const got = await outcomeAt(log, offset)
    if (typeof got === 'string') {
      isWhole = false
      continue
    }
    const first = life.records.findIndex((record) => record.offset === offset)
    const expected = life.records.slice(first, first + Math.max(got.length, 1))
    expect(got).toEqual(expected.map((record) => ({ offset: record.offset, text: record.text })))
  }
  return isWhole
}

async function checkTimes(life: Life, log: Log, mayRefuse: boolean): Promise<void> {
  const visible = life.records.filter((record) => record.offset >= log.logStartOffset)
  for (const target of visible.filter((_, index) => index % 5 === 0)) {
    const first = visible.find((record) => record.timestamp >= target.timestamp)
    const got = await timeOutcome(log, target.timestamp)
    if (mayRefuse && got === 'refused') continue
    expect(got).toMatchObject({ offset: first?.offset, timestamp: first?.timestamp })
  }
}

/** Opens what is left, or tells why that was refused. */
async function reopen(life: Life): Promise<{ log: Log; lines: string[] } | undefined> {
  const lines: string[] = []
  const keep = (_fields: LogFields, message: string): void => void lines.push(message)
  const logger: Logger = { enabled: () => true, debug: keep, info: keep, warn: keep, error: keep }
  try {
    const directory = await openDirectory({ ...life.runtime, logger }, life.config)
    const log = directory.log('events', 0)
    return log === undefined ? undefined : { log, lines }
  } catch (error) {
    // `meta.properties` says whose folder it is; with that damaged nothing is opened.
    expect(String(error)).toMatch(/meta\.properties|cluster|node|version/i)
    return undefined
  }
}

async function checkFlipped(life: Life, path: string): Promise<void> {
  const opened = await reopen(life)
  if (opened === undefined) return
  const { log, lines } = opened
  if (log.state === 'quarantined') {
    expect(path).toMatch(/\.log$|checkpoint/)
    expect(lines).toContain('The log is damaged and not served.')
    return
  }
  const isCache = !path.endsWith('.log') && !path.includes('checkpoint')
  const hasCut = lines.some((line) => /^Cut off|begins anew/.test(line))
  expect(log.logEndOffset).toBeLessThanOrEqual(life.logEnd)
  if (!hasCut) expect(log.logEndOffset).toBe(life.logEnd)
  if (hasCut) expect(path).toMatch(/\.log$/)
  // Who dies may not have noted the last deletion.
  if (path !== LOG_START) expect(log.logStartOffset).toBeLessThanOrEqual(life.logStart)
  const isWhole = await checkReads(life, log)
  if (isCache) {
    expect(isWhole, path).toBe(true)
    await checkTimes(life, log, false)
    for (const producerId of [0, 1, 2]) {
      const last = life.records.findLast((record) => record.producerId === producerId)
      if (last !== undefined && last.offset >= log.logStartOffset)
        expect(log.producers.get(producerId)?.lastSequence).toBe(last.sequence)
    }
  }
}

/** Stops in order or dies, with everything written that was appended. */
async function end(life: Life, isClean: boolean): Promise<void> {
  await life.runtime.disk.syncFolder('')
  life.runtime.clock.runDeferred()
  await life.log.store.writer.whenIdle()
  if (isClean) await life.directory.close()
  else life.runtime = { ...life.runtime, disk: life.runtime.disk.killProcess() }
}

const harmless: ReadonlySet<Step['kind']> = new Set(['append', 'read', 'tick', 'roll', 'flush', 'chores'])

test('a flipped bit is an error, or a CRC that is wrong, or makes no difference, and never a record of its own', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        steps.filter(
          (step) => harmless.has(step.kind) || step.kind === 'deleteRecords' || step.kind === 'restart',
        ),
        { minLength: 5, maxLength: 40, size: 'max' },
      ),
      fc.boolean(),
      flips,
      async (plan, isLarge, flip) => {
        const life = await Life.begin(new MemoryDisk({ crashable: true }), { isLarge })
        for (const step of plan) await take(life, step)
        await end(life, flip.isClean)
        const logStart = life.log.logStartOffset
        await checkFlipped(Object.assign(life, { logStart }), flipOne(life, flip))
      },
    ),
    { numRuns: 100, interruptAfterTimeLimit: 6_000 },
  )
})
