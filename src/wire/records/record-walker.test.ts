import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KafkaError } from '../errors.ts'
import { buildBatch } from './batch-builder.ts'
import { BATCH_HEADER_BYTES } from './batch-header.ts'
import { RecordWalker } from './record-walker.ts'
import { varintSizeBytes, varlongSizeBytes, writeVarint, writeVarlong } from './varint.ts'

test('a record’s parts are told by where they lie', () => {
  const headers = [
    { key: 'a', value: Buffer.from('1') },
    { key: 'b', value: null },
  ]
  const bytes = buildBatch({
    records: [
      { timestamp: 50n },
      { timestamp: 40n, key: Buffer.from('key'), value: Buffer.from('value'), headers },
    ],
  })
  const walker = new RecordWalker(bytes, BATCH_HEADER_BYTES)
  walker.next()
  expect(walker).toMatchObject({
    timestampDelta: 0,
    offsetDelta: 0,
    keyLength: -1,
    valueLength: -1,
    headerCount: 0,
  })
  walker.next()
  expect(walker).toMatchObject({
    timestampDelta: -10,
    offsetDelta: 1,
    keyLength: 3,
    valueLength: 5,
    headerCount: 2,
  })
  expect(bytes.toString('utf8', walker.keyAt, walker.keyAt + 3)).toBe('key')
  expect(bytes.toString('utf8', walker.valueAt, walker.valueAt + 5)).toBe('value')
  const seen: string[] = []
  walker.forEachHeader((keyAt, keyLength, valueAt, valueLength) => {
    const value = valueLength < 0 ? 'null' : bytes.toString('utf8', valueAt, valueAt + valueLength)
    seen.push(`${bytes.toString('utf8', keyAt, keyAt + keyLength)}=${value}`)
  })
  expect(seen).toEqual(['a=1', 'b=null'])
  expect(walker.atEnd).toBe(true)
  expect(() => walker.next()).toThrow(KafkaError)
})

test('any bytes are walked to their end or refused, never read beyond', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const walker = new RecordWalker(bytes, 0)
      let steps = 0
      try {
        for (; !walker.atEnd; steps++) walker.next()
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
      }
      expect(steps).toBeLessThanOrEqual(bytes.length / 7)
      expect(walker.position).toBeLessThanOrEqual(bytes.length)
    }),
    { numRuns: 3000 },
  )
})

test('varints take as many bytes as they say and match their bit pattern', () => {
  const bytes = Buffer.alloc(10)
  fc.assert(
    fc.property(fc.integer(), (value) => {
      const end = writeVarint(bytes, 0, value)
      expect(end).toBe(varintSizeBytes(value))
      expect(writeVarlong(bytes, 0, BigInt(value))).toBe(end)
      expect(varlongSizeBytes(BigInt(value))).toBe(end)
    }),
  )
  expect(bytes.subarray(0, writeVarint(bytes, 0, -1)).toString('hex')).toBe('01')
  expect(bytes.subarray(0, writeVarint(bytes, 0, 300)).toString('hex')).toBe('d804')
  expect(bytes.subarray(0, writeVarint(bytes, 0, -2_147_483_648)).toString('hex')).toBe('ffffffff0f')
  expect(bytes.subarray(0, writeVarlong(bytes, 0, -(2n ** 63n))).toString('hex')).toBe('ffffffffffffffffff01')
})
