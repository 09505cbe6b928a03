/** gzip, by `node:zlib`. */
import { createRequire } from 'node:module'
import { outputTooLarge } from './output-limit.ts'

/** zlib's default of 16 KiB makes a megabyte 64 pieces to be joined. */
const CHUNK_BYTES = 64 * 1024

const requireModule = createRequire(import.meta.url)

export function decompressGzip(bytes: Buffer, maxOutputBytes: number): Buffer {
  try {
    return loadZlib().gunzipSync(bytes, { maxOutputLength: maxOutputBytes, chunkSize: CHUNK_BYTES })
  } catch (error) {
    if (isTooLarge(error)) throw outputTooLarge('gzip', maxOutputBytes)
    throw error
  }
}

export function compressGzip(bytes: Buffer): Buffer {
  return loadZlib().gzipSync(bytes, { chunkSize: CHUNK_BYTES })
}

/** Whether `node:zlib` gave up at `maxOutputLength`. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
}

function loadZlib(): typeof import('node:zlib') {
  return requireModule('node:zlib')
}
