/**
 * LZ4 frames, as all clients send them. A frame:
 *
 *     magic uint32 LE · FLG · BD · [content size uint64 LE] · [dictionary id uint32] · header checksum
 *     blocks: { size uint32 LE, highest bit = stored as is · data · [checksum uint32] } · 0 · [content checksum uint32]
 *
 * The header checksum is the second byte of the xxHash32 of FLG up to itself. Clients from before 0.10 (messages of
 * magic 0) hashed from the frame's magic on (KAFKA-3160, KIP-57), so a checksum of that kind is put right first, and
 * messages for such clients are given it. Source: lz4_Frame_format.md; apache/kafka `Lz4BlockInputStream.java`.
 */
import { createRequire } from 'node:module'
import { outputTooLarge } from './output-limit.ts'
import { xxHash32 } from './xxhash32.ts'

const FRAME_MAGIC = 0x184d_2204
const BLOCK_CHECKSUM_FLAG = 0x10
const CONTENT_SIZE_FLAG = 0x08
const CONTENT_CHECKSUM_FLAG = 0x04
const DICTIONARY_ID_FLAG = 0x01
const STORED_FLAG = 0x8000_0000

const requireModule = createRequire(import.meta.url)

export function decompressLz4(bytes: Buffer, maxOutputBytes: number): Buffer {
  const checksumAt = headerChecksumAt(bytes)
  if (outputBoundBytes(bytes, checksumAt) > maxOutputBytes) {
    if (outputSizeBytes(bytes, checksumAt, maxOutputBytes) > maxOutputBytes)
      throw outputTooLarge('lz4', maxOutputBytes)
  }
  return loadLz4().decompressFrameSync(withRightHeaderChecksum(bytes, checksumAt))
}

export function compressLz4(bytes: Buffer): Buffer {
  return loadLz4().compressFrameSync(bytes)
}

/** The frame with the header checksum that clients from before 0.10 expect; changed in place. */
export function withOldHeaderChecksum(frame: Buffer): Buffer {
  const checksumAt = headerChecksumAt(frame)
  frame[checksumAt] = headerChecksum(frame, 0, checksumAt)
  return frame
}

function withRightHeaderChecksum(bytes: Buffer, checksumAt: number): Buffer {
  const right = headerChecksum(bytes, 4, checksumAt)
  const given = bytes.readUInt8(checksumAt)
  if (given === right || given !== headerChecksum(bytes, 0, checksumAt)) return bytes
  const copy = Buffer.from(bytes)
  copy[checksumAt] = right
  return copy
}

function headerChecksum(bytes: Buffer, start: number, end: number): number {
  return (xxHash32(bytes.subarray(start, end)) >>> 8) & 0xff
}

function headerChecksumAt(bytes: Buffer): number {
  if (bytes.readUInt32LE(0) !== FRAME_MAGIC) throw new Error('no LZ4 frame')
  const flags = bytes.readUInt8(4)
  return 6 + ((flags & CONTENT_SIZE_FLAG) === 0 ? 0 : 8) + ((flags & DICTIONARY_ID_FLAG) === 0 ? 0 : 4)
}

/** At most how many bytes the frame can unfold to, by the number of its blocks. */
function outputBoundBytes(bytes: Buffer, checksumAt: number): number {
  const blockMaxBytes = blockMaxBytesOf(bytes)
  let boundBytes = 0
  forEachBlock(bytes, checksumAt + 1, (_start, _end, stored, sizeBytes) => {
    boundBytes += stored ? sizeBytes : blockMaxBytes
    return true
  })
  return boundBytes
}

/** How many bytes the frame unfolds to, by its blocks' tokens; stops counting beyond `limitBytes`. */
function outputSizeBytes(bytes: Buffer, checksumAt: number, limitBytes: number): number {
  let totalBytes = 0
  forEachBlock(bytes, checksumAt + 1, (start, end, stored, sizeBytes) => {
    totalBytes += stored ? sizeBytes : blockOutputBytes(bytes, start, end)
    return totalBytes <= limitBytes
  })
  return totalBytes
}

function blockMaxBytesOf(bytes: Buffer): number {
  const code = (bytes.readUInt8(5) >> 4) & 0x07
  if (code < 4) throw new Error(`block size code ${code}`)
  return 2 ** (8 + 2 * code)
}

function forEachBlock(
  bytes: Buffer,
  firstAt: number,
  visit: (start: number, end: number, stored: boolean, sizeBytes: number) => boolean,
): void {
  const flags = bytes.readUInt8(4)
  const trailerBytes = (flags & BLOCK_CHECKSUM_FLAG) === 0 ? 0 : 4
  for (let at = firstAt; ; ) {
    const field = bytes.readUInt32LE(at)
    if (field === 0) {
      at += (flags & CONTENT_CHECKSUM_FLAG) === 0 ? 4 : 8
      if (at < bytes.length) throw new Error(`${bytes.length - at} bytes after the frame`)
      return
    }
    const stored = field >= STORED_FLAG
    const sizeBytes = stored ? field - STORED_FLAG : field
    const start = at + 4
    at = start + sizeBytes + trailerBytes
    if (at > bytes.length) throw new Error(`block of ${sizeBytes} bytes at ${start}`)
    if (!visit(start, start + sizeBytes, stored, sizeBytes)) return
  }
}

/** Adds up literals and matches: each sequence is a token, its literals, a distance of two bytes and more length. */
function blockOutputBytes(bytes: Buffer, start: number, end: number): number {
  let outputBytes = 0
  let at = start
  while (at < end) {
    const token = bytes.readUInt8(at++)
    let literals = token >> 4
    for (let more = literals === 15 ? 255 : 0; more === 255 && at < end; literals += more)
      more = bytes.readUInt8(at++)
    outputBytes += literals
    at += literals + 2
    if (at >= end) break
    let match = (token & 15) + 4
    for (let more = match === 19 ? 255 : 0; more === 255 && at < end; match += more)
      more = bytes.readUInt8(at++)
    outputBytes += match
  }
  return outputBytes
}

function loadLz4(): typeof import('lz4-napi') {
  return requireModule('lz4-napi')
}
