/**
 * CRC-32 (the polynomial of zlib and Ethernet), the checksum of messages with magic 0 and 1. Taken from `node:zlib`,
 * which has it in every version of Node that the broker runs on.
 */
import { createRequire } from 'node:module'

const requireModule = createRequire(import.meta.url)

/** The checksum of `bytes` from `start` up to, not including, `end`, as an unsigned number. */
export function crc32(bytes: Buffer, start = 0, end = bytes.length): number {
  const zlib: typeof import('node:zlib') = requireModule('node:zlib')
  return zlib.crc32(bytes.subarray(start, end))
}
