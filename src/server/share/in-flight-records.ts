import { deliveryStates, type StateBatch } from '../../coordinator/share-state/state-batches.ts'
import { KafkaError } from '../../wire/errors.ts'
import { type Acknowledgement, acknowledgeTypes, fateOf, sameTypes } from './acknowledgement.ts'
import type { DeadLetters } from './dead-letters/dead-letter.ts'
import { suspectFrom, suspectUntil, wholeUntil } from './delivery-size.ts'
import {
  change,
  done,
  type Fate,
  free,
  isFree,
  isTerminal,
  type RecordState,
  type Span,
  SpanList,
  sizeOf,
  span,
  stateNumber,
} from './span.ts'

/** A run of offsets in what was read from the log: records to deliver, or records that must not be. */
export interface ReadRun {
  readonly firstOffset: number
  readonly lastOffset: number
  /** Of an aborted transaction, for a group that reads committed records only. */
  readonly isAborted: boolean
}

export interface AcquireRequest {
  readonly memberId: string
  /** Where the read began; below `runs` lies nothing but a gap. */
  readonly fetchOffset: number
  /** Whole batches in the order of the log. What is between them is not in the log any more. */
  readonly runs: readonly ReadRun[]
  readonly maxRecords: number
  /** Acquired batches are cut at the ends of the log's batches once they have so many records. */
  readonly batchSize: number
  /** Whether `maxRecords` is exact; otherwise the batch that reaches it is acquired as a whole (KIP-1206). */
  readonly isExact: boolean
  readonly lockedUntilMs: number
}

export interface AcquiredBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly deliveryCount: number
}

/** A change that is made here and has to be stored: see `settle`. */
export interface Transition {
  readonly spans: readonly Span[]
  /** What to store. */
  readonly batches: readonly StateBatch[]
  readonly startOffset: number
  readonly deliveryCompleteCount: number
  /** What has to go to the dead-letter topic once it is stored, and be archived then. */
  readonly deadLetters: readonly DeadLetters[]
}

export interface DeliveryLimits {
  /** group.share.delivery.count.limit. */
  readonly maxDeliveries: number
  /** group.share.partition.max.record.locks. */
  readonly maxLocks: number
  /** Whether the group has a dead-letter topic, so that what is given up is not archived at once (KIP-1191). */
  readonly hasDeadLetters: boolean
}

/**
 * The records of one share partition between its start offset (SPSO) and its end offset (SPEO): who has them, how often
 * they were delivered, what became of them. A list of spans without gaps. Nothing here waits or knows of time: changes
 * that must survive are handed out as transitions, and take effect for good when they are settled.
 * Sources: KIP-932; apache/kafka `SharePartition`.
 */
export class InFlightRecords {
  readonly #spans = new SpanList()
  #startOffset: number

  constructor(startOffset: number, batches: readonly StateBatch[]) {
    this.#startOffset = startOffset
    for (const batch of batches) this.#restore(batch)
    this.#advance()
  }

  /** The first offset that is not done with. */
  get startOffset(): number {
    return this.#startOffset
  }

  /** One past the last offset in flight. */
  get nextNewOffset(): number {
    const last = this.#spans.all.at(-1)
    return last === undefined ? this.#startOffset : last.lastOffset + 1
  }

  /** Where to read for the next delivery: at a record to deliver again, or behind all in flight. */
  get nextFetchOffset(): number {
    return this.#spans.all.find(isFree)?.firstOffset ?? this.nextNewOffset
  }

  /** Whether anything may be acquired: a record to deliver again, or a new one where there is room. */
  canAcquire({ maxLocks }: DeliveryLimits): boolean {
    return this.nextNewOffset - this.#startOffset < maxLocks || this.#spans.all.some(isFree)
  }

