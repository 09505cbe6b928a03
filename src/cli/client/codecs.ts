import { type CodecName, compress, decompress } from '../../wire/compression/codec.ts'

/** Teaches kafkajs, which brings gzip alone, the other codecs of Kafka. */
export function registerCodecs({
  CompressionCodecs,
  CompressionTypes,
}: Pick<typeof import('kafkajs'), 'CompressionCodecs' | 'CompressionTypes'>): void {
  const codecs = [
    [CompressionTypes.Snappy, 'snappy'],
    [CompressionTypes.LZ4, 'lz4'],
    [CompressionTypes.ZSTD, 'zstd'],
  ] as const
  for (const [type, name] of codecs) Reflect.set(CompressionCodecs, type, () => codec(name))
}

interface KafkaJsCodec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}

function codec(name: CodecName): KafkaJsCodec {
  return {
    async compress(encoder) {
      return compress(name, encoder.buffer)
    },
    async decompress(bytes) {
      return decompress(name, bytes)
    },
  }
}
