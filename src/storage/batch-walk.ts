import type { DiskFile } from '../runtime/disk.ts'
import {
  BATCH_HEADER_BYTES,
  readBaseOffset,
  readBatchSizeBytes,
  readLastOffset,
  readMagic,
} from '../wire/records/batch-header.ts'

/** Sees a batch's header at `at` in `bytes`; the batch stands at `position` in the file. Returning `false` ends the walk. */
export type HeaderVisitor = (
  bytes: Buffer,
  at: number,
  position: number,
  sizeBytes: number,
) => boolean | undefined

const BLOCK_BYTES = 256 * 1024
const SMALLEST_BLOCK_BYTES = 4096

/**
 * Visits the headers of the batches between two positions of a file that is known to be sound, reading as little as it
 * can: of batches that are not small only the header is sure to be there. Returns the position where the walk ended: `to`, or that of
 * something that isn't a batch, or none that can follow the one before.
 */
export function walkFile(file: DiskFile, from: number, to: number, visit: HeaderVisitor): number {
  const block = Buffer.allocUnsafe(Math.max(SMALLEST_BLOCK_BYTES, Math.min(BLOCK_BYTES, to - from)))
  let position = from
  let endOffset = 0
  while (position + BATCH_HEADER_BYTES <= to) {
    const filled = file.readSync(block.subarray(0, Math.min(block.length, to - position)), position)
    if (filled < BATCH_HEADER_BYTES) return position
    let at = 0
    while (at + BATCH_HEADER_BYTES <= filled) {
      const sizeBytes = plausibleSize(block, at, to - position)
      // Whole where that costs little: who looks into control batches needs all of them.
      if (at > 0 && at + (sizeBytes ?? 0) > filled && (sizeBytes ?? 0) <= SMALLEST_BLOCK_BYTES) break
      if (sizeBytes === undefined || readBaseOffset(block, at) < endOffset) return position
      if (visit(block, at, position, sizeBytes) === false) return position
      endOffset = readLastOffset(block, at) + 1
      at += sizeBytes
      position += sizeBytes
    }
  }
  return position
}

/** Visits the headers of the batches in a buffer that is known to hold whole batches. */
export function walkBuffer(bytes: Buffer, position: number, visit: HeaderVisitor): void {
  let at = 0
  while (at < bytes.length) {
    const sizeBytes = readBatchSizeBytes(bytes, at)
    if (visit(bytes, at, position + at, sizeBytes) === false) return
    at += sizeBytes
  }
}

/** The size of the batch whose header is at `at`; `undefined` if no batch can be like that or it is longer than `room`. */
export function plausibleSize(bytes: Buffer, at: number, room: number): number | undefined {
  const sizeBytes = readBatchSizeBytes(bytes, at)
  if (sizeBytes < BATCH_HEADER_BYTES || sizeBytes > room) return undefined
  if (readMagic(bytes, at) !== 2) return undefined
  const baseOffset = readBaseOffset(bytes, at)
  return baseOffset >= 0 && readLastOffset(bytes, at) >= baseOffset ? sizeBytes : undefined
}
