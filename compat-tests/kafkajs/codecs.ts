import zlib from 'node:zlib'
import * as wasmZstd from '@bokuweb/zstd-wasm'
import { CompressionCodecs, CompressionTypes } from 'kafkajs'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { compress as snappyCompress, uncompress as snappyUncompress } from 'snappy'

/**
 * The codecs that kafkajs leaves to plug-ins, each counting what it has been asked to do: how often a consumer
 * decompresses tells which codec the broker's batches have, which kafkajs does not show otherwise.
 */
export interface Codec {
  readonly name: string
  readonly type: CompressionTypes
}

export const codecs: readonly Codec[] = [
  { name: 'gzip', type: CompressionTypes.GZIP },
  { name: 'snappy', type: CompressionTypes.Snappy },
  { name: 'lz4', type: CompressionTypes.LZ4 },
  { name: 'zstd', type: CompressionTypes.ZSTD },
]

export const decompressed = { gzip: 0, snappy: 0, lz4: 0, zstd: 0 }

/** Java writes Snappy in xerial's framing, librdkafka writes it raw; a broker takes both. */
export const snappyFraming = { xerial: true }

export interface CodecImplementation {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}

function counted(name: keyof typeof decompressed, codec: CodecImplementation): () => CodecImplementation {
  return () => ({
    compress: (encoder) => codec.compress(encoder),
    decompress: (bytes) => {
      decompressed[name]++
      return codec.decompress(bytes)
    },
  })
}

const gzip: CodecImplementation = {
  compress: async ({ buffer }) => zlib.gzipSync(buffer),
  decompress: async (bytes) => zlib.gunzipSync(bytes),
}

const lz4: CodecImplementation = {
  compress: async ({ buffer }) => await compressFrame(buffer),
  decompress: async (bytes) => await decompressFrame(bytes),
}

/** xerial's framing: a magic, two versions, then length-prefixed blocks of at most 32 KiB of plain text. */
const xerialHeader = Buffer.from('82534e41505059000000000100000001', 'hex')
const xerialBlockSize = 32 * 1024

export const snappyCodec: CodecImplementation = {
  compress: async ({ buffer }) => {
    if (!snappyFraming.xerial) return await snappyCompress(buffer)
    const parts: Buffer[] = [xerialHeader]
    for (let at = 0; at < buffer.length; at += xerialBlockSize) {
      const block = await snappyCompress(buffer.subarray(at, at + xerialBlockSize))
      const length = Buffer.alloc(4)
      length.writeInt32BE(block.length)
      parts.push(length, block)
    }
    return Buffer.concat(parts)
  },
  decompress: async (bytes) => {
    if (!bytes.subarray(0, 8).equals(xerialHeader.subarray(0, 8))) return await unsnap(bytes)
    const parts: Buffer[] = []
    for (let at = xerialHeader.length; at < bytes.length; ) {
      const length = bytes.readInt32BE(at)
      parts.push(await unsnap(bytes.subarray(at + 4, at + 4 + length)))
      at += 4 + length
    }
    return Buffer.concat(parts)
  },
}

async function unsnap(bytes: Buffer): Promise<Buffer> {
  const plain = await snappyUncompress(bytes)
  return typeof plain === 'string' ? Buffer.from(plain) : plain
}

let wasmReady: Promise<void> | undefined

/** To be initialized once: a second time takes its memory away. */
async function wasm(): Promise<typeof wasmZstd> {
  wasmReady ??= wasmZstd.init()
  await wasmReady
  return wasmZstd
}

/** Node's own zstd where it has one (22.15 and newer), else a WebAssembly build of the original. */
const zstd: CodecImplementation = {
  compress: async ({ buffer }) => {
    if ('zstdCompressSync' in zlib) return nodeZstd().compress(buffer)
    return Buffer.from((await wasm()).compress(buffer))
  },
  decompress: async (bytes) => {
    if ('zstdDecompressSync' in zlib) return nodeZstd().decompress(bytes)
    return Buffer.from((await wasm()).decompress(bytes))
  },
}

function nodeZstd(): { compress(plain: Buffer): Buffer; decompress(bytes: Buffer): Buffer } {
  const { zstdCompressSync, zstdDecompressSync }: Record<string, unknown> = { ...zlib }
  if (typeof zstdCompressSync !== 'function' || typeof zstdDecompressSync !== 'function') {
    throw new Error('node:zlib has no zstd')
  }
  return { compress: (plain) => zstdCompressSync(plain), decompress: (bytes) => zstdDecompressSync(bytes) }
}

CompressionCodecs[CompressionTypes.GZIP] = counted('gzip', gzip)
CompressionCodecs[CompressionTypes.Snappy] = counted('snappy', snappyCodec)
CompressionCodecs[CompressionTypes.LZ4] = counted('lz4', lz4)
CompressionCodecs[CompressionTypes.ZSTD] = counted('zstd', zstd)
