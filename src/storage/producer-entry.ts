/** What a log remembers of one producer id. Source: apache/kafka `ProducerStateEntry.java`. */

export const NO_PRODUCER_EPOCH = -1
const NO_SEQUENCE = -1
const MAX_SEQUENCE = 0x7fff_ffff
/** A producer may have five requests in flight, so a retry can be of any of its last five batches. */
const BATCHES_KEPT = 5

/** A batch that was appended. */
export interface ProducedBatch {
  readonly lastSequence: number
  readonly lastOffset: number
  /** The last offset less the first. */
  readonly offsetDelta: number
  readonly timestamp: bigint
}

export class ProducerEntry {
  readonly producerId: number
  epoch = NO_PRODUCER_EPOCH
  coordinatorEpoch = -1
  lastTimestamp = -1n
  /** Where the producer's open transaction began; `undefined` if there is none. */
  transactionFirstOffset: number | undefined
  /** The last batches of the current epoch, oldest first. */
  batches: readonly ProducedBatch[] = []

  constructor(producerId: number) {
    this.producerId = producerId
  }

  clone(): ProducerEntry {
    const copy = new ProducerEntry(this.producerId)
    copy.epoch = this.epoch
    copy.coordinatorEpoch = this.coordinatorEpoch
    copy.lastTimestamp = this.lastTimestamp
    copy.transactionFirstOffset = this.transactionFirstOffset
    copy.batches = this.batches
    return copy
  }

  get lastBatch(): ProducedBatch | undefined {
    return this.batches[this.batches.length - 1]
  }

  get lastSequence(): number {
    return this.lastBatch?.lastSequence ?? NO_SEQUENCE
  }

  add(epoch: number, batch: ProducedBatch): void {
    this.setEpoch(epoch)
    const kept = this.batches.length < BATCHES_KEPT ? this.batches : this.batches.slice(1)
    this.batches = [...kept, batch]
    this.lastTimestamp = batch.timestamp
  }

  /** A new epoch starts a new sequence. */
  setEpoch(epoch: number): void {
    if (this.epoch === epoch) return
    this.epoch = epoch
    this.batches = []
  }

  /** The batch with exactly those sequences, if it is among those kept. */
  duplicateOf(epoch: number, firstSequence: number, lastSequence: number): ProducedBatch | undefined {
    if (epoch !== this.epoch) return undefined
    return this.batches.find(
      (batch) => batch.lastSequence === lastSequence && firstSequenceOf(batch) === firstSequence,
    )
  }

  /** Whether a batch that begins with `sequence` may come next. */
  continuesWith(sequence: number): boolean {
    return sequence === this.lastSequence + 1 || (sequence === 0 && this.lastSequence === MAX_SEQUENCE)
  }
}

/** Sequences run from 0 to 2^31 - 1 and start over. */
export function lastSequenceOf(firstSequence: number, lastOffsetDelta: number): number {
  const last = firstSequence + lastOffsetDelta
  return last > MAX_SEQUENCE ? last - MAX_SEQUENCE - 1 : last
}

function firstSequenceOf(batch: ProducedBatch): number {
  const first = batch.lastSequence - batch.offsetDelta
  return first < 0 ? first + MAX_SEQUENCE + 1 : first
}
