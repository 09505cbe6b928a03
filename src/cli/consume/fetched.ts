import {
  isControl,
  isTransactional,
  readAttributes,
  readBaseOffset,
  readBatchSizeBytes,
  readLastOffset,
  readMagic,
  readProducerId,
} from '../../wire/records/batch-header.ts'
import { readMarker } from '../../wire/records/control-record.ts'
import { messagesOf } from '../../wire/records/message-set.ts'
import { type LogRecord, recordsOf } from '../../wire/records/record-iteration.ts'

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** A batch out of a Fetch response: what may be seen of it, and where the next one starts. */
export interface FetchedBatch {
  readonly records: Iterable<LogRecord>
  readonly nextOffset: number
}

/** Up to and including the magic, by which the rest is read. */
const LEAST_HEADER_BYTES = 17
const nothing: readonly LogRecord[] = []

/**
 * The whole batches of fetched bytes; a last one that was cut short is left out. Transaction markers show nothing, nor
 * does an aborted transaction, which lasts from its first offset to its producer's abort marker. `aborted` is the
 * response's list, empty for a reader who wants to see everything.
 */
export function* batchesOf(
  bytes: Buffer,
  aborted: readonly AbortedTransaction[],
): Generator<FetchedBatch, void> {
  const pending = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const aborting = new Set<number>()
  for (const at of batchPositions(bytes)) {
    if (readMagic(bytes, at) < 2) {
      yield oldMessages(bytes, at)
      continue
    }
    const lastOffset = readLastOffset(bytes, at)
    while (pending[0] !== undefined && pending[0].firstOffset <= lastOffset) {
      aborting.add(pending[0].producerId)
      pending.shift()
    }
    yield { records: visible(bytes, at, aborting), nextOffset: lastOffset + 1 }
  }
}

function visible(bytes: Buffer, at: number, aborting: Set<number>): Iterable<LogRecord> {
  const attributes = readAttributes(bytes, at)
  const producerId = readProducerId(bytes, at)
  if (isControl(attributes)) {
    if (readMarker(bytes, at)?.type === 'ABORT') aborting.delete(producerId)
    return nothing
  }
  return isTransactional(attributes) && aborting.has(producerId) ? nothing : recordsOf(bytes, at)
}

/** What brokers still keep from before Kafka 0.11 is one message, perhaps a wrapper of several, at a time. */
function oldMessages(bytes: Buffer, at: number): FetchedBatch {
  const message = bytes.subarray(at, at + readBatchSizeBytes(bytes, at))
  return { records: messagesOf(message), nextOffset: readBaseOffset(bytes, at) + 1 }
}

function* batchPositions(bytes: Buffer): Generator<number, void> {
  let at = 0
  while (bytes.length - at >= LEAST_HEADER_BYTES) {
    const sizeBytes = readBatchSizeBytes(bytes, at)
    if (sizeBytes < LEAST_HEADER_BYTES || sizeBytes > bytes.length - at) return
    yield at
    at += sizeBytes
  }
}
