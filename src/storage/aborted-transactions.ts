/**
 * The aborted transactions that readers are told of. Kafka names every one that overlaps what was read, each with its
 * first offset in the log. kafkajs 2.2.4 (`consumer/filterAbortedMessages.js`) takes but one of them into account with
 * each record that it looks at, so of two that both had begun by the first record it hands out the beginning of the
 * second. Told where each begins in what was read, and nothing of those that have no records there, it is right; for
 * all other clients that comes to the same.
 */
import {
  isControl,
  readAttributes,
  readBaseOffset,
  readBatchSizeBytes,
  readProducerId,
} from '../wire/records/batch-header.ts'
import type { LogSlice } from './log-slice.ts'
import type { AbortedTransaction } from './producer-state.ts'

/** `aborted`, by first offset, as it concerns the records of a slice. A single one is left as it is. */
export function abortedWithin(
  { chunks }: LogSlice,
  aborted: readonly AbortedTransaction[],
): readonly AbortedTransaction[] {
  if (aborted.length < 2) return aborted
  const waiting = byProducer(aborted)
  const within: AbortedTransaction[] = []
  for (const bytes of chunks)
    for (let at = 0; at < bytes.length; at += readBatchSizeBytes(bytes, at)) {
      if (isControl(readAttributes(bytes, at))) continue
      const ofProducer = waiting.get(readProducerId(bytes, at))
      if (ofProducer === undefined) continue
      const offset = readBaseOffset(bytes, at)
      while (ofProducer[0] !== undefined && ofProducer[0].lastOffset < offset) ofProducer.shift()
      const [next] = ofProducer
      if (next === undefined || next.firstOffset > offset) continue
      within.push({ ...next, firstOffset: offset })
      ofProducer.shift()
    }
  return within
}

function byProducer(aborted: readonly AbortedTransaction[]): Map<number, AbortedTransaction[]> {
  const found = new Map<number, AbortedTransaction[]>()
  for (const transaction of aborted) {
    const before = found.get(transaction.producerId)
    if (before === undefined) found.set(transaction.producerId, [transaction])
    else before.push(transaction)
  }
  return found
}
