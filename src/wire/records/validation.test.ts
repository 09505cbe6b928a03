import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codecNames } from '../compression/codec.ts'
import { crc32c } from '../crc32c.ts'
import { KafkaError } from '../errors.ts'
import { BATCH_HEADER_BYTES, CRC_START, readCrc } from './batch-header.ts'
import { buildMessageSet } from './message-set-builder.ts'
import { batchOf, changed, errorFor, forged, holding, now, rules, three } from './produced-samples.fixture.ts'
import { recordsOf } from './record-iteration.ts'
import { acceptProduced } from './validation.ts'
import { writeVarint } from './varint.ts'

/**
 * Each error below was read off a running Kafka 4.4 by producing the same bytes over a socket (Produce v8), unless the
 * test's name says otherwise. Where Kafka leaks UNKNOWN_SERVER_ERROR (a codec number nobody has, bytes that don't
 * decompress) the answer here is INVALID_RECORD, which clients don't retry either.
 */

describe('the record set of a request', () => {
  test.each(codecNames)('one good batch, %s, is accepted as it came', (codec) => {
    const batch = batchOf({ codec })
    const accepted = acceptProduced(Buffer.from(batch), rules)
    expect(accepted.bytes).toEqual(batch)
    expect(accepted).toMatchObject({ recordCount: 3, lastOffsetDelta: 2, maxTimestamp: now + 2n })
    expect(accepted.maxTimestampOffsetDelta).toBe(2)
  })

  test('no batch, half a batch or two batches are invalid', () => {
    const batch = batchOf()
    expect(errorFor(Buffer.alloc(0))).toBe('INVALID_RECORD')
    expect(errorFor(batch.subarray(0, 70))).toBe('INVALID_RECORD')
    expect(errorFor(batch.subarray(0, 10))).toBe('INVALID_RECORD')
    expect(errorFor(Buffer.concat([batch, batch]))).toBe('INVALID_RECORD')
  })

  test('what follows the batch without being one is cut off', () => {
    const batch = batchOf()
    expect(acceptProduced(Buffer.concat([batch, batch.subarray(0, 80)]), rules).bytes).toEqual(batch)
    expect(acceptProduced(Buffer.concat([batch, Buffer.from('abcde')]), rules).bytes).toEqual(batch)
    expect(errorFor(Buffer.concat([batch, Buffer.alloc(30)]))).toBe('CORRUPT_MESSAGE')
  })

  test.each([10, 40, -1, 0, -2_147_483_648])('a batch length of %i is corrupt', (length) => {
    expect(errorFor(changed(batchOf(), (bytes) => bytes.writeInt32BE(length, 8)))).toBe('CORRUPT_MESSAGE')
  })

  test('an unknown magic is corrupt, an old one invalid from Produce v3 on', () => {
    const withMagic = (magic: number) => changed(batchOf(), (bytes) => bytes.writeInt8(magic, 16))
    expect(errorFor(withMagic(3))).toBe('CORRUPT_MESSAGE')
    expect(errorFor(withMagic(-1))).toBe('CORRUPT_MESSAGE')
    expect(errorFor(withMagic(1))).toBe('INVALID_RECORD')
    const [record] = recordsOf(batchOf())
    if (record === undefined) throw new Error('no record')
    expect(errorFor(buildMessageSet({ magic: 1, records: [record] }), { requestVersion: 3 })).toBe(
      'INVALID_RECORD',
    )
  })

  test('zstd needs Produce v7', () => {
    const batch = batchOf({ codec: 'zstd' })
    for (const requestVersion of [3, 4, 5, 6]) {
      expect(errorFor(batch, { requestVersion })).toBe('UNSUPPORTED_COMPRESSION_TYPE')
      expect(errorFor(Buffer.concat([batch, batch]), { requestVersion })).toBe('UNSUPPORTED_COMPRESSION_TYPE')
    }
    expect(acceptProduced(batch, { ...rules, requestVersion: 7 }).recordCount).toBe(3)
  })
})

describe('the order of checks', () => {
  const badCrc = (batch: Buffer) => changed(batch, (bytes) => bytes.writeUInt8(bytes.readUInt8(17) ^ 1, 17))

  test('a wrong CRC is corrupt, whatever is wrong in header or records', () => {
    expect(errorFor(badCrc(batchOf()))).toBe('CORRUPT_MESSAGE')
    expect(errorFor(badCrc(batchOf({ control: true })))).toBe('CORRUPT_MESSAGE')
    expect(errorFor(badCrc(forged(batchOf(), (bytes) => bytes.writeInt16BE(5, 21))))).toBe('CORRUPT_MESSAGE')
    expect(errorFor(badCrc(batchOf({ records: [{ timestamp: now }] })), { compacted: true })).toBe(
      'CORRUPT_MESSAGE',
    )
  })

  test('a flipped bit in a record is corrupt', () => {
    const batch = batchOf()
    expect(errorFor(changed(batch, (bytes) => bytes.writeUInt8(0xff, bytes.length - 2)))).toBe(
      'CORRUPT_MESSAGE',
    )
  })

  test('base offset and size are looked at before the CRC', () => {
    expect(errorFor(badCrc(batchOf({ baseOffset: 5 })))).toBe('INVALID_RECORD')
    expect(errorFor(badCrc(batchOf()), { maxBatchBytes: 70 })).toBe('MESSAGE_TOO_LARGE')
  })
})

