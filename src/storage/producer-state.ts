/**
 * Who has produced to a log: the last sequence of every idempotent producer, which transactions are open and which have
 * ended. From this come the refusal of duplicates and gaps (KIP-98, KIP-360), fencing by epoch, and how far
 * read_committed consumers may read.
 *
 * Sources: apache/kafka `ProducerStateManager.java`, `ProducerAppendInfo.java`.
 */
import { KafkaError } from '../wire/errors.ts'
import {
  isControl,
  isTransactional,
  readAttributes,
  readBaseOffset,
  readBaseSequence,
  readLastOffsetDelta,
  readMaxTimestamp,
  readProducerEpoch,
  readProducerId,
} from '../wire/records/batch-header.ts'
import { readEndTransactionMarker } from './end-transaction-marker.ts'
import { lastSequenceOf, NO_PRODUCER_EPOCH, type ProducedBatch, ProducerEntry } from './producer-entry.ts'

/**
 * Where an append comes from: `client` is checked in full, `coordinator` (offset commits within a transaction, markers)
 * carries no sequences, `replication` was checked by the leader.
 */
export type AppendOrigin = 'client' | 'coordinator' | 'replication'

/** A transaction that has ended. */
export interface EndedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** The offset of the marker. */
  readonly lastOffset: number
  readonly aborted: boolean
}

/** What a batch does to the state of its producer, before anything is done. */
export interface StagedBatch {
  readonly entry: ProducerEntry
  readonly ended: EndedTransaction | undefined
}

/** An aborted transaction as the transaction index keeps it. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  /** The last stable offset once the marker was written. */
  readonly lastStableOffset: number
}

export class ProducerState {
  /** `topic-partition`, for messages. */
  readonly #name: string
  #entries = new Map<number, ProducerEntry>()
  /** First offsets of open transactions by producer id; as offsets only grow, in the order of the map. */
  #open = new Map<number, number>()
  /** Transactions whose marker may still lie above the high watermark, in the order of their markers. */
  #unreplicated: EndedTransaction[] = []

  constructor(name: string) {
    this.#name = name
  }

  get size(): number {
    return this.#entries.size
  }

  entries(): IterableIterator<ProducerEntry> {
    return this.#entries.values()
  }

  get(producerId: number): ProducerEntry | undefined {
    return this.#entries.get(producerId)
  }

  /** The batch at `at`, if the same was appended before: the answer is that append's, and nothing is written. */
  duplicateOf(bytes: Buffer, at: number): ProducedBatch | undefined {
    const entry = this.#entries.get(readProducerId(bytes, at))
    if (entry === undefined) return undefined
    const first = readBaseSequence(bytes, at)
    const last = lastSequenceOf(first, readLastOffsetDelta(bytes, at))
    return entry.duplicateOf(readProducerEpoch(bytes, at), first, last)
  }

  /**
   * Checks the batch at `at`, which is to get `baseOffset`, and works out its producer's next state. `current` is
   * that state where an earlier batch of the same append has already changed it. Nothing is changed.
   *
   * Throws OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, TRANSACTION_COORDINATOR_FENCED.
   */
  stage(
    bytes: Buffer,
    at: number,
    baseOffset: number,
    origin: AppendOrigin,
    current?: ProducerEntry,
    transactionVersion = 0,
  ): StagedBatch {
    const producerId = readProducerId(bytes, at)
    const known = current ?? this.#entries.get(producerId)
    const entry = known?.clone() ?? new ProducerEntry(producerId)
    const place = `producer ${producerId} at offset ${baseOffset} in partition ${this.#name}`
    if (isControl(readAttributes(bytes, at)))
      return stageMarker(entry, bytes, at, { baseOffset, origin, place, transactionVersion })
    checkEpoch(entry, readProducerEpoch(bytes, at), origin, place)
    if (origin === 'client') checkSequence(entry, bytes, at, place)
    addBatch(entry, bytes, at, baseOffset, place)
    return { entry, ended: undefined }
  }

  /** Makes staged batches the state. Returns the transactions that they aborted, for the index. */
  commit(staged: readonly StagedBatch[]): AbortedTransaction[] {
    const aborted: AbortedTransaction[] = []
    for (const { entry, ended } of staged) {
      this.#entries.set(entry.producerId, entry)
      if (ended !== undefined) {
        const lastStableOffset = this.#stableAfter(ended)
        this.#open.delete(ended.producerId)
        this.#unreplicated.push(ended)
        if (ended.aborted) aborted.push({ ...ended, lastStableOffset })
      } else if (entry.transactionFirstOffset !== undefined && !this.#open.has(entry.producerId)) {
        this.#open.set(entry.producerId, entry.transactionFirstOffset)
      }
    }
    return aborted
  }

  /** Takes over a batch that is already in the log: while recovering, or replaying after a truncation. */
  replay(bytes: Buffer, at: number): AbortedTransaction[] {
    if (readProducerId(bytes, at) < 0) return []
    return this.commit([this.stage(bytes, at, readBaseOffset(bytes, at), 'replication')])
  }

