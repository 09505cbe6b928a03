import {
  isControl,
  readAttributes,
  readBaseOffset,
  readBatchSizeBytes,
  readLastOffset,
  readMagic,
} from '../../wire/records/batch-header.ts'
import { messagesOf } from '../../wire/records/message-set.ts'
import { type AbortedTransaction, OpenAborts } from '../../wire/records/open-aborts.ts'
import { type LogRecord, recordsOf } from '../../wire/records/record-iteration.ts'

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
 * does an aborted transaction. `aborted` is the response's list, empty for a reader who wants to see everything.
 */
export function* batchesOf(
  bytes: Buffer,
  aborted: readonly AbortedTransaction[],
): Generator<FetchedBatch, void> {
  const aborts = new OpenAborts(aborted)
  for (const at of batchPositions(bytes)) {
    if (readMagic(bytes, at) < 2) {
      yield oldMessages(bytes, at)
      continue
    }
    const isVisible = !aborts.includes(bytes, at) && !isControl(readAttributes(bytes, at))
    yield { records: isVisible ? recordsOf(bytes, at) : nothing, nextOffset: readLastOffset(bytes, at) + 1 }
  }
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