describe.each(['none', 'gzip'] as const)('the header of a batch, %s', (codec) => {
  test('a base offset other than 0 is invalid, any leader epoch is fine', () => {
    expect(errorFor(batchOf({ codec, baseOffset: 5 }))).toBe('INVALID_RECORD')
    expect(errorFor(batchOf({ codec, baseOffset: -1 }))).toBe('INVALID_RECORD')
    expect(acceptProduced(batchOf({ codec, leaderEpoch: 77 }), rules).recordCount).toBe(3)
  })

  test('a batch above max.message.bytes is too large, one of that size is not', () => {
    const batch = batchOf({ codec })
    expect(errorFor(batch, { maxBatchBytes: batch.length - 1 })).toBe('MESSAGE_TOO_LARGE')
    expect(acceptProduced(batch, { ...rules, maxBatchBytes: batch.length }).recordCount).toBe(3)
  })

  test.each([
    ['last offset delta 5 of 3 records', 5, 3],
    ['last offset delta -1', -1, 3],
    ['no records', 0, 0],
    ['no records, last offset delta -1', -1, 0],
    ['-1 records', 2, -1],
    ['one record more than there is', 3, 4],
    ['one record less than there is', 1, 2],
    ['two thousand million records', 1_999_999_999, 2_000_000_000],
  ])('%s is invalid', (_what, lastOffsetDelta, count) => {
    const batch = forged(batchOf({ codec }), (bytes) => {
      bytes.writeInt32BE(lastOffsetDelta, 23)
      bytes.writeInt32BE(count, 57)
    })
    expect(errorFor(batch)).toBe('INVALID_RECORD')
  })

  test('control batches are not for clients', () => {
    expect(errorFor(batchOf({ codec, control: true }))).toBe('INVALID_RECORD')
  })

  test('a producer id is one that a broker can have given out', () => {
    const of = (producerId: bigint) =>
      forged(batchOf({ codec, producerId: 5, producerEpoch: 0, baseSequence: 9 }), (bytes) =>
        bytes.writeBigInt64BE(producerId, 43),
      )
    expect(acceptProduced(of(2n ** 53n - 1n), rules).producerId).toBe(Number.MAX_SAFE_INTEGER)
    for (const producerId of [2n ** 53n, 2n ** 63n - 1n])
      expect(errorFor(of(producerId))).toBe('INVALID_RECORD')
  })

  test('a producer id needs a sequence, and nothing else', () => {
    expect(errorFor(batchOf({ codec, producerId: 5, producerEpoch: 0 }))).toBe('INVALID_RECORD')
    const fields = { producerId: 5, producerEpoch: 0, baseSequence: 9 }
    expect(acceptProduced(batchOf({ codec, ...fields }), rules)).toMatchObject(fields)
    expect(acceptProduced(batchOf({ codec, producerEpoch: 3, baseSequence: 4 }), rules).producerId).toBe(-1)
    expect(acceptProduced(batchOf({ codec, producerId: -7, producerEpoch: 0 }), rules).recordCount).toBe(3)
  })

  test('a batch may lie about its largest timestamp: it is put right, with the CRC', () => {
    const accepted = acceptProduced(batchOf({ codec, maxTimestamp: 5n }), rules)
    expect(accepted.bytes).toEqual(batchOf({ codec }))
    expect(acceptProduced(batchOf({ codec, maxTimestamp: now * 1000n }), rules).bytes).toEqual(
      batchOf({ codec }),
    )
  })

  test('offset deltas that are not 0, 1, 2 are put right (Kafka: kept as they are, or an unknown error)', () => {
    for (const deltas of [
      [0, 0, 0],
      [5, 6, 7],
      [2, 1, 0],
    ]) {
      const records = three.map((record, index) => ({ ...record, offsetDelta: deltas[index] ?? 0 }))
      const fields = { codec, producerId: 5, producerEpoch: 1, baseSequence: 9, transactional: true }
      const accepted = acceptProduced(batchOf({ ...fields, records, lastOffsetDelta: 2 }), rules)
      expect([...recordsOf(accepted.bytes)]).toEqual([...recordsOf(batchOf(fields))])
      expect(accepted).toMatchObject({
        producerId: 5,
        producerEpoch: 1,
        baseSequence: 9,
        transactional: true,
      })
      expect(readCrc(accepted.bytes, 0)).toBe(crc32c(accepted.bytes, CRC_START))
    }
  })
})

test('a batch that unpacks to more than max.decompressed.message.bytes is too large', () => {
  const batch = batchOf({ records: [{ value: Buffer.alloc(100_000) }], codec: 'gzip' })
  expect(batch.length).toBeLessThan(1000)
  expect(errorFor(batch, { maxDecompressedBytes: 99_999 })).toBe('MESSAGE_TOO_LARGE')
  expect(acceptProduced(batch, { ...rules, maxDecompressedBytes: 101_000 }).recordCount).toBe(1)
})

