import { describe, expect, test } from 'vitest'
import { codecNames } from '../compression/codec.ts'
import { crc32c } from '../crc32c.ts'
import {
  CRC_START,
  codecOf,
  hasLogAppendTime,
  readAttributes,
  readCrc,
  readMaxTimestamp,
} from './batch-header.ts'
import { batchOf, errorFor, now, refusal, rules, three } from './produced-samples.fixture.ts'
import { InvalidRecords } from './record-error.ts'
import { recordsOf } from './record-iteration.ts'
import { acceptProduced } from './validation.ts'

// The errors are those of a running Kafka 4.4: see validation.test.ts.

describe.each(['none', 'gzip'] as const)('the records of a batch, %s', (codec) => {
  test('on a compacted topic each record needs a key, and the refusal names those without', () => {
    const records = [
      ...three,
      { timestamp: now },
      { timestamp: now, key: Buffer.alloc(0) },
      { timestamp: now },
    ]
    const error = refusal(batchOf({ codec, records }), { compacted: true })
    expect(error).toBeInstanceOf(InvalidRecords)
    expect(error.error).toBe('INVALID_RECORD')
    const message = 'Compacted topic cannot accept message without key in topic partition spool-0'
    expect(error).toMatchObject({
      recordErrors: [
        { batchIndex: 3, message },
        { batchIndex: 5, message },
      ],
    })
  })

  test('timestamps out of range are refused by record', () => {
    const strict = { timestampBeforeMaxMs: 1000, timestampAfterMaxMs: 2000 }
    const records = [-1001n, -1000n, 2000n, 2001n].map((distance) => ({ timestamp: now + distance }))
    const error = refusal(batchOf({ codec, records }), strict)
    expect(error.error).toBe('INVALID_TIMESTAMP')
    expect(error.message).toBe('One or more records have been rejected due to invalid timestamp')
    expect(error).toMatchObject({
      recordErrors: [
        {
          batchIndex: 0,
          message: `Timestamp ${now - 1001n} of message with offset 0 is out of range. The timestamp should be within [${now - 1000n}, ${now + 2000n}]`,
        },
        { batchIndex: 3 },
      ],
    })
  })

  test('a bad time among missing keys makes it INVALID_TIMESTAMP, with both in the list', () => {
    const records = [{ timestamp: now }, { timestamp: now * 1000n, key: Buffer.from('k') }]
    const error = refusal(batchOf({ codec, records }), { compacted: true })
    expect(error.error).toBe('INVALID_TIMESTAMP')
    expect(error).toMatchObject({ recordErrors: [{ batchIndex: 0 }, { batchIndex: 1 }] })
  })

  test('nanoseconds and other far futures are out of range by default, the far past is not', () => {
    for (const timestamp of [now * 1_000_000n, 2n ** 63n - 1n]) {
      expect(errorFor(batchOf({ codec, records: [{ timestamp }] }))).toBe('INVALID_TIMESTAMP')
      expect(errorFor(batchOf({ codec, records: [...three, { timestamp }] }))).toBe('INVALID_TIMESTAMP')
    }
    for (const timestamp of [0n, -5n]) {
      expect(acceptProduced(batchOf({ codec, records: [{ timestamp }] }), rules).recordCount).toBe(1)
    }
  })

  test('a record without a timestamp is never out of range', () => {
    const strict = { ...rules, timestampBeforeMaxMs: 1000, timestampAfterMaxMs: 1000 }
    const alone = acceptProduced(batchOf({ codec, records: [{ timestamp: -1n }] }), strict)
    expect(alone).toMatchObject({ maxTimestamp: -1n, maxTimestampOffsetDelta: -1 })
    const records = [{ timestamp: now }, { timestamp: -1n }]
    expect(acceptProduced(batchOf({ codec, records }), strict).maxTimestampOffsetDelta).toBe(0)
  })

  test('the first of several records with the largest timestamp is the one', () => {
    const records = [5n, 9n, 9n, 7n].map((timestamp) => ({ timestamp }))
    expect(acceptProduced(batchOf({ codec, records }), rules)).toMatchObject({
      maxTimestamp: 9n,
      maxTimestampOffsetDelta: 1,
    })
  })

  test('with log append time the broker’s clock is stamped on it and what clients say is not judged', () => {
    const records = [{ timestamp: now * 1_000_000n }, { timestamp: 3n }]
    const accepted = acceptProduced(batchOf({ codec, records }), { ...rules, timestampType: 'LogAppendTime' })
    expect(hasLogAppendTime(readAttributes(accepted.bytes, 0))).toBe(true)
    expect(readMaxTimestamp(accepted.bytes, 0)).toBe(now)
    expect(readCrc(accepted.bytes, 0)).toBe(crc32c(accepted.bytes, CRC_START))
    expect([...recordsOf(accepted.bytes)].map(({ timestamp }) => timestamp)).toEqual([now, now])
    expect(accepted).toMatchObject({ maxTimestamp: now, maxTimestampOffsetDelta: 0 })
  })

  test('a client may not claim log append time on a topic that has it', () => {
    const batch = batchOf({ codec, timestampType: 'LogAppendTime', maxTimestamp: now })
    const error = refusal(batch, { timestampType: 'LogAppendTime' })
    expect(error.error).toBe('INVALID_TIMESTAMP')
    expect(error).toMatchObject({ recordErrors: [{ batchIndex: 0 }, { batchIndex: 1 }, { batchIndex: 2 }] })
  })

  test('on a topic of create time that claim is taken back', () => {
    const batch = batchOf({ codec, timestampType: 'LogAppendTime', maxTimestamp: now })
    expect(acceptProduced(batch, rules).bytes).toEqual(batchOf({ codec }))
  })

  test('twenty thousand bad records make a list of a thousand', () => {
    const records = Array.from({ length: 20_000 }, () => ({ timestamp: now }))
    const error = refusal(batchOf({ codec, records }), { compacted: true })
    expect(error).toBeInstanceOf(InvalidRecords)
    if (error instanceof InvalidRecords) expect(error.recordErrors).toHaveLength(1000)
  })
})

describe('compression.type', () => {
  test.each(codecNames)('producer keeps %s, any other codec replaces it', (from) => {
    for (const to of codecNames) {
      const accepted = acceptProduced(batchOf({ codec: from }), { ...rules, compression: to })
      expect(codecOf(readAttributes(accepted.bytes, 0))).toBe(codecNames.indexOf(to))
      expect([...recordsOf(accepted.bytes)]).toEqual([...recordsOf(batchOf())])
      expect(readCrc(accepted.bytes, 0)).toBe(crc32c(accepted.bytes, CRC_START))
    }
  })
})
