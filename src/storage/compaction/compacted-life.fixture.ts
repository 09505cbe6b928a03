/** A compacted log beside the array of all that was ever appended to it, and what must be true of the two. */
import { expect } from 'vitest'
import type { MemoryDisk } from '../../runtime/memory-disk.ts'
import type { CodecName } from '../../wire/compression/codec.ts'
import { buildBatch } from '../../wire/records/batch-builder.ts'
import { isUndamaged } from '../../wire/records/batch-crc.ts'
import {
  isControl,
  isTransactional,
  readAttributes,
  readBaseOffset,
  readBatchSizeBytes,
  readLastOffset,
  readProducerId,
} from '../../wire/records/batch-header.ts'
import { readMarker } from '../../wire/records/control-record.ts'
import { recordsOf } from '../../wire/records/record-iteration.ts'
import { eventsOf, markerOf, nextLife, openDirectory } from '../log.fixture.ts'
import type { Log } from '../log.ts'
import { defaultLogConfig, type LogConfig } from '../log-config.ts'
import { defaultCleanerConfig } from './cleaner-config.ts'
import { type Compacted, commit } from './compaction.fixture.ts'

export interface Written {
  readonly offset: number
  readonly key: string
  /** `null` for a tombstone. */
  readonly value: string | null
  readonly timestamp: bigint
  readonly epoch: number
  readonly producerId: number
  readonly sequence: number
  outcome: 'plain' | 'open' | 'committed' | 'aborted' | 'marker'
}

export interface NewData {
  /** Keys, and whether each is a tombstone. */
  readonly records: readonly { readonly key: number; readonly isTombstone: boolean }[]
  readonly producer: number
  readonly transactional: boolean
  readonly codec: CodecName
}

export const lifeConfig: LogConfig = {
  ...defaultLogConfig,
  compacts: true,
  deletes: false,
  minCleanableRatio: 0,
  deleteRetentionMs: 5000,
  segmentBytes: 2000,
  indexIntervalBytes: 200,
}

const cleaner = { ...defaultCleanerConfig, eager: false, backoffMs: 1e9, dedupeBufferBytes: 24 * 40 }
export const lifeOptions = { cleaner: () => cleaner }

export class CompactedLife implements Compacted {
  written: Written[] = []
  epoch = 0
  #counter = 0
  runtime: Compacted['runtime']
  directory: Compacted['directory']
  log: Log

  constructor({ runtime, directory, log }: Compacted) {
    this.runtime = runtime
    this.directory = directory
    this.log = log
  }

  append({ records, producer, transactional, codec }: NewData): void {
    const hasOpen = this.written.some((record) => record.producerId === producer && record.outcome === 'open')
    const isTransactional = producer >= 0 && (transactional || hasOpen)
    const timestamp = BigInt(this.runtime.clock.nowMs())
    const sequence = producer < 0 ? -1 : (this.log.producers.get(producer)?.lastSequence ?? -1) + 1
    const texts = records.map(({ key, isTombstone }) => ({
      key: `k${key}`,
      value: isTombstone ? null : `${this.#counter++}`.padEnd(30, '.'),
    }))
    const batch = buildBatch({
      records: texts.map(({ key, value }) => ({
        key: Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        timestamp,
      })),
      codec,
      transactional: isTransactional,
      ...(producer < 0 ? {} : { producerId: producer, producerEpoch: 0, baseSequence: sequence }),
    })
    const { baseOffset } = this.log.append(batch, { leaderEpoch: this.epoch })
    for (const [index, text] of texts.entries())
      this.written.push({
        ...text,
        offset: baseOffset + index,
        timestamp,
        epoch: this.epoch,
        producerId: producer,
        sequence: sequence + index,
        outcome: isTransactional ? 'open' : 'plain',
      })
  }

  end(producer: number, committed: boolean): void {
    const open = this.written.filter((record) => record.producerId === producer && record.outcome === 'open')
    if (open.length === 0) return
    const marker = markerOf(committed, producer, 0, 1)
    const { baseOffset } = this.log.append(marker, { leaderEpoch: this.epoch, origin: 'coordinator' })
    for (const record of open) record.outcome = committed ? 'committed' : 'aborted'
    const { epoch } = this
    const common = { key: '', value: '', timestamp: 5n, epoch, producerId: producer, sequence: -1 }
    this.written.push({ ...common, offset: baseOffset, outcome: 'marker' })
  }

