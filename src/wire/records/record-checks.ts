/**
 * Checks the records of a produced batch one by one: their structure and number, keys on compacted topics, timestamps.
 * One pass, no allocation per record unless a record is refused.
 *
 * Timestamps are compared as distances from the batch's base timestamp, which fit in numbers; the few that don't
 * (a client that mixes units, or means harm) are compared as bigints.
 *
 * Source: apache/kafka `LogValidator.java` (validateRecord, processRecordErrors).
 */
import { KafkaError } from '../errors.ts'
import { NO_TIMESTAMP } from './batch-header.ts'
import { InvalidRecords, type RecordError } from './record-error.ts'
import { recordTimestamp } from './record-iteration.ts'
import { RecordWalker } from './record-walker.ts'

/** What the topic asks of its records. */
export interface RecordRules {
  readonly topicPartition: string
  readonly compacted: boolean
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
  readonly nowMs: number
}

export interface RecordChecks {
  readonly rules: RecordRules
  readonly baseTimestamp: bigint
  /** Whether the batch says that a broker set its timestamps. */
  readonly claimsLogAppendTime: boolean
}

export interface WalkedRecords {
  /** -1 when no record has a timestamp. */
  readonly maxTimestamp: bigint
  /** Index of the first record with `maxTimestamp`, -1 when none has one. */
  readonly maxTimestampIndex: number
  /** Whether the records' offset deltas are 0, 1, 2, … */
  readonly contiguous: boolean
}

/** More than anyone reads; keeps a refusal from being many times as large as what it refuses. */
const RECORD_ERRORS_MAX = 1000
/** Of those so many are told in the message as well. */
const ERRORS_SHOWN = 3

/** Throws `InvalidRecords`, or INVALID_RECORD when the bytes aren't exactly `count` records. */
export function walkRecords(records: Buffer, count: number, checks: RecordChecks): WalkedRecords {
  const walker = new RecordWalker(records, 0)
  const judge = new TimestampJudge(checks)
  const errors: RecordError[] = []
  let contiguous = true
  for (let index = 0; index < count; index++) {
    walker.next()
    if (walker.offsetDelta !== index) contiguous = false
    if (checks.rules.compacted && walker.keyLength < 0) {
      if (errors.length < RECORD_ERRORS_MAX) errors.push(keyless(index, checks))
    } else if (!judge.accepts(walker, index) && errors.length < RECORD_ERRORS_MAX) {
      errors.push(judge.explain(walker, index))
    }
  }
  if (!walker.atEnd) {
    throw new KafkaError('INVALID_RECORD', 'Incorrect declared batch size, records still remaining in batch')
  }
  if (errors.length > 0) throw refusal(errors, judge.refusedSome)
  return { maxTimestamp: judge.maxTimestamp, maxTimestampIndex: judge.maxTimestampIndex, contiguous }
}

/** Judges timestamps and keeps the largest. */
class TimestampJudge {
  readonly #checks: RecordChecks
  readonly #judgesTime: boolean
  readonly #lowestDelta: number
  readonly #highestDelta: number
  /** The delta of a record that has no timestamp. */
  readonly #noneDelta: number
  #maxDelta: number
  maxTimestamp = NO_TIMESTAMP
  maxTimestampIndex = -1
  refusedSome = false

  constructor(checks: RecordChecks) {
    this.#checks = checks
    const { rules, baseTimestamp } = checks
    this.#judgesTime = rules.timestampType === 'CreateTime'
    const ageMs = Number(BigInt(rules.nowMs) - baseTimestamp)
    this.#lowestDelta = ageMs - rules.timestampBeforeMaxMs
    this.#highestDelta = ageMs + rules.timestampAfterMaxMs
    this.#noneDelta = Number(NO_TIMESTAMP - baseTimestamp)
    this.#maxDelta = this.#noneDelta
  }

  accepts(walker: RecordWalker, index: number): boolean {
    const delta = walker.timestampDelta
    if (Number.isNaN(delta)) return this.#acceptsWide(walker, index)
    if (delta > this.#maxDelta) this.#raise(walker, index)
    if (this.#judgesTime && delta !== this.#noneDelta) {
      if (delta >= this.#lowestDelta && delta <= this.#highestDelta) return true
    } else if (!this.#checks.claimsLogAppendTime) return true
    this.refusedSome = true
    return false
  }

  explain(walker: RecordWalker, index: number): RecordError {
    const { rules, claimsLogAppendTime, baseTimestamp } = this.#checks
    const { nowMs, timestampBeforeMaxMs, timestampAfterMaxMs } = rules
    const timestamp = recordTimestamp(walker, baseTimestamp)
    if (claimsLogAppendTime && (!this.#judgesTime || timestamp === NO_TIMESTAMP)) {
      const message = 'Invalid timestamp type. Producer should not set timestamp type to LogAppendTime.'
      return { batchIndex: index, message }
    }
    const range = `[${nowMs - timestampBeforeMaxMs}, ${nowMs + timestampAfterMaxMs}]`
    return {
      batchIndex: index,
      message: `Timestamp ${timestamp} of message with offset ${walker.offsetDelta} is out of range. The timestamp should be within ${range}`,
    }
  }

  #raise(walker: RecordWalker, index: number): void {
    this.maxTimestamp = recordTimestamp(walker, this.#checks.baseTimestamp)
    this.maxTimestampIndex = index
    this.#maxDelta = walker.timestampDelta
  }

  #acceptsWide(walker: RecordWalker, index: number): boolean {
    const { rules, claimsLogAppendTime, baseTimestamp } = this.#checks
    const { nowMs, timestampBeforeMaxMs, timestampAfterMaxMs } = rules
    const timestamp = recordTimestamp(walker, baseTimestamp)
    if (timestamp > this.maxTimestamp) {
      this.maxTimestamp = timestamp
      this.maxTimestampIndex = index
      this.#maxDelta = Number(timestamp - baseTimestamp)
    }
    const ageMs = Number(BigInt(nowMs) - timestamp)
    const accepted =
      this.#judgesTime && timestamp !== NO_TIMESTAMP
        ? ageMs <= timestampBeforeMaxMs && -ageMs <= timestampAfterMaxMs
        : !claimsLogAppendTime
    if (!accepted) this.refusedSome = true
    return accepted
  }
}

function keyless(index: number, checks: RecordChecks): RecordError {
  return {
    batchIndex: index,
    message: `Compacted topic cannot accept message without key in topic partition ${checks.rules.topicPartition}`,
  }
}

function refusal(errors: readonly RecordError[], byTime: boolean): InvalidRecords {
  if (byTime) {
    const message = 'One or more records have been rejected due to invalid timestamp'
    return new InvalidRecords('INVALID_TIMESTAMP', message, errors)
  }
  const shown = errors.slice(0, ERRORS_SHOWN).map(({ batchIndex, message }) => {
    return `RecordError(batchIndex=${batchIndex}, message='${message}')`
  })
  const message = `One or more records have been rejected due to ${errors.length} record errors in total, and only showing the first three errors at most: [${shown.join(', ')}]`
  return new InvalidRecords('INVALID_RECORD', message, errors)
}
