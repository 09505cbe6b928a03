/**
 * The codecs of record batches, by the numbers that stand in a batch's attributes and the names that stand in
 * `compression.type`. What works on bytes is loaded when first used: most brokers never look inside a compressed batch
 * of more than one kind, and the native packages take 10–30 ms each.
 */
import { KafkaError } from '../errors.ts'
import { compressGzip, decompressGzip } from './gzip.ts'
import { compressLz4, decompressLz4 } from './lz4.ts'
import { compressSnappy, decompressSnappy } from './snappy.ts'
import { compressZstd, decompressZstd } from './zstd.ts'

/** In the order of their numbers: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
export const codecNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export type CodecName = (typeof codecNames)[number]

/**
 * How far one batch may unfold. A broker with default settings takes requests of up to 100 MiB
 * (`socket.request.max.bytes`), so no producer could have sent more without compression; anything beyond is a bomb.
 */
export const DECOMPRESSED_MAX_BYTES = 128 * 1024 * 1024

/** The name of a codec number; `undefined` for the numbers that Kafka hasn't given away (5–7). */
export function codecName(id: number): CodecName | undefined {
  return codecNames[id]
}

export function codecId(name: CodecName): number {
  return codecNames.indexOf(name)
}

/**
 * The decompressed bytes. Throws MESSAGE_TOO_LARGE when they would be more than `maxOutputBytes` (a Java producer then
 * splits its batch), CORRUPT_MESSAGE when the input isn't what the codec writes. Never allocates much more than the limit.
 */
export function decompress(codec: CodecName, bytes: Buffer, maxOutputBytes = DECOMPRESSED_MAX_BYTES): Buffer {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return guarded(codec, () => decompressGzip(bytes, maxOutputBytes))
    case 'snappy':
      return guarded(codec, () => decompressSnappy(bytes, maxOutputBytes))
    case 'lz4':
      return guarded(codec, () => decompressLz4(bytes, maxOutputBytes))
    case 'zstd':
      return guarded(codec, () => decompressZstd(bytes, maxOutputBytes))
  }
}

/** The compressed bytes, framed as Kafka's Java client frames them. */
export function compress(codec: CodecName, bytes: Buffer): Buffer {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return compressGzip(bytes)
    case 'snappy':
      return compressSnappy(bytes)
    case 'lz4':
      return compressLz4(bytes)
    case 'zstd':
      return compressZstd(bytes)
  }
}

/** The libraries' own errors say in many ways that the bytes are broken; clients know one. */
function guarded(codec: CodecName, run: () => Buffer): Buffer {
  try {
    return run()
  } catch (error) {
    if (error instanceof KafkaError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new KafkaError('CORRUPT_MESSAGE', `Invalid ${codec} data: ${reason}`)
  }
}