  async compact(): Promise<void> {
    await commit(this)
    await this.directory.compact()
  }

  async reopen(disk: MemoryDisk): Promise<void> {
    this.runtime = nextLife(this.runtime, disk)
    this.directory = await openDirectory(this.runtime, lifeConfig, lifeOptions)
    this.log = eventsOf(this.directory)
    this.log.updateConfig(lifeConfig)
    this.log.highWatermark = this.log.logEndOffset
  }

  /** After an unclean end: what was appended last may be lost, and with it the end of a transaction. */
  forgetFrom(offset: number): void {
    const lost = this.written.filter((record) => record.offset >= offset)
    this.written = this.written.filter((record) => record.offset < offset)
    for (const marker of lost.filter(({ outcome }) => outcome === 'marker'))
      for (const record of this.written)
        if (
          record.producerId === marker.producerId &&
          record.outcome !== 'plain' &&
          record.outcome !== 'marker'
        )
          if (!this.#hasMarkerAfter(record)) record.outcome = 'open'
  }

  #hasMarkerAfter({ producerId, offset }: Written): boolean {
    return this.written.some(
      (other) => other.outcome === 'marker' && other.producerId === producerId && other.offset > offset,
    )
  }

  async check(): Promise<void> {
    const { log, written } = this
    expect(log.state, log.damage).toBe('open')
    expect(log.logEndOffset).toBe((written.at(-1)?.offset ?? -1) + 1)
    const left = await everythingIn(log)
    const byOffset = new Map(written.map((record) => [record.offset, record]))
    for (const record of left) expect(record).toEqual(shown(byOffset.get(record.offset)))
    for (const { offset } of left) expect(log.epochs.epochOf(offset)).toBe(byOffset.get(offset)?.epoch)
    this.#checkLatest(left)
    this.#checkCommitted(await committedIn(log))
    this.#checkActive(left)
    await this.#checkReads(left)
    this.#checkProducers()
  }

  /** Of each key what was written last, by no aborted transaction, is there, unless it is a tombstone. */
  #checkLatest(left: readonly Shown[]): void {
    const offsets = new Set(left.map(({ offset }) => offset))
    for (const record of this.#latest().values())
      if (record.value !== null) expect(offsets, `${record.key} of ${record.offset}`).toContain(record.offset)
  }

  /** Who reads committed records only and keeps the last of each key has what he would have without compaction. */
  #checkCommitted(committed: readonly Shown[]): void {
    const state = new Map<string, string>()
    for (const { key, value } of committed) {
      if (value === null) state.delete(key)
      else state.set(key, value)
    }
    const expected = [...this.#latest(this.log.lastStableOffset(this.log.logEndOffset)).values()]
    const values = expected
      .filter(({ value }) => value !== null)
      .map(({ key, value }) => [key, value] as const)
    expect(new Map(state)).toEqual(new Map(values))
    const known = new Map(this.written.map((record) => [record.offset, record]))
    for (const { offset } of committed) expect(['plain', 'committed']).toContain(known.get(offset)?.outcome)
  }

  /** What isn't compacted is whole. */
  #checkActive(left: readonly Shown[]): void {
    const from = this.log.segments.at(-1)?.baseOffset ?? 0
    const inActive = (record: { offset: number }): boolean => record.offset >= from
    const expected = this.written.filter((record) => inActive(record) && record.outcome !== 'marker')
    expect(left.filter(inActive)).toEqual(expected.map(shown))
  }

  async #checkReads(left: readonly Shown[]): Promise<void> {
    for (let offset = this.log.logStartOffset; offset < this.log.logEndOffset; offset += 3) {
      const limits = { maxBytes: 1, maxOffset: this.log.logEndOffset, minOneBatch: true }
      const slice = await this.log.read(offset, limits)
      expect(slice.endOffset).toBeGreaterThan(offset)
      const first = recordsIn(slice.chunks[0] ?? Buffer.alloc(0)).find((record) => record.offset >= offset)
      const next = left.find((record) => record.offset >= offset)
      if (first !== undefined) expect(first).toEqual(next)
      slice.release()
    }
  }

  #checkProducers(): void {
    for (const producerId of [0, 1, 2]) {
      const last = this.written.findLast((record) => record.producerId === producerId && record.sequence >= 0)
      if (last !== undefined) expect(this.log.producers.get(producerId)?.lastSequence).toBe(last.sequence)
    }
    const open = this.written.find(({ outcome }) => outcome === 'open')
    expect(this.log.producers.firstOpenOffset).toBe(open?.offset)
  }

  #latest(before = Number.POSITIVE_INFINITY): Map<string, Written> {
    const latest = new Map<string, Written>()
    for (const record of this.written) {
      const counts = record.outcome === 'plain' || record.outcome === 'committed'
      if (counts && record.offset < before) latest.set(record.key, record)
    }
    return latest
  }
}

