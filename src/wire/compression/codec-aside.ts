/**
 * Compressing and decompressing off the main thread, for work in the background: a megabyte of gzip takes as long as ten
 * thousand requests. What is small, or has no other way, is done at once.
 */
import { createRequire } from 'node:module'
import { type CodecName, compress, DECOMPRESSED_MAX_BYTES, decompress } from './codec.ts'

/** A trip to another thread costs more than compressing less than this. */
const ASIDE_FROM_BYTES = 64 * 1024

type Callback = (error: Error | null, result: Buffer) => void
type Asynchronous = (bytes: Buffer, callback: Callback) => void

const requireModule = createRequire(import.meta.url)

/** As `compress`. */
export function compressAside(codec: CodecName, bytes: Buffer): Buffer | Promise<Buffer> {
  if (bytes.length < ASIDE_FROM_BYTES) return compress(codec, bytes)
  const zlib = loadZlib()
  if (codec === 'gzip') return called(zlib.gzip, bytes)
  if (codec === 'zstd' && zlib.zstdCompress !== undefined) return called(zlib.zstdCompress, bytes)
  if (codec === 'lz4') return loadLz4().compressFrame(bytes)
  return compress(codec, bytes)
}

/** As `decompress`. */
export async function decompressAside(codec: CodecName, bytes: Buffer): Promise<Buffer> {
  if (codec !== 'gzip' || bytes.length < ASIDE_FROM_BYTES) return decompress(codec, bytes)
  try {
    return await new Promise((resolve, reject) => {
      loadZlib().gunzip(bytes, { maxOutputLength: DECOMPRESSED_MAX_BYTES }, (error, result) =>
        error === null ? resolve(result) : reject(error),
      )
    })
  } catch {
    // In the words of the other one.
    return decompress(codec, bytes)
  }
}

function called(compressor: Asynchronous, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    compressor(bytes, (error, result) => (error === null ? resolve(result) : reject(error)))
  })
}

function loadZlib(): typeof import('node:zlib') & { zstdCompress?: Asynchronous } {
  return requireModule('node:zlib')
}

function loadLz4(): typeof import('lz4-napi') {
  return requireModule('lz4-napi')
}
