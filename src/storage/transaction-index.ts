/**
 * The `.txnindex` file of a segment: the aborted transactions whose markers lie in it, 34 bytes each, in the order of
 * the markers: version int16 (0) · producerId int64 · firstOffset int64 · lastOffset int64 · lastStableOffset int64.
 * There is no file where there are none.
 *
 * Source: apache/kafka `AbortedTxn.java`, `TransactionIndex.java`.
 */
import { readInt64, writeInt64 } from '../wire/records/int64.ts'
import type { AbortedTransaction } from './producer-state.ts'

const ENTRY_BYTES = 34
const VERSION = 0

export function encodeTransactionIndex(entries: readonly AbortedTransaction[]): Buffer {
  const bytes = Buffer.allocUnsafe(entries.length * ENTRY_BYTES)
  for (const [index, entry] of entries.entries()) {
    const at = index * ENTRY_BYTES
    bytes.writeInt16BE(VERSION, at)
    writeInt64(bytes, at + 2, entry.producerId)
    writeInt64(bytes, at + 10, entry.firstOffset)
    writeInt64(bytes, at + 18, entry.lastOffset)
    writeInt64(bytes, at + 26, entry.lastStableOffset)
  }
  return bytes
}

/** `undefined` if the file can't be a transaction index. */
export function decodeTransactionIndex(bytes: Buffer): AbortedTransaction[] | undefined {
  if (bytes.length % ENTRY_BYTES !== 0) return undefined
  const entries: AbortedTransaction[] = []
  for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
    if (bytes.readInt16BE(at) !== VERSION) return undefined
    entries.push({
      producerId: readInt64(bytes, at + 2),
      firstOffset: readInt64(bytes, at + 10),
      lastOffset: readInt64(bytes, at + 18),
      lastStableOffset: readInt64(bytes, at + 26),
    })
  }
  return entries
}