interface Shown {
  readonly offset: number
  readonly key: string
  readonly value: string | null
  readonly timestamp: bigint
}

function shown(record: Written | undefined): Shown | undefined {
  if (record === undefined) return undefined
  const { offset, key, value, timestamp } = record
  return { offset, key, value, timestamp }
}

async function batchesOf(log: Log, endOffset: number): Promise<{ bytes: Buffer; at: number }[]> {
  const found: { bytes: Buffer; at: number }[] = []
  for (let next = log.logStartOffset; next < endOffset; ) {
    const slice = await log.read(next, { maxBytes: 5000, maxOffset: endOffset, minOneBatch: true })
    if (slice.sizeBytes === 0) break
    for (const chunk of slice.chunks) {
      const bytes = Buffer.from(chunk)
      for (let at = 0; at < bytes.length; at += readBatchSizeBytes(bytes, at)) found.push({ bytes, at })
    }
    next = slice.endOffset
    slice.release()
  }
  return found
}

/** The records of clients in a chunk of batches, which must be in order and sound. */
function recordsIn(chunk: Buffer): Shown[] {
  const found: Shown[] = []
  for (let at = 0; at < chunk.length; at += readBatchSizeBytes(chunk, at))
    if (!isControl(readAttributes(chunk, at))) found.push(...recordsAt(chunk, at))
  return found
}

function recordsAt(chunk: Buffer, at: number): Shown[] {
  expect(isUndamaged(chunk, at)).toBe(true)
  return [...recordsOf(chunk, at)].map(({ offset, key, value, timestamp }) => {
    return { offset, key: String(key), value: value === null ? null : String(value), timestamp }
  })
}

async function everythingIn(log: Log): Promise<Shown[]> {
  const found: Shown[] = []
  let endOffset = 0
  for (const { bytes, at } of await batchesOf(log, log.logEndOffset)) {
    expect(readBaseOffset(bytes, at)).toBeGreaterThanOrEqual(endOffset)
    endOffset = readLastOffset(bytes, at) + 1
    if (!isControl(readAttributes(bytes, at))) found.push(...recordsAt(bytes, at))
  }
  const offsets = found.map(({ offset }) => offset)
  expect(offsets).toEqual([...new Set(offsets)].sort((one, other) => one - other))
  return found
}

/** As a consumer with read_committed does it: by the aborted transactions that the broker names, and the markers. */
async function committedIn(log: Log): Promise<Shown[]> {
  const stable = log.lastStableOffset(log.logEndOffset)
  const aborted = [...log.abortedTransactions(log.logStartOffset, stable)]
  const abortedProducers = new Set<number>()
  const found: Shown[] = []
  for (const { bytes, at } of await batchesOf(log, stable)) {
    const producerId = readProducerId(bytes, at)
    while (aborted[0] !== undefined && aborted[0].firstOffset <= readLastOffset(bytes, at))
      abortedProducers.add(aborted.shift()?.producerId ?? -1)
    if (isControl(readAttributes(bytes, at))) {
      if (readMarker(bytes, at)?.type === 'ABORT') abortedProducers.delete(producerId)
    } else if (!isTransactional(readAttributes(bytes, at)) || !abortedProducers.has(producerId)) {
      found.push(...recordsAt(bytes, at))
    }
  }
  return found
}
