import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { codecNames } from '../compression/codec.ts'
import { crc32 } from '../crc32.ts'
import { codecOf, readAttributes } from './batch-header.ts'
import { buildMessageSet } from './message-set-builder.ts'
import { batchOf, changed, errorFor, now, rules } from './produced-samples.fixture.ts'
import { recordsOf } from './record-iteration.ts'
import { acceptProduced } from './validation.ts'

describe('message sets on Produce v0–2', () => {
  const plain = [...recordsOf(batchOf())]
  const untimed = plain.map((record) => ({ ...record, timestamp: -1n }))

  test.each(['none', 'gzip', 'snappy', 'lz4'] as const)(
    '%s messages become one batch in that codec',
    (codec) => {
      const one = acceptProduced(buildMessageSet({ magic: 1, records: plain, codec }), {
        ...rules,
        requestVersion: 2,
      })
      expect(codecOf(readAttributes(one.bytes, 0))).toBe(codecNames.indexOf(codec))
      expect([...recordsOf(one.bytes)]).toEqual(plain)
      expect(one).toMatchObject({ recordCount: 3, maxTimestamp: now + 2n, producerId: -1 })
      const zero = acceptProduced(buildMessageSet({ magic: 0, records: plain, codec }), {
        ...rules,
        requestVersion: 0,
      })
      expect([...recordsOf(zero.bytes)]).toEqual(untimed)
      expect(zero.maxTimestamp).toBe(-1n)
    },
  )

  test('the topic’s codec and clock hold for them as well', () => {
    const set = buildMessageSet({ magic: 1, records: plain, codec: 'gzip' })
    const more = { requestVersion: 2, compression: 'lz4', timestampType: 'LogAppendTime' } as const
    const accepted = acceptProduced(set, { ...rules, ...more })
    expect(codecOf(readAttributes(accepted.bytes, 0))).toBe(3)
    expect([...recordsOf(accepted.bytes)].map(({ timestamp }) => timestamp)).toEqual([now, now, now])
  })

  test('keys, times and sizes are checked', () => {
    const version = { requestVersion: 2 }
    const keyless = buildMessageSet({ magic: 1, records: plain.map((record) => ({ ...record, key: null })) })
    expect(errorFor(keyless, { ...version, compacted: true })).toBe('INVALID_RECORD')
    const set = buildMessageSet({ magic: 1, records: plain })
    expect(errorFor(set, { ...version, timestampAfterMaxMs: -1 })).toBe('INVALID_TIMESTAMP')
    expect(errorFor(set, { ...version, maxBatchBytes: 30 })).toBe('MESSAGE_TOO_LARGE')
    expect(errorFor(set, { ...version, maxBatchBytes: 60 })).toBe('MESSAGE_TOO_LARGE')
  })

  test('a wrong CRC, outside or inside a wrapper, is corrupt', () => {
    const version = { requestVersion: 1 }
    const set = buildMessageSet({ magic: 0, records: plain })
    expect(
      errorFor(
        changed(set, (bytes) => bytes.writeUInt8(1, 13)),
        version,
      ),
    ).toBe('CORRUPT_MESSAGE')
    const inner = gzipSync(changed(set, (bytes) => bytes.writeUInt8(1, 13)))
    const wrapper = buildMessageSet({
      magic: 0,
      records: [{ offset: 0, timestamp: -1n, key: null, value: inner, headers: [] }],
    })
    wrapper.writeInt8(1, 17)
    wrapper.writeUInt32BE(crc32(wrapper, 16), 12)
    expect(errorFor(wrapper, version)).toBe('CORRUPT_MESSAGE')
  })

  test('magics cannot be mixed, nor a compressed message stand beside others', () => {
    const version = { requestVersion: 2 }
    const zero = buildMessageSet({ magic: 0, records: plain })
    const one = buildMessageSet({ magic: 1, records: plain })
    const packed = buildMessageSet({ magic: 1, records: plain, codec: 'gzip' })
    expect(errorFor(Buffer.concat([zero, one]), version)).toBe('INVALID_RECORD')
    expect(errorFor(Buffer.concat([one, packed]), version)).toBe('INVALID_RECORD')
    expect(errorFor(Buffer.concat([packed, packed]), version)).toBe('INVALID_RECORD')
  })
})
