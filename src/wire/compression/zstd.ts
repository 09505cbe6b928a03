/**
 * zstd (KIP-110, Produce v7+), by `node:zlib` where it has it (Node 22.15 and later), else by a WebAssembly build.
 *
 * The WebAssembly build can only be loaded asynchronously (60 ms), while what decides about a produced batch is
 * synchronous. So whoever is about to look inside zstd batches awaits `prepareZstd()` first when `zstdIsReady()` says no.
 * That happens once in a process; callers that wait for it go on in the order in which they came, so the order of a
 * producer's requests holds. Where `node:zlib` has zstd it is always ready.
 *
 * Kafka's Java client writes frames that don't tell their content's size, so the output of the WebAssembly build is
 * bounded by what the blocks of a frame can hold. Source of the frame's layout: RFC 8878.
 */
import { createRequire } from 'node:module'
import { KafkaError } from '../errors.ts'
import { isTooLarge } from './gzip.ts'
import { outputTooLarge } from './output-limit.ts'

type Unpack = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer
type Pack = (bytes: Buffer) => Buffer

interface WasmZstd {
  compress(bytes: Uint8Array): Uint8Array
  decompress(bytes: Uint8Array): Uint8Array
}

const FRAME_MAGIC = 0xfd2f_b528
const SKIPPABLE_MAGIC = 0x184d_2a50
const SKIPPABLE_MAGIC_MASK = 0xffff_fff0
const BLOCK_MAX_BYTES = 128 * 1024
const RLE_BLOCK = 1
const RESERVED_BLOCK = 3
/** Bytes of the content size field by the two highest bits of the frame header's descriptor. */
const CONTENT_SIZE_BYTES = [0, 2, 4, 8]
const DICTIONARY_ID_BYTES = [0, 1, 2, 4]
/** The WebAssembly build gives a frame of unknown content this many times the input, and at least 1 MiB. */
const WASM_OUTPUT_PER_INPUT = 20

const requireModule = createRequire(import.meta.url)
const native = nativeZstd()
let wasm: WasmZstd | undefined

export function zstdIsReady(): boolean {
  return native !== undefined || wasm !== undefined
}

/** Loads what zstd needs; afterwards compressing and decompressing are synchronous. */
export async function prepareZstd(): Promise<void> {
  if (native === undefined) await prepareWasmZstd()
}

/** Loads the WebAssembly build, also where `node:zlib` would do. */
export async function prepareWasmZstd(): Promise<WasmZstd> {
  const { Zstd } = await import('@hpcc-js/wasm-zstd')
  wasm = await Zstd.load()
  return wasm
}

export function decompressZstd(bytes: Buffer, maxOutputBytes: number): Buffer {
  if (native === undefined) return decompressByWasm(preparedWasm(), bytes, maxOutputBytes)
  try {
    return native.unpack(bytes, { maxOutputLength: maxOutputBytes })
  } catch (error) {
    if (isTooLarge(error)) throw outputTooLarge('zstd', maxOutputBytes)
    throw error
  }
}

export function compressZstd(bytes: Buffer): Buffer {
  return native === undefined ? viewOf(preparedWasm().compress(bytes)) : native.pack(bytes)
}

/**
 * The build sizes its output by the first frame's content size or, if that is unknown, by its input. A skippable
 * frame in front makes it always the latter, and its length makes room for what the blocks can hold, no more.
 */
export function decompressByWasm(build: WasmZstd, bytes: Buffer, maxOutputBytes: number): Buffer {
  const bound = outputBoundBytes(bytes)
  if (bound.leastBytes > maxOutputBytes) throw outputTooLarge('zstd', maxOutputBytes)
  const capacityBytes = Math.min(bound.mostBytes, maxOutputBytes)
  const padding = Buffer.alloc(8 + Math.ceil(capacityBytes / WASM_OUTPUT_PER_INPUT))
  padding.writeUInt32LE(SKIPPABLE_MAGIC, 0)
  padding.writeUInt32LE(padding.length - 8, 4)
  try {
    const output = viewOf(build.decompress(Buffer.concat([padding, bytes])))
    if (output.length > maxOutputBytes) throw outputTooLarge('zstd', maxOutputBytes)
    return output
  } catch (error) {
    if (error instanceof KafkaError || capacityBytes === bound.mostBytes) throw error
    throw outputTooLarge('zstd', maxOutputBytes)
  }
}

/** Between how many bytes the frames hold, by their headers alone. Throws when they aren't zstd frames. */
export function outputBoundBytes(bytes: Buffer): { leastBytes: number; mostBytes: number } {
  let leastBytes = 0
  let mostBytes = 0
  let at = 0
  while (at < bytes.length) {
    const magic = bytes.readUInt32LE(at)
    if ((magic & SKIPPABLE_MAGIC_MASK) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + bytes.readUInt32LE(at + 4)
      continue
    }
    if (magic !== FRAME_MAGIC) throw new Error('no zstd frame')
    const frame = walkFrame(bytes, at)
    leastBytes += frame.declaredBytes ?? 0
    mostBytes += frame.declaredBytes ?? frame.blocksHoldBytes
    at = frame.end
  }
  return { leastBytes, mostBytes }
}

function walkFrame(bytes: Buffer, start: number) {
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
    blocksHoldBytes += type === 2 ? BLOCK_MAX_BYTES : blockBytes
    at += 3 + (type === RLE_BLOCK ? 1 : blockBytes)
  }
  const checksumBytes = (descriptor & 0x04) === 0 ? 0 : 4
  return { end: at + checksumBytes, declaredBytes, blocksHoldBytes }
}

function readContentSize(bytes: Buffer, at: number, sizeBytes: number): number | undefined {
  if (sizeBytes === 0) return undefined
  if (sizeBytes === 1) return bytes.readUInt8(at)
  if (sizeBytes === 2) return bytes.readUInt16LE(at) + 256
  if (sizeBytes === 4) return bytes.readUInt32LE(at)
  return Number(bytes.readBigUInt64LE(at))
}

function preparedWasm(): WasmZstd {
  if (wasm === undefined) throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', 'zstd is not loaded yet')
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
