import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ErrorName, KafkaError } from '../errors.ts'
import { codecId, codecName, codecNames, compress, decompress } from './codec.ts'
import { withOldHeaderChecksum } from './lz4.ts'
import { decompressByWasm } from './zstd.ts'
import { loadWasmZstd } from './zstd-wasm.ts'

const codecs = codecNames.filter((name) => name !== 'none')
const requireModule = createRequire(import.meta.url)
const snappy: typeof import('snappy') = requireModule('snappy')
const wasm = loadWasmZstd()

describe.each(codecs)('%s', (codec) => {
  test('what was compressed unfolds to itself', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100_000, size: 'max' }), (bytes) => {
        const plain = Buffer.from(bytes)
        expect(decompress(codec, compress(codec, plain)).equals(plain)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  test('large repetitive input unfolds to itself', () => {
    const plain = Buffer.alloc(5 * 1024 * 1024, 'the spool ')
    const packed = compress(codec, plain)
    expect(packed.length).toBeLessThan(plain.length / 10)
    expect(decompress(codec, packed).equals(plain)).toBe(true)
  })

  test('exactly the limit passes, one byte more is too large', () => {
    const plain = Buffer.alloc(300_000, 'odradek')
    const packed = compress(codec, plain)
    expect(decompress(codec, packed, 300_000).equals(plain)).toBe(true)
    expect(errorOf(() => decompress(codec, packed, 299_999))).toBe('MESSAGE_TOO_LARGE')
  })

  test('a bomb is refused without unfolding it', () => {
    const bomb = compress(codec, Buffer.alloc(64 * 1024 * 1024))
    const before = process.memoryUsage()
    expect(errorOf(() => decompress(codec, bomb, 1024 * 1024))).toBe('MESSAGE_TOO_LARGE')
    const after = process.memoryUsage()
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(16 * 1024 * 1024)
  })

  test('bytes that are not of the codec are corrupt', () => {
    expect(errorOf(() => decompress(codec, Buffer.from('this is not compressed, is it')))).toBe(
      'CORRUPT_MESSAGE',
    )
    if (codec !== 'zstd') expect(errorOf(() => decompress(codec, Buffer.alloc(0)))).toBe('CORRUPT_MESSAGE')
  })

  test('cut short or changed anywhere, it is refused or unfolds to something within the limit', () => {
    const packed = compress(codec, Buffer.from('abcabcabcabcabc'.repeat(40)))
    const change = fc.record({ at: fc.nat(packed.length - 1), to: fc.nat(255), cut: fc.nat(packed.length) })
    fc.assert(
      fc.property(change, ({ at, to, cut }) => {
        const broken = Buffer.from(packed.subarray(0, Math.max(cut, 1)))
        if (at < broken.length) broken[at] = to
        const outcome = outcomeOf(() => decompress(codec, broken, 10_000).length)
        if (typeof outcome === 'number') expect(outcome).toBeLessThanOrEqual(10_000)
        else expect(['CORRUPT_MESSAGE', 'MESSAGE_TOO_LARGE']).toContain(outcome)
      }),
      { numRuns: 300 },
    )
  })
})

test('codecs have the numbers that stand in batches', () => {
  expect(codecNames.map(codecId)).toEqual([0, 1, 2, 3, 4])
  expect([0, 1, 2, 3, 4, 5].map(codecName)).toEqual(['none', 'gzip', 'snappy', 'lz4', 'zstd', undefined])
})

test('snappy is read raw, as librdkafka sends it, however short', () => {
  for (const text of ['', 'a', 'abc', 'a longer text, longer than the header of a framed stream']) {
    expect(decompress('snappy', snappy.compressSync(text)).toString()).toBe(text)
  }
})

test('snappy streams with any version in their headers, one after the other, are one input', () => {
  const stream = (text: string, version: number) => {
    const framed = compress('snappy', Buffer.from(text))
    framed.writeInt32LE(version, 8)
    framed.writeInt32LE(version, 12)
    return framed
  }
  const both = Buffer.concat([stream('one ', 1), stream('two', 0x0100_0000)])
  expect(decompress('snappy', both).toString()).toBe('one two')
})

test('a snappy block that declares more than it holds is refused before anything is allocated', () => {
  const twoGigabytes = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07, 0, 1])
  expect(errorOf(() => decompress('snappy', twoGigabytes))).toBe('MESSAGE_TOO_LARGE')
})

test('an LZ4 frame with the header checksum of clients from before 0.10 is read', () => {
  const plain = Buffer.from('hello hello hello hello')
  const frame = compress('lz4', plain)
  const right = frame[6]
  const old = withOldHeaderChecksum(Buffer.from(frame))
  expect(old[6]).not.toBe(right)
  expect(decompress('lz4', old)).toEqual(plain)
  old[6] = (old.readUInt8(6) + 1) & 0xff
  expect(errorOf(() => decompress('lz4', old))).toBe('CORRUPT_MESSAGE')
})

