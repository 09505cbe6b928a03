import { randomFillSync } from 'node:crypto'
import { fetch } from '../src/wire/apis/fetch.ts'
import { produce } from '../src/wire/apis/produce.ts'
import { encodeRequestFrame } from '../src/wire/frame.ts'
import { buildBatch } from '../src/wire/records/batch-builder.ts'
import type { AnswerPlaces } from './loader/job.ts'

/** The newest versions whose answers have everything at fixed places; kafkajs sends the same. */
const PRODUCE_VERSION = 7
const FETCH_VERSION = 11
const ACKS_LEADER = 1
const TIMEOUT_MS = 30_000
/** Stands in a frame where the loader puts offsets. */
const PLACEHOLDER = 0x0c0ffee0c0ffee

export interface PreparedBatch {
  readonly bytes: Buffer
  readonly recordCount: number
}

/** A batch of as many records as go into `batchBytes`, at least one, with values that can't be compressed. */
export function prepareBatch(batchBytes: number, valueBytes: number): PreparedBatch {
  const value = randomFillSync(Buffer.alloc(valueBytes))
  const timestamp = BigInt(Date.now())
  const build = (count: number) =>
    buildBatch({ records: Array.from({ length: count }, () => ({ timestamp, value })) })
  let recordCount = Math.max(1, Math.floor(batchBytes / valueBytes))
  let bytes = build(recordCount)
  while (bytes.length > batchBytes && recordCount > 1) {
    recordCount -= Math.max(1, Math.floor((bytes.length - batchBytes) / (valueBytes + 16)))
    bytes = build(recordCount)
  }
  return { bytes, recordCount }
}

/** A Produce request with one batch for one partition. */
export function produceFrame(topic: string, partition: number, batch: Buffer): Buffer {
  return Buffer.concat(
    encodeRequestFrame(produce, PRODUCE_VERSION, 1, 'bench', {
      transactionalId: null,
      acks: ACKS_LEADER,
      timeoutMs: TIMEOUT_MS,
      topicData: [{ name: topic, partitionData: [{ index: partition, records: batch }] }],
    }),
  )
}

/**
 * A Fetch request for one partition, and where in it the offset stands. It is answered at once when there is something
 * to read, and waits otherwise.
 */
export function fetchFrame(
  topic: string,
  partition: number,
  maxBytes: number,
): { readonly frame: Buffer; readonly offsetAt: number } {
  const frame = Buffer.concat(
    encodeRequestFrame(fetch, FETCH_VERSION, 1, 'bench', {
      maxWaitMs: TIMEOUT_MS,
      minBytes: 1,
      maxBytes,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [{ topic, partitions: [{ partition, fetchOffset: PLACEHOLDER, partitionMaxBytes: maxBytes }] }],
      forgottenTopicsData: [],
      rackId: '',
    }),
  )
  const placeholder = Buffer.alloc(8)
  placeholder.writeBigInt64BE(BigInt(PLACEHOLDER))
  return { frame, offsetAt: frame.indexOf(placeholder) }
}

/** Correlation id, topics, name, partitions, index, error. */
export function produceAnswer(topic: string): AnswerPlaces {
  return { errorsAt: [4 + 4 + 2 + topic.length + 4 + 4] }
}

/**
 * Correlation id, throttle time, error, session, topics, name, partitions, index, error; then high watermark, last
 * stable offset, log start offset, aborted transactions (none), preferred replica, and the length of the records.
 */
export function fetchAnswer(topic: string): AnswerPlaces {
  const errorAt = 4 + 4 + 2 + 4 + 4 + 2 + topic.length + 4 + 4
  return { errorsAt: [8, errorAt], payloadAt: errorAt + 2 + 8 + 8 + 8 + 4 + 4 }
}
