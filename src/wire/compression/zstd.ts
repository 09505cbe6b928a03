/**
 * zstd (KIP-110, Produce v7+), by `node:zlib` where it has it (Node 22.15 and later), else by a WebAssembly build.
 *
 * Kafka's Java client writes frames that don't tell their content's size, so the output of the WebAssembly build is
 * bounded by what the blocks of a frame can hold. Source of the frame's layout: RFC 8878.
 */
import { createRequire } from 'node:module'
import { isTooLarge } from './gzip.ts'
import { outputTooLarge } from './output-limit.ts'
import { loadWasmZstd, type WasmZstd } from './zstd-wasm.ts'

type Unpack = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer
type Pack = (bytes: Buffer) => Buffer

interface Frame {
  readonly bytes: Buffer
  /** How many bytes it unfolds to, when it says so. */
  readonly declaredBytes: number | undefined
  /** The most that its blocks can unfold to. */
  readonly blocksHoldBytes: number
}

const FRAME_MAGIC = 0xfd2f_b528
const SKIPPABLE_MAGIC = 0x184d_2a50
const SKIPPABLE_MAGIC_MASK = 0xffff_fff0
const BLOCK_MAX_BYTES = 128 * 1024
const RLE_BLOCK = 1
const COMPRESSED_BLOCK = 2
const RESERVED_BLOCK = 3
const CHECKSUM_FLAG = 0x04
/** Bytes of the content size field by the two highest bits of the frame header's descriptor. */
const CONTENT_SIZE_BYTES = [0, 2, 4, 8]
const DICTIONARY_ID_BYTES = [0, 1, 2, 4]

const requireModule = createRequire(import.meta.url)
const native = nativeZstd()
let wasm: WasmZstd | undefined

export function decompressZstd(bytes: Buffer, maxOutputBytes: number): Buffer {
  if (native === undefined) return decompressByWasm(wasmZstd(), bytes, maxOutputBytes)
  try {
    return native.unpack(bytes, { maxOutputLength: maxOutputBytes })
  } catch (error) {
    if (isTooLarge(error)) throw outputTooLarge('zstd', maxOutputBytes)
    throw error
  }
}

export function compressZstd(bytes: Buffer): Buffer {
  return native === undefined ? viewOf(wasmZstd().compress(bytes)) : native.pack(bytes)
}

/** Frame by frame, as the build gives a frame that doesn't tell its content's size as much room as it is told to. */
export function decompressByWasm(build: WasmZstd, bytes: Buffer, maxOutputBytes: number): Buffer {
  const parts: Buffer[] = []
  let roomBytes = maxOutputBytes
  for (const frame of framesOf(bytes)) {
    const part = decompressFrame(build, frame, roomBytes)
    if (part === undefined) throw outputTooLarge('zstd', maxOutputBytes)
    roomBytes -= part.length
    parts.push(part)
  }
  const [first] = parts
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts)
}

/** Undefined when the frame holds more than `roomBytes`. */
function decompressFrame(build: WasmZstd, frame: Frame, roomBytes: number): Buffer | undefined {
  const { bytes, declaredBytes, blocksHoldBytes } = frame
  if ((declaredBytes ?? 0) > roomBytes) return undefined
  const isBounded = (declaredBytes ?? blocksHoldBytes) <= roomBytes
  try {
    return viewOf(build.decompress(bytes, { defaultHeapSize: Math.min(blocksHoldBytes, roomBytes) }))
  } catch (error) {
    if (isBounded) throw error
    return undefined
  }
}

/** The frames, skippable ones left out. Throws when the bytes aren't frames from beginning to end. */
function* framesOf(bytes: Buffer): Generator<Frame, void> {
  let at = 0
  while (at < bytes.length) {
    const magic = bytes.readUInt32LE(at)
    if ((magic & SKIPPABLE_MAGIC_MASK) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + bytes.readUInt32LE(at + 4)
      continue
    }
    if (magic !== FRAME_MAGIC) throw new Error('no zstd frame')
    const frame = readFrame(bytes, at)
    yield frame
    at += frame.bytes.length
  }
  if (at > bytes.length) throw new Error('the last frame is cut short')
}

function readFrame(bytes: Buffer, start: number): Frame {
  const descriptor = bytes.readUInt8(start + 4)
  const singleSegment = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >> 6
  let at = start + 5 + (singleSegment ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0)
  const sizeBytes = sizeFlag === 0 && singleSegment ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] ?? 0)
  const declaredBytes = readContentSize(bytes, at, sizeBytes)
  at += sizeBytes
  let blocksHoldBytes = 0
  for (let last = false; !last; ) {
    const header = bytes.readUIntLE(at, 3)
    const type = (header >> 1) & 3
    if (type === RESERVED_BLOCK) throw new Error('reserved block type')
    const blockBytes = header >> 3
    last = (header & 1) === 1
    blocksHoldBytes += type === COMPRESSED_BLOCK ? BLOCK_MAX_BYTES : blockBytes
    at += 3 + (type === RLE_BLOCK ? 1 : blockBytes)
  }
  const end = at + ((descriptor & CHECKSUM_FLAG) === 0 ? 0 : 4)
  if (end > bytes.length) throw new Error('a frame is cut short')
  return { bytes: bytes.subarray(start, end), declaredBytes, blocksHoldBytes }
}

function readContentSize(bytes: Buffer, at: number, sizeBytes: number): number | undefined {
  if (sizeBytes === 0) return undefined
  if (sizeBytes === 1) return bytes.readUInt8(at)
  if (sizeBytes === 2) return bytes.readUInt16LE(at) + 256
  if (sizeBytes === 4) return bytes.readUInt32LE(at)
  return Number(bytes.readBigUInt64LE(at))
}

function wasmZstd(): WasmZstd {
  wasm ??= loadWasmZstd()
  return wasm
}

function nativeZstd(): { unpack: Unpack; pack: Pack } | undefined {
  const zlib: typeof import('node:zlib') & { zstdDecompressSync?: Unpack; zstdCompressSync?: Pack } =
    requireModule('node:zlib')
  const { zstdDecompressSync: unpack, zstdCompressSync: pack } = zlib
  return unpack === undefined || pack === undefined ? undefined : { unpack, pack }
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
