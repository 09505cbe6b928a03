/**
 * The `.snapshot` file: what a log remembers of its producers as of the offset in the file's name, so that an opening
 * needn't read all batches. One entry keeps the last batch of a producer only.
 *
 *     version int16 (1) · crc uint32 (CRC-32C of what follows) · count int32 · entries
 *     producerId int64 · epoch int16 · lastSequence int32 · lastOffset int64 · offsetDelta int32 · timestamp int64
 *     coordinatorEpoch int32 · currentTxnFirstOffset int64 (-1 for none)
 *
 * Source: apache/kafka `ProducerStateManager.java`, `ProducerSnapshot.json`.
 */
import { crc32c } from '../wire/crc32c.ts'
import { readInt64, writeInt64 } from '../wire/records/int64.ts'
import { ProducerEntry } from './producer-entry.ts'

const VERSION = 1
const CRC_AT = 2
const ENTRIES_AT = 6
const HEADER_BYTES = 10
const ENTRY_BYTES = 46

export function encodeProducerSnapshot(entries: Iterable<ProducerEntry>): Buffer {
  const all = [...entries]
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + all.length * ENTRY_BYTES)
  bytes.writeInt16BE(VERSION, 0)
  bytes.writeInt32BE(all.length, ENTRIES_AT)
  let at = HEADER_BYTES
  for (const entry of all) {
    writeInt64(bytes, at, entry.producerId)
    bytes.writeInt16BE(entry.epoch, at + 8)
    bytes.writeInt32BE(entry.lastSequence, at + 10)
    writeInt64(bytes, at + 14, entry.lastBatch?.lastOffset ?? -1)
    bytes.writeInt32BE(entry.lastBatch?.offsetDelta ?? 0, at + 22)
    bytes.writeBigInt64BE(entry.lastTimestamp, at + 26)
    bytes.writeInt32BE(entry.coordinatorEpoch, at + 34)
    writeInt64(bytes, at + 38, entry.transactionFirstOffset ?? -1)
    at += ENTRY_BYTES
  }
  bytes.writeUInt32BE(crc32c(bytes, ENTRIES_AT), CRC_AT)
  return bytes
}

/** The entries of a snapshot; `undefined` if the file is not whole. */
export function decodeProducerSnapshot(bytes: Buffer): ProducerEntry[] | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readInt16BE(0) !== VERSION) return undefined
  if (bytes.readUInt32BE(CRC_AT) !== crc32c(bytes, ENTRIES_AT)) return undefined
  const count = bytes.readInt32BE(ENTRIES_AT)
  if (count < 0 || bytes.length !== HEADER_BYTES + count * ENTRY_BYTES) return undefined
  const entries: ProducerEntry[] = []
  for (let at = HEADER_BYTES; at < bytes.length; at += ENTRY_BYTES) entries.push(decodeEntry(bytes, at))
  return entries
}

function decodeEntry(bytes: Buffer, at: number): ProducerEntry {
  const entry = new ProducerEntry(readInt64(bytes, at))
  const lastOffset = readInt64(bytes, at + 14)
  const firstOffset = readInt64(bytes, at + 38)
  entry.epoch = bytes.readInt16BE(at + 8)
  entry.lastTimestamp = bytes.readBigInt64BE(at + 26)
  entry.coordinatorEpoch = bytes.readInt32BE(at + 34)
  if (firstOffset >= 0) entry.transactionFirstOffset = firstOffset
  if (lastOffset >= 0) {
    entry.batches = [
      {
        lastSequence: bytes.readInt32BE(at + 10),
        lastOffset,
        offsetDelta: bytes.readInt32BE(at + 22),
        timestamp: entry.lastTimestamp,
      },
    ]
  }
  return entry
}