test('an LZ4 frame of many blocks is measured by its tokens when its block count leaves doubt', () => {
  const plain = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 251))
  const frame = compress('lz4', plain)
  expect(decompress('lz4', frame, plain.length)).toEqual(plain)
  expect(errorOf(() => decompress('lz4', frame, plain.length - 1))).toBe('MESSAGE_TOO_LARGE')
})

describe('zstd without node:zlib', () => {
  test('the output is the same, with and without a declared size, over several frames', () => {
    const plain = Buffer.alloc(3_000_000, 'zstandard ')
    const frame = Buffer.from(wasm.compress(plain))
    expect(decompressByWasm(wasm, frame, 4_000_000).equals(plain)).toBe(true)
    const both = decompressByWasm(wasm, Buffer.concat([frame, frame]), 7_000_000)
    expect(both.equals(Buffer.concat([plain, plain]))).toBe(true)
  })

  test('a frame that unfolds beyond the limit is refused', () => {
    const frame = Buffer.from(wasm.compress(Buffer.alloc(3_000_000)))
    expect(errorOf(() => decompressByWasm(wasm, frame, 2_000_000))).toBe('MESSAGE_TOO_LARGE')
  })

  test('what a frame can hold is bounded by its blocks when it does not say', () => {
    // A frame without content size: one block of 5 bytes as they are, one of a repeated byte, 1000 times.
    const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58])
    const raw = Buffer.from([5 << 3, 0, 0, 1, 2, 3, 4, 5])
    const repeated = Buffer.from([((1000 << 3) | 2 | 1) & 0xff, (1000 << 3) >> 8, 0, 7])
    const frame = Buffer.concat([header, raw, repeated])
    const expected = Buffer.concat([Buffer.from([1, 2, 3, 4, 5]), Buffer.alloc(1000, 7)])
    expect(decompressByWasm(wasm, frame, 1005)).toEqual(expected)
    expect(errorOf(() => decompressByWasm(wasm, frame, 1004))).toBe('MESSAGE_TOO_LARGE')
  })

  test('a skippable frame holds nothing, and no frames hold nothing', () => {
    const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
    const frame = Buffer.from(wasm.compress(Buffer.from('odradek')))
    expect(decompressByWasm(wasm, Buffer.concat([skippable, frame]), 100).toString()).toBe('odradek')
    expect(decompressByWasm(wasm, Buffer.alloc(0), 100)).toHaveLength(0)
  })

  test('frames that are cut short, of no known block, or lie about their size are refused', () => {
    const frame = Buffer.from(wasm.compress(Buffer.alloc(100_000)))
    const lying = Buffer.from(frame)
    lying.writeUInt32LE(lying.readUInt32LE(5) + 1, 5)
    const reserved = Buffer.from([
      0x28,
      0xb5,
      0x2f,
      0xfd,
      0x00,
      0x58,
      (5 << 3) | (3 << 1) | 1,
      0,
      0,
      1,
      2,
      3,
      4,
      5,
    ])
    const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 30, 0, 0, 0, 1, 2, 3])
    for (const bytes of [frame.subarray(0, -1), lying, reserved, skippable])
      expect(() => decompressByWasm(wasm, bytes, 4_000_000)).toThrow()
  })

  test('a sequence of matches that runs far past its block is refused at once', () => {
    const started = performance.now()
    for (const count of [100, 10_000])
      expect(() => decompressByWasm(wasm, runaway(count), 4_000_000)).toThrow()
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

/** A frame with one block of `count` sequences, each a match of 131 074 bytes; blocks may hold 131 072 in all. */
function runaway(count: number): Buffer {
  const literals = Buffer.from([(1 << 3) | 1, 0x41])
  const sequences = Buffer.from([(count >> 8) + 128, count & 255, 0b01_01_01_00, 0, 0, 52])
  const bits = Buffer.alloc(2 * count + 1, 0xff)
  bits[2 * count] = 1
  const block = Buffer.concat([literals, sequences, bits])
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0, 0, 0])
  header.writeUIntLE((block.length << 3) | (2 << 1) | 1, 6, 3)
  return Buffer.concat([header, block])
}

function errorOf(run: () => unknown): ErrorName | 'no error' {
  const outcome = outcomeOf(() => {
    run()
    return 'no error' as const
  })
  return outcome
}

/** The result, or the name of the refusal; any other error is a failure. */
function outcomeOf<T>(run: () => T): T | ErrorName {
  try {
    return run()
  } catch (error) {
    if (error instanceof KafkaError) return error.error
    throw error
  }
}