  /**
   * The first offset of which it isn't yet certain whether its transaction is committed: an open transaction's, or
   * that of one whose marker isn't below the high watermark. `undefined` if there is none.
   */
  firstUnstableOffset(highWatermark: number): number | undefined {
    let first = this.firstOpenOffset
    this.#forgetReplicated(highWatermark)
    for (const { firstOffset } of this.#unreplicated)
      if (first === undefined || firstOffset < first) first = firstOffset
    return first
  }

  /** Where the oldest open transaction began. */
  get firstOpenOffset(): number | undefined {
    const [first] = this.#open.values()
    return first
  }

  /** Forgets producers without an open transaction that have been idle for so long. */
  expire(nowMs: number, expirationMs: number): void {
    for (const [producerId, entry] of this.#entries) {
      const idle = entry.transactionFirstOffset === undefined
      if (idle && nowMs - Number(entry.lastTimestamp) >= expirationMs) this.#entries.delete(producerId)
    }
  }

  /** Starts over with the entries of a snapshot, or with none. */
  reset(entries: readonly ProducerEntry[] = []): void {
    this.#entries = new Map(entries.map((entry) => [entry.producerId, entry]))
    this.#unreplicated = []
    this.#open = new Map()
    const open = entries.filter((entry) => entry.transactionFirstOffset !== undefined)
    open.sort((one, other) => (one.transactionFirstOffset ?? 0) - (other.transactionFirstOffset ?? 0))
    for (const entry of open) this.#open.set(entry.producerId, entry.transactionFirstOffset ?? 0)
  }

  #stableAfter(ended: EndedTransaction): number {
    for (const [producerId, firstOffset] of this.#open)
      if (producerId !== ended.producerId) return firstOffset
    return ended.lastOffset + 1
  }

  #forgetReplicated(highWatermark: number): void {
    let replicated = 0
    while ((this.#unreplicated[replicated]?.lastOffset ?? Number.POSITIVE_INFINITY) < highWatermark)
      replicated++
    if (replicated > 0) this.#unreplicated.splice(0, replicated)
  }
}

function addBatch(entry: ProducerEntry, bytes: Buffer, at: number, baseOffset: number, place: string): void {
  const offsetDelta = readLastOffsetDelta(bytes, at)
  entry.add(readProducerEpoch(bytes, at), {
    lastSequence: lastSequenceOf(readBaseSequence(bytes, at), offsetDelta),
    lastOffset: baseOffset + offsetDelta,
    offsetDelta,
    timestamp: readMaxTimestamp(bytes, at),
  })
  const transactional = isTransactional(readAttributes(bytes, at))
  if (transactional) entry.transactionFirstOffset ??= baseOffset
  else if (entry.transactionFirstOffset !== undefined)
    throw new KafkaError('INVALID_TXN_STATE', `Expected transactional write from ${place}`)
}

interface MarkerContext {
  readonly baseOffset: number
  readonly origin: AppendOrigin
  readonly place: string
  readonly transactionVersion: number
}

function stageMarker(entry: ProducerEntry, bytes: Buffer, at: number, context: MarkerContext): StagedBatch {
  const marker = readEndTransactionMarker(bytes, at)
  // Compaction may have left the batch without its marker: the whole transaction is gone.
  if (marker === undefined) return { entry, ended: undefined }
  const epoch = readProducerEpoch(bytes, at)
  if (context.origin !== 'replication') checkMarker(entry, epoch, marker.coordinatorEpoch, context)
  const firstOffset = entry.transactionFirstOffset
  entry.setEpoch(epoch)
  entry.coordinatorEpoch = marker.coordinatorEpoch
  entry.lastTimestamp = marker.timestamp
  entry.transactionFirstOffset = undefined
  if (firstOffset === undefined) return { entry, ended: undefined }
  const { producerId } = entry
  return {
    entry,
    ended: { producerId, firstOffset, lastOffset: context.baseOffset, aborted: !marker.committed },
  }
}

// With transactions v2 (KIP-890) the coordinator raises the epoch before it writes the marker, so an equal epoch is a late
// marker, unless it is a retry of one that did its work (KAFKA-19999).
function checkMarker(
  entry: ProducerEntry,
  epoch: number,
  coordinatorEpoch: number,
  context: MarkerContext,
): void {
  const late = context.transactionVersion >= 2 && epoch === entry.epoch
  if (epoch < entry.epoch || (late && entry.transactionFirstOffset !== undefined))
    throw invalidEpoch(entry, epoch, context.place)
  if (entry.coordinatorEpoch > coordinatorEpoch) {
    throw new KafkaError(
      'TRANSACTION_COORDINATOR_FENCED',
      `Invalid coordinator epoch for ${context.place}: ${coordinatorEpoch} (zombie), ${entry.coordinatorEpoch} (current)`,
    )
  }
}

function checkEpoch(entry: ProducerEntry, epoch: number, origin: AppendOrigin, place: string): void {
  if (epoch < entry.epoch && origin !== 'replication') throw invalidEpoch(entry, epoch, place)
}

function invalidEpoch(entry: ProducerEntry, epoch: number, place: string): KafkaError {
  return new KafkaError(
    'INVALID_PRODUCER_EPOCH',
    `Epoch of ${place} is ${epoch}, which is smaller than the last seen epoch ${entry.epoch}`,
  )
}

// A producer that the log knows nothing of may begin anywhere: what it wrote before may have been deleted (KIP-360).
function checkSequence(entry: ProducerEntry, bytes: Buffer, at: number, place: string): void {
  if (entry.epoch === NO_PRODUCER_EPOCH) return
  const first = readBaseSequence(bytes, at)
  const inOrder = readProducerEpoch(bytes, at) === entry.epoch ? entry.continuesWith(first) : first === 0
  if (inOrder) return
  throw new KafkaError(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `Out of order sequence number for ${place}: ${first} (incoming seq. number), ${entry.lastSequence} (current end sequence number)`,
  )
}
