/**
 * Reading a file of which nothing is certain: which batches in it are whole and undamaged, and whether anything valid
 * stands behind what is not. The second question tells a write that was cut short from damage.
 */
import type { DiskFile } from '../runtime/disk.ts'
import { isUndamaged } from '../wire/records/batch-crc.ts'
import {
  BATCH_HEADER_BYTES,
  readBaseOffset,
  readLastOffset,
  readPartitionLeaderEpoch,
} from '../wire/records/batch-header.ts'
import { plausibleSize } from './batch-walk.ts'
import type { SegmentFile } from './open-files.ts'

/** Files up to this size are read on the main thread: a broker may have thousands of them. */
const SYNC_BYTES = 64 * 1024
const BLOCK_BYTES = 1024 * 1024
/** No producer is allowed batches of this size; a length beyond it is damage. */
const LARGEST_BATCH_BYTES = 512 * 1024 * 1024
/** How far an offset may lie ahead of the one expected and still belong to the same segment. */
const MAX_RELATIVE = 0x7fff_ffff

export interface Scan {
  /** Up to here there are whole, undamaged batches in order. */
  readonly validBytes: number
  /** The offset after the last of them. */
  readonly endOffset: number
  /** Whether the next batch is undamaged, and is none that can stand there. */
  readonly isOutOfOrder: boolean
}

/** What must be true of the batches of a file beyond their being undamaged. */
export interface ScanOptions {
  /** The least offset of the first. */
  readonly firstOffset: number
  /** Whether each batch follows the one before without a gap: nothing was compacted there. */
  readonly isGapless: boolean
}

/** Sees an undamaged batch, all of it. */
export type BatchVisitor = (bytes: Buffer, at: number, position: number, sizeBytes: number) => void

/** Visits the batches of a file from its beginning until the end or something that isn't the next batch. */
export async function scanBatches(
  file: SegmentFile,
  sizeBytes: number,
  { firstOffset, isGapless }: ScanOptions,
  visit: BatchVisitor,
): Promise<Scan> {
  let block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, Math.max(sizeBytes, BATCH_HEADER_BYTES)))
  let position = 0
  let endOffset = firstOffset
  let epoch = -1
  const end = (isOutOfOrder: boolean): Scan => ({ validBytes: position, endOffset, isOutOfOrder })
  while (sizeBytes - position >= BATCH_HEADER_BYTES) {
    const wanted = Math.min(block.length, sizeBytes - position)
    const filled = await readBlock(file, block.subarray(0, wanted), position, sizeBytes)
    let at = 0
    let neededBytes = 0
    while (at + BATCH_HEADER_BYTES <= filled) {
      const batchBytes = plausibleSize(block, at, Math.min(sizeBytes - position, LARGEST_BATCH_BYTES))
      if (batchBytes === undefined) return end(false)
      neededBytes = batchBytes
      if (at + batchBytes > filled) break
      if (!isUndamaged(block, at, batchBytes)) return end(false)
      // The CRC doesn't cover offset and epoch; their order is what tells of a flipped bit there.
      const isNext = !isGapless || readBaseOffset(block, at) === endOffset
      if (!isNext || !follows(block, at, endOffset) || readPartitionLeaderEpoch(block, at) < epoch)
        return end(true)
      epoch = readPartitionLeaderEpoch(block, at)
      visit(block, at, position, batchBytes)
      endOffset = readLastOffset(block, at) + 1
      at += batchBytes
      position += batchBytes
    }
    if (at === 0 && filled < wanted) break
    if (at === 0) block = Buffer.allocUnsafe(Math.max(neededBytes, block.length))
  }
  return end(false)
}

/** The position of an undamaged batch, of `minOffset` or later, anywhere behind `from`; `undefined` if there is none. */
export async function findBatchAfter(
  file: SegmentFile,
  from: number,
  sizeBytes: number,
  minOffset: number,
): Promise<number | undefined> {
  const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, Math.max(sizeBytes - from, BATCH_HEADER_BYTES)))
  // Blocks overlap by a header less one byte, so that none is missed.
  for (
    let position = from;
    position + BATCH_HEADER_BYTES <= sizeBytes;
    position += block.length - BATCH_HEADER_BYTES + 1
  ) {
    const filled = await readBlock(file, block, position, sizeBytes)
    for (let at = 0; at + BATCH_HEADER_BYTES <= filled; at++) {
      if (block[at + 16] !== 2 || !looksLikeBatch(block, at, sizeBytes - position - at, minOffset)) continue
      if (await isBatchAt(file, position + at, sizeBytes)) return position + at
    }
    if (block.length <= BATCH_HEADER_BYTES) return undefined
  }
  return undefined
}

function looksLikeBatch(bytes: Buffer, at: number, room: number, minOffset: number): boolean {
  return (
    plausibleSize(bytes, at, Math.min(room, LARGEST_BATCH_BYTES)) !== undefined &&
    follows(bytes, at, minOffset) &&
    readBaseOffset(bytes, at) - minOffset <= MAX_RELATIVE
  )
}

async function isBatchAt(file: SegmentFile, position: number, sizeBytes: number): Promise<boolean> {
  const header = Buffer.allocUnsafe(BATCH_HEADER_BYTES)
  await readBlock(file, header, position, sizeBytes)
  const batchBytes = plausibleSize(header, 0, sizeBytes - position)
  if (batchBytes === undefined) return false
  const bytes = Buffer.allocUnsafe(batchBytes)
  const filled = await readBlock(file, bytes, position, sizeBytes)
  return filled === batchBytes && isUndamaged(bytes, 0, batchBytes)
}

function follows(bytes: Buffer, at: number, expectedOffset: number): boolean {
  return readBaseOffset(bytes, at) >= expectedOffset
}

async function readBlock(
  file: SegmentFile,
  target: Buffer,
  position: number,
  sizeBytes: number,
): Promise<number> {
  const read = (handle: DiskFile): Promise<number> => handle.read(target, position)
  return sizeBytes <= SYNC_BYTES ? file.handle.readSync(target, position) : file.use(read)
}