  /** When the first lock ends; infinity without any. */
  get nextLockEndMs(): number {
    let earliestMs = Number.POSITIVE_INFINITY
    for (const { lockedUntilMs } of this.#spans.all)
      if (lockedUntilMs < earliestMs) earliestMs = lockedUntilMs
    return earliestMs
  }

  /** What became of the records that are in flight, for tests and tools. */
  get spans(): readonly (AcquiredBatch & { readonly state: RecordState; readonly memberId: string })[] {
    return this.#spans.all.map(({ firstOffset, lastOffset, state, deliveryCount, memberId }) => ({
      firstOffset,
      lastOffset,
      state,
      deliveryCount,
      memberId,
    }))
  }

  /** Gives what is free of the records that were read to a member. */
  acquire(request: AcquireRequest, limits: DeliveryLimits): AcquiredBatch[] {
    const last = request.runs.at(-1)
    if (last === undefined || request.maxRecords <= 0) return []
    this.#passGaps(request.fetchOffset, request.runs)
    const acquired: AcquiredBatch[] = []
    let remaining = request.maxRecords
    for (let at = 0; at < this.#spans.all.length && remaining > 0; at++) {
      const span = this.#spans.all[at]
      if (span === undefined || span.firstOffset > last.lastOffset) break
      if (!isFree(span) || span.lastOffset < request.fetchOffset) continue
      const isSuspect = span.deliveryCount >= suspectFrom(limits)
      // What has failed so often may be what fails the others with it: it goes out by itself, in ever smaller parts.
      if (isSuspect && acquired.length > 0) return acquired
      const until = isSuspect
        ? suspectUntil(span, limits, request.runs)
        : wholeUntil(span, request, remaining)
      this.#spans.cutAt(at, Math.min(until, last.lastOffset))
      acquired.push(take(span, request))
      if (isSuspect) return acquired
      remaining -= span.lastOffset - span.firstOffset + 1
    }
    if (remaining > 0) this.#acquireNew(request, remaining, limits, acquired)
    return acquired
  }

  /**
   * Decides what a member says of records that it has. All of it or nothing: INVALID_RECORD_STATE when it doesn't have
   * them, INVALID_REQUEST when nobody was given them. Renewed locks count at once and need no storing.
   */
  acknowledge(
    memberId: string,
    acknowledgements: readonly Acknowledgement[],
    limits: DeliveryLimits,
    renewedUntilMs: number,
  ): Transition {
    for (const acknowledgement of acknowledgements) this.#requireAcquired(memberId, acknowledgement)
    const changed: Span[] = []
    const rejected = new Set<Span>()
    for (const { firstOffset, lastOffset, types } of acknowledgements) {
      for (const [type, from, to] of sameTypes(firstOffset, lastOffset, types)) {
        for (const span of this.#spans.cutOut(from, to)) {
          if (type === acknowledgeTypes.REJECT) rejected.add(span)
          if (type === acknowledgeTypes.RENEW) span.lockedUntilMs = renewedUntilMs
          else changed.push(change(span, fateOf(type, span, limits)))
        }
      }
    }
    return this.#transition(changed, rejected)
  }

  /** Takes back what a member has that is gone. */
  release(memberId: string, limits: DeliveryLimits): Transition {
    const held = this.#spans.all.filter(
      (span) => span.state === 'acquired' && span.before === undefined && span.memberId === memberId,
    )
    return this.#transition(held.map((span) => change(span, fateOf(acknowledgeTypes.RELEASE, span, limits))))
  }

  /** Takes back what was acquired too long ago. */
  expireLocks(nowMs: number, limits: DeliveryLimits): Transition {
    const late = this.#spans.all.filter(
      (span) => span.state === 'acquired' && span.before === undefined && span.lockedUntilMs <= nowMs,
    )
    return this.#transition(late.map((span) => change(span, fateOf(acknowledgeTypes.RELEASE, span, limits))))
  }

  /**
   * What was on its way to the dead-letter topic when the state was stored. Why is not stored: Kafka, too, takes it from
   * the count (`SharePartition.maybeResumeDlqArchiving`).
   */
  archiving({ maxDeliveries }: DeliveryLimits): DeadLetters[] {
    return this.#spans.all
      .filter(({ state }) => state === 'archiving')
      .map((each) => deadLetters(each, each.deliveryCount < maxDeliveries))
  }

  /** What went to the dead-letter topic is done with; what the start of the log has passed meanwhile is so already. */
  archive(letters: readonly DeadLetters[]): Transition {
    return this.#transition(
      letters.flatMap(({ firstOffset, lastOffset }) =>
        this.#spans
          .cutOut(firstOffset, lastOffset)
          .filter(({ state }) => state === 'archiving')
          .map((span) => change(span, done('archived', span.deliveryCount))),
      ),
    )
  }

  /** Ends a transition: it is stored, or could not be. */
  settle({ spans }: Transition, isStored: boolean): void {
    for (const span of spans) {
      if (!isStored && span.before !== undefined) Object.assign(span, span.before)
      span.before = undefined
    }
    this.#spans.join()
    this.#advance()
  }

  /** The log starts later now; what was before is gone, whoever has it. */
  moveStart(logStartOffset: number): void {
    if (logStartOffset <= this.#startOffset) return
    this.#spans.dropBelow(logStartOffset)
    this.#startOffset = logStartOffset
    this.#advance()
  }

  #restore({ firstOffset, lastOffset, deliveryState, deliveryCount }: StateBatch): void {
    const next = this.nextNewOffset
    if (lastOffset < next) return
    // What was acquired and never settled was not stored: it is as if it had never been delivered.
    if (firstOffset > next) this.#spans.all.push(span(next, firstOffset - 1, free(0)))
    const from = Math.max(firstOffset, next)
    if (deliveryState === deliveryStates.ACKNOWLEDGED)
      this.#spans.all.push(span(from, lastOffset, done('acknowledged', deliveryCount)))
    else if (deliveryState === deliveryStates.ARCHIVED)
      this.#spans.all.push(span(from, lastOffset, done('archived', deliveryCount)))
    else if (deliveryState === deliveryStates.ARCHIVING)
      this.#spans.all.push(span(from, lastOffset, done('archiving', deliveryCount)))
    else this.#spans.all.push(span(from, lastOffset, free(deliveryCount)))
  }

  /** What the log has no record for is done with, and so is what the reader must not see. */
  #passGaps(fetchOffset: number, runs: readonly ReadRun[]): void {
    let next = fetchOffset
    for (const { firstOffset, lastOffset, isAborted } of runs) {
      if (firstOffset > next) this.#archive(next, firstOffset - 1)
      if (isAborted) this.#archive(Math.max(next, firstOffset), lastOffset)
      next = Math.max(next, lastOffset + 1)
    }
    this.#spans.join()
    this.#advance()
  }

  #archive(from: number, to: number): void {
    const next = this.nextNewOffset
    if (from < next) {
      for (const each of this.#spans.cutOut(from, Math.min(to, next - 1)))
        if (isFree(each)) Object.assign(each, done('archived', each.deliveryCount))
    }
    // New offsets are passed only when nothing new lies between.
    if (to >= next && from <= next) this.#spans.all.push(span(next, to, done('archived', 0)))
  }

  #acquireNew(
    request: AcquireRequest,
    remaining: number,
    { maxLocks }: DeliveryLimits,
    acquired: AcquiredBatch[],
  ): void {
    const room = maxLocks - (this.nextNewOffset - this.#startOffset)
    if (room <= 0) return
    let left = Math.min(remaining, room)
    for (const { firstOffset, lastOffset, isAborted } of request.runs) {
      const next = this.nextNewOffset
      if (lastOffset < next) continue
      if (left <= 0) return
      if (firstOffset > next) this.#spans.all.push(span(next, firstOffset - 1, done('archived', 0)))
      const from = Math.max(firstOffset, next)
      if (isAborted) {
        this.#spans.all.push(span(from, lastOffset, done('archived', 0)))
        continue
      }
      const to = request.isExact ? Math.min(lastOffset, from + left - 1) : lastOffset
      left -= to - from + 1
      this.#deliver(from, to, request, acquired)
    }
  }

  /** New records go out together with those before them, up to the batch size that the member wishes. */
  #deliver(from: number, to: number, request: AcquireRequest, acquired: AcquiredBatch[]): void {
    const last = acquired.at(-1)
    const open = this.#spans.all.at(-1)
    const joins =
      last !== undefined &&
      open !== undefined &&
      open.state === 'acquired' &&
      open.lastOffset === last.lastOffset &&
      open.firstOffset === last.firstOffset &&
      open.deliveryCount === 1 &&
      last.lastOffset - last.firstOffset + 1 < request.batchSize
    if (joins) {
      open.lastOffset = to
      acquired[acquired.length - 1] = { ...last, lastOffset: to }
      return
    }
    const { memberId, lockedUntilMs } = request
    this.#spans.all.push(span(from, to, { state: 'acquired', deliveryCount: 1, memberId, lockedUntilMs }))
    acquired.push({ firstOffset: from, lastOffset: to, deliveryCount: 1 })
  }

  /**
   * Refuses what the member can't say of these offsets. What the start offset has passed is nobody's business.
   */
  #requireAcquired(memberId: string, { firstOffset, lastOffset }: Acknowledgement): void {
    if (lastOffset < this.#startOffset) return
    if (this.#spans.all.length === 0)
      throw new KafkaError('INVALID_RECORD_STATE', 'None of the records of the batch is in flight.')
    if (lastOffset >= this.nextNewOffset)
      throw new KafkaError('INVALID_REQUEST', 'The batch ends beyond the records in flight.')
    for (
      let at = this.#spans.indexOf(Math.max(firstOffset, this.#startOffset));
      at < this.#spans.all.length;
      at++
    ) {
      const each = this.#spans.all[at]
      if (each === undefined || each.firstOffset > lastOffset) return
      if (each.state !== 'acquired')
        throw new KafkaError('INVALID_RECORD_STATE', `Offset ${each.firstOffset} is not acquired.`)
      if (each.memberId !== memberId)
        throw new KafkaError('INVALID_RECORD_STATE', `Offset ${each.firstOffset} is acquired by another.`)
    }
  }

  #transition(spans: readonly Span[], rejected?: ReadonlySet<Span>): Transition {
    const batches = spans.map(({ firstOffset, lastOffset, state, deliveryCount }) => ({
      firstOffset,
      lastOffset,
      deliveryState: stateNumber(state),
      deliveryCount,
    }))
    const mine = new Set(spans)
    const isDone = (each: Span) => isTerminal(each) && (each.before === undefined || mine.has(each))
    const open = this.#spans.all.findIndex((each) => !isDone(each))
    const startOffset = open === -1 ? this.nextNewOffset : (this.#spans.all[open]?.firstOffset ?? 0)
    let deliveryCompleteCount = 0
    if (open !== -1)
      for (const each of this.#spans.all.slice(open)) if (isDone(each)) deliveryCompleteCount += sizeOf(each)
    const letters = spans
      .filter(({ state }) => state === 'archiving')
      .map((each) => deadLetters(each, rejected?.has(each) === true))
    return { spans, batches, startOffset, deliveryCompleteCount, deadLetters: letters }
  }

  /** The start offset passes what is done with. */
  #advance(): void {
    const open = this.#spans.all.findIndex((each) => !isTerminal(each) || each.before !== undefined)
    this.#startOffset = open === -1 ? this.nextNewOffset : (this.#spans.all[open]?.firstOffset ?? 0)
    this.#spans.all.splice(0, open === -1 ? this.#spans.all.length : open)
  }
}

function deadLetters({ firstOffset, lastOffset, deliveryCount }: Span, isRejected: boolean): DeadLetters {
  return { firstOffset, lastOffset, deliveryCount, cause: isRejected ? 'rejected' : 'delivery limit' }
}

function take(each: Span, { memberId, lockedUntilMs }: AcquireRequest): AcquiredBatch {
  const deliveryCount = each.deliveryCount + 1
  Object.assign(each, { state: 'acquired', deliveryCount, memberId, lockedUntilMs } satisfies Fate)
  return { firstOffset: each.firstOffset, lastOffset: each.lastOffset, deliveryCount }
}
