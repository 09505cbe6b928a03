/**
 * Snappy, in the two forms that clients send: raw, one block as the format's description has it (librdkafka and what is
 * built on it), and framed as xerial's snappy-java does (Java and most others):
 *
 *     magic 0x82 'SNAPPY' 0x00 · version int32 · oldest readable version int32 · chunks: { length int32 · raw block }
 *
 * The two version fields differ between clients (and byte orders) and nobody depends on them, so they aren't looked
 * at. Streams may follow each other, each with its own header. Source: xerial/snappy-java `SnappyInputStream.java`.
 */
import { createRequire } from 'node:module'
import { outputTooLarge } from './output-limit.ts'

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16
const XERIAL_VERSION = 1
/** The default block of snappy-java, which its own readers know best. */
const XERIAL_BLOCK_BYTES = 32 * 1024

const requireModule = createRequire(import.meta.url)

export function decompressSnappy(bytes: Buffer, maxOutputBytes: number): Buffer {
  if (!startsXerial(bytes, 0)) {
    if (declaredSizeBytes(bytes) > maxOutputBytes) throw outputTooLarge('snappy', maxOutputBytes)
    return uncompressBlock(bytes)
  }
  const blocks = xerialBlocks(bytes)
  let totalBytes = 0
  for (const block of blocks) totalBytes += declaredSizeBytes(block)
  if (totalBytes > maxOutputBytes) throw outputTooLarge('snappy', maxOutputBytes)
  const [only] = blocks
  if (blocks.length === 1 && only !== undefined) return uncompressBlock(only)
  return Buffer.concat(blocks.map(uncompressBlock), totalBytes)
}

export function compressSnappy(bytes: Buffer): Buffer {
  const snappy = loadSnappy()
  const header = Buffer.alloc(XERIAL_HEADER_BYTES)
  XERIAL_MAGIC.copy(header)
  header.writeInt32BE(XERIAL_VERSION, 8)
  header.writeInt32BE(XERIAL_VERSION, 12)
  const chunks: Buffer[] = [header]
  for (let at = 0; at < bytes.length; at += XERIAL_BLOCK_BYTES) {
    const block = snappy.compressSync(bytes.subarray(at, at + XERIAL_BLOCK_BYTES))
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.length)
    chunks.push(length, block)
  }
  return Buffer.concat(chunks)
}

function xerialBlocks(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  let at = 0
  while (at < bytes.length) {
    if (startsXerial(bytes, at)) {
      at += XERIAL_HEADER_BYTES
      continue
    }
    const end = at + 4 + bytes.readInt32BE(at)
    if (end < at + 4 || end > bytes.length) throw new Error(`block of ${end - at - 4} bytes at ${at}`)
    blocks.push(bytes.subarray(at + 4, end))
    at = end
  }
  return blocks
}

function startsXerial(bytes: Buffer, at: number): boolean {
  return (
    at + XERIAL_MAGIC.length <= bytes.length &&
    bytes.compare(XERIAL_MAGIC, 0, XERIAL_MAGIC.length, at, at + XERIAL_MAGIC.length) === 0
  )
}

/** A raw block starts with its decompressed size, an unsigned varint of 32 bits. */
function declaredSizeBytes(block: Buffer): number {
  let sizeBytes = 0
  for (let index = 0; index < 5; index++) {
    const byte = block[index]
    if (byte === undefined) break
    sizeBytes += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return sizeBytes
  }
  throw new Error('block without a size')
}

function uncompressBlock(block: Buffer): Buffer {
  const output = loadSnappy().uncompressSync(block, { asBuffer: true })
  return typeof output === 'string' ? Buffer.from(output) : output
}

function loadSnappy(): typeof import('snappy') {
  return requireModule('snappy')
}
