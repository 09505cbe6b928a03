import { expect, test } from 'vitest'
import { codecNames, compress, decompress } from './codec.ts'
import { compressAside, decompressAside } from './codec-aside.ts'

test.each(codecNames)('off the main thread %s gives and takes the same', async (codec) => {
  for (const sizeBytes of [10, 300_000]) {
    const bytes = Buffer.alloc(sizeBytes, 'some text, again and again; ')
    expect(decompress(codec, await compressAside(codec, bytes)).equals(bytes)).toBe(true)
    expect((await decompressAside(codec, compress(codec, bytes))).equals(bytes)).toBe(true)
  }
})

test('what is no gzip is refused as it is on the main thread', async () => {
  const noise = Buffer.alloc(100_000, 'x')
  await expect(decompressAside('gzip', noise)).rejects.toThrow('Invalid gzip data')
})