test('a codec number that nobody has is invalid', () => {
  for (const codec of [5, 6, 7]) {
    expect(errorFor(forged(batchOf(), (bytes) => bytes.writeInt16BE(codec, 21)))).toBe('INVALID_RECORD')
  }
})

test('attribute bits without a meaning yet are passed on', () => {
  const batch = forged(batchOf(), (bytes) => bytes.writeInt16BE(0x7f80, 21))
  expect(acceptProduced(Buffer.from(batch), rules).bytes).toEqual(batch)
})

describe('the structure of records', () => {
  const varint = (value: number) => {
    const bytes = Buffer.alloc(5)
    return bytes.subarray(0, writeVarint(bytes, 0, value))
  }
  const sized = (...fields: Buffer[]) => {
    const body = Buffer.concat(fields)
    return Buffer.concat([varint(body.length), body])
  }
  const start = Buffer.concat([Buffer.from([0]), varint(0), varint(0)])
  const noKey = varint(-1)
  const noValue = varint(-1)
  const good: [string, Buffer][] = [
    ['with key length -5, which is null', sized(start, varint(-5), varint(1), Buffer.from('x'), varint(0))],
    [
      'with a header of null',
      sized(start, noKey, noValue, varint(1), varint(1), Buffer.from('h'), varint(-1)),
    ],
    ['with attributes of its own', sized(Buffer.from([0x7f, 0, 0]), noKey, noValue, varint(0))],
  ]
  const bad: [string, Buffer][] = [
    ['whose value goes beyond it', sized(start, noKey, varint(50), Buffer.from('x'), varint(0))],
    ['with -1 headers', sized(start, noKey, noValue, varint(-1))],
    ['with 100 headers of which there are none', sized(start, noKey, noValue, varint(100))],
    ['with a header without a key', sized(start, noKey, noValue, varint(1), varint(-1), varint(-1))],
    ['longer than its fields', sized(start, noKey, noValue, varint(0), Buffer.from('slack'))],
    ['shorter than its fields', Buffer.concat([varint(3), start, noKey, noValue, varint(0)])],
    ['of negative length', Buffer.concat([varint(-3), start, noKey, noValue, varint(0)])],
    ['longer than the batch', Buffer.concat([varint(1000), start, noKey, noValue, varint(0)])],
    ['with a length of six bytes', Buffer.concat([Buffer.from([0x8c, 0x80, 0x80, 0x80, 0x80, 0]), start])],
    ['of no bytes', Buffer.alloc(0)],
    ['made of junk', Buffer.from('junkjunkjunkjunk')],
  ]

  test.each(good)('a record %s is accepted', (_what, bytes) => {
    expect(acceptProduced(holding(bytes), rules).recordCount).toBe(1)
    expect(acceptProduced(holding(gzipSync(bytes), 'gzip'), rules).recordCount).toBe(1)
  })

  // Kafka overlooks a wrong record length inside compressed batches; its consumers then fail on them.
  test.each(bad)('a record %s is invalid', (_what, bytes) => {
    expect(errorFor(holding(bytes))).toBe('INVALID_RECORD')
    expect(errorFor(holding(gzipSync(bytes), 'gzip'))).toBe('INVALID_RECORD')
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('bytes that are not %s are invalid', (codec) => {
    expect(errorFor(holding(Buffer.from('this is not compressed data at all, is it'), codec))).toBe(
      'INVALID_RECORD',
    )
    expect(errorFor(holding(Buffer.alloc(0), codec))).toBe('INVALID_RECORD')
    const cut = batchOf({ codec }).subarray(BATCH_HEADER_BYTES, -4)
    expect(errorFor(holding(cut, codec))).toBe('INVALID_RECORD')
  })
})

test('however a produced set is changed, it is accepted or refused with one of Kafka’s errors', () => {
  const sources = [
    ...codecNames.map((codec) => batchOf({ codec })),
    buildMessageSet({ magic: 1, records: [...recordsOf(batchOf())] }),
    buildMessageSet({ magic: 0, records: [...recordsOf(batchOf())], codec: 'gzip' }),
  ]
  const change = fc.record({
    source: fc.constantFrom(...sources),
    edits: fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 }),
    cut: fc.option(fc.nat(300), { nil: 1000 }),
    sealed: fc.boolean(),
    requestVersion: fc.nat(13),
  })
  fc.assert(
    fc.property(change, ({ source, edits, cut, sealed, requestVersion }) => {
      const bytes = Buffer.from(source.subarray(0, cut))
      for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value
      if (sealed && bytes.length > BATCH_HEADER_BYTES) bytes.writeUInt32BE(crc32c(bytes, CRC_START), 17)
      try {
        const accepted = acceptProduced(bytes, { ...rules, requestVersion })
        expect([...recordsOf(accepted.bytes)]).toHaveLength(accepted.recordCount)
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
      }
    }),
    { numRuns: 2000 },
  )
})
