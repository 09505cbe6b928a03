import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ErrorName, KafkaError } from '../errors.ts'
import { buildBatch } from './batch-builder.ts'
import { buildMarker } from './control-record.ts'
import { downConvert } from './down-conversion.ts'
import { messageCodec, messagesOf } from './message-set.ts'
import type { OldMagic } from './message-set-builder.ts'
import { recordsOf } from './record-iteration.ts'

const codecs = ['none', 'gzip', 'snappy', 'lz4'] as const
const records = [0, 1, 2].map((index) => ({
  timestamp: BigInt(1000 + index),
  key: index === 1 ? null : Buffer.from(`k${index}`),
  value: index === 2 ? null : Buffer.from(`v${index}`),
  headers: [{ key: 'h', value: Buffer.from('lost') }],
}))
const bare = (offset: number) =>
  records.map((record, index) => ({ ...record, headers: [], offset: offset + index }))
const marker = buildMarker({
  type: 'COMMIT',
  coordinatorEpoch: 0,
  producerId: 1,
  producerEpoch: 0,
  timestamp: 1n,
  baseOffset: 13,
})

test.each(codecs)('a batch, %s, becomes messages with its offsets, without headers', (codec) => {
  const batch = buildBatch({ records, baseOffset: 10, codec })
  const [one] = downConvert(batch, 1, 0, 1_000_000)
  if (one === undefined) throw new Error('nothing converted')
  expect([...messagesOf(one)]).toEqual(bare(10))
  expect(messageCodec(one, 0)).toBe(codecs.indexOf(codec))
  const [zero] = downConvert(batch, 0, 0, 1_000_000)
  if (zero === undefined) throw new Error('nothing converted')
  expect([...messagesOf(zero)]).toEqual(bare(10).map((record) => ({ ...record, timestamp: -1n })))
  expect(messageCodec(zero, 0)).toBe(codecs.indexOf(codec))
})

test('offsets with gaps, as compaction leaves them, are kept inside wrappers too', () => {
  const sparse = [3, 8, 20].map((offsetDelta, index) => ({ ...records[index], offsetDelta }))
  for (const codec of codecs) {
    for (const magic of [0, 1] as const) {
      const set = Buffer.concat(
        downConvert(buildBatch({ records: sparse, baseOffset: 100, codec }), magic, 0, 1e6),
      )
      expect([...messagesOf(set)].map(({ offset }) => offset)).toEqual([103, 108, 120])
    }
  }
})

test('markers have no place in the old formats', () => {
  const next = buildBatch({ records, baseOffset: 14 })
  const sets = downConvert(Buffer.concat([buildBatch({ records, baseOffset: 10 }), marker, next]), 1, 0, 1e6)
  expect([...messagesOf(Buffer.concat(sets))].map(({ offset }) => offset)).toEqual([10, 11, 12, 14, 15, 16])
  expect(downConvert(marker, 1, 0, 1e6)).toEqual([])
})

test('an uncompressed batch starts at the offset that was asked for, a compressed one is given whole', () => {
  const from12 = (codec: (typeof codecs)[number]) =>
    [
      ...messagesOf(Buffer.concat(downConvert(buildBatch({ records, baseOffset: 10, codec }), 1, 12, 1e6))),
    ].map(({ offset }) => offset)
  expect(from12('none')).toEqual([12])
  expect(from12('gzip')).toEqual([10, 11, 12])
})

test('log append time goes along', () => {
  const batch = buildBatch({ records, timestampType: 'LogAppendTime', maxTimestamp: 5000n, codec: 'gzip' })
  const [set] = downConvert(batch, 1, 0, 1e6)
  expect(set?.readInt8(17)).toBe(0x08 | 1)
  expect(set?.readBigInt64BE(18)).toBe(5000n)
})

test('zstd cannot be converted; what stands before it can', () => {
  const plain = buildBatch({ records })
  const zstd = buildBatch({ records, baseOffset: 3, codec: 'zstd' })
  expect(errorOf(() => downConvert(zstd, 1, 0, 1e6))).toBe('UNSUPPORTED_COMPRESSION_TYPE')
  expect(downConvert(Buffer.concat([plain, zstd, plain]), 1, 0, 1e6)).toHaveLength(1)
})

test('at least one batch is given, others only while they fit, half a batch never', () => {
  const batch = buildBatch({ records })
  const three = Buffer.concat([batch, batch, batch])
  const [set] = downConvert(batch, 1, 0, 1e6)
  const sizeBytes = set?.length ?? 0
  expect(downConvert(three, 1, 0, 0)).toHaveLength(1)
  expect(downConvert(three, 1, 0, sizeBytes * 2)).toHaveLength(2)
  expect(downConvert(three, 1, 0, sizeBytes * 2 - 1)).toHaveLength(1)
  expect(downConvert(three.subarray(0, -1), 1, 0, 1e6)).toHaveLength(2)
})

test('down and up again loses headers alone', () => {
  const field = fc.option(
    fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
    { nil: null },
  )
  const some = fc.array(
    fc.record({ timestamp: fc.bigInt({ min: -1n, max: 10n ** 13n }), key: field, value: field }),
    { minLength: 1, maxLength: 8 },
  )
  fc.assert(
    fc.property(
      some,
      fc.constantFrom(...codecs),
      fc.constantFrom<OldMagic>(0, 1),
      (written, codec, magic) => {
        const batch = buildBatch({ records: written, baseOffset: 1_000_000, codec })
        const expected = [...recordsOf(batch)].map((record) =>
          magic === 0 ? { ...record, timestamp: -1n } : record,
        )
        expect([...messagesOf(Buffer.concat(downConvert(batch, magic, 0, 1e6)))]).toEqual(expected)
      },
    ),
  )
})

function errorOf(run: () => unknown): ErrorName | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof KafkaError) return error.error
    throw error
  }
}
