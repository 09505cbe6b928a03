/** Records that are broken: each gets Kafka's error for its partition, and the connection goes on. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { codecId, codecNames, compress } from '../src/wire/compression/codec.ts'
import { buildBatch } from '../src/wire/records/batch-builder.ts'
import { BATCH_HEADER_BYTES } from '../src/wire/records/batch-header.ts'
import { buildMessageSet } from '../src/wire/records/message-set-builder.ts'
import { Scene } from './bad-input.fixture.ts'
import { bomb, forgedBatch, resealed } from './fuzz/produced.ts'

let scene: Scene

beforeAll(async () => {
  scene = await Scene.open()
})

afterAll(() => scene.close())
afterEach(() => scene.expectUnmoved())

const records = [0n, 1n, 2n].map((timestamp) => ({
  timestamp,
  key: Buffer.from('k'),
  value: Buffer.from('v'),
}))
const sound = () => buildBatch({ records })
const compressed = codecNames.filter((codec) => codec !== 'none')

/** The batch after a change; size and CRC are put right unless the change is to them. */
function changed(change: (batch: Buffer) => void, reseal = true): Buffer {
  const batch = Buffer.from(sound())
  change(batch)
  return reseal ? resealed(batch) : batch
}

test('a sound batch is taken', async () => {
  expect(await scene.produceError(sound())).toBe('NONE')
})

describe('a batch', () => {
  test.each([
    ['with a wrong CRC', changed((batch) => batch.writeUInt32BE(1, 17), false), 'CORRUPT_MESSAGE'],
    [
      'changed on its way',
      changed((batch) => batch.writeUInt8(batch.readUInt8(70) ^ 1, 70), false),
      'CORRUPT_MESSAGE',
    ],
    ['of an older magic', changed((batch) => batch.writeInt8(1, 16), false), 'INVALID_RECORD'],
    ['of a magic to come', changed((batch) => batch.writeInt8(3, 16), false), 'CORRUPT_MESSAGE'],
    ['of a negative magic', changed((batch) => batch.writeInt8(-1, 16), false), 'CORRUPT_MESSAGE'],
    [
      'that says it is control',
      buildBatch({ records, control: true, producerId: 1, producerEpoch: 0, baseSequence: 0 }),
      'INVALID_RECORD',
    ],
    [
      'with fewer records than it says',
      changed((batch) => {
        batch.writeInt32BE(4, 57)
        batch.writeInt32BE(3, 23)
      }),
      'INVALID_RECORD',
    ],
    [
      'with more records than it says',
      changed((batch) => {
        batch.writeInt32BE(2, 57)
        batch.writeInt32BE(1, 23)
      }),
      'INVALID_RECORD',
    ],
    [
      'with two billion records',
      changed((batch) => {
        batch.writeInt32BE(2147483647, 57)
        batch.writeInt32BE(2147483646, 23)
      }),
      'INVALID_RECORD',
    ],
    ['whose count and offsets disagree', changed((batch) => batch.writeInt32BE(2, 57)), 'INVALID_RECORD'],
    ['with no records', changed((batch) => batch.writeInt32BE(0, 57)), 'INVALID_RECORD'],
    ['with a negative count', changed((batch) => batch.writeInt32BE(-1, 57)), 'INVALID_RECORD'],
    ['that does not begin at offset 0', changed((batch) => batch.writeBigInt64BE(7n, 0)), 'INVALID_RECORD'],
    [
      'of a producer that cannot be',
      changed((batch) => batch.writeBigInt64BE(2n ** 62n, 43)),
      'INVALID_RECORD',
    ],
    ['of a codec that nobody knows', changed((batch) => batch.writeInt16BE(7, 21)), 'INVALID_RECORD'],
    ['cut short', sound().subarray(0, 80), 'INVALID_RECORD'],
    ['of a few bytes', Buffer.from('no batch'), 'INVALID_RECORD'],
    ['behind another', Buffer.concat([sound(), sound()]), 'INVALID_RECORD'],
    ['shorter than any can be', changed((batch) => batch.writeInt32BE(1, 8), false), 'CORRUPT_MESSAGE'],
    ['of negative length', changed((batch) => batch.writeInt32BE(-2147483648, 8), false), 'CORRUPT_MESSAGE'],
    ['that is not there', Buffer.alloc(0), 'INVALID_RECORD'],
    ['that is null', null, 'INVALID_RECORD'],
  ] as const)('%s', async (_what, batch, expected) => {
    expect(await scene.produceError(batch)).toBe(expected)
  })

  test('larger than max.message.bytes', async () => {
    await scene.makeTopic('narrow', { 'max.message.bytes': '100' })
    const large = buildBatch({ records: [{ value: Buffer.alloc(100) }] })
    expect(await scene.produceError(large, { topic: 'narrow' })).toBe('MESSAGE_TOO_LARGE')
  })

  test('without keys, for a topic that is compacted', async () => {
    await scene.makeTopic('compacted', { 'cleanup.policy': 'compact' })
    const keyless = buildBatch({ records: [{ value: Buffer.from('v') }] })
    expect(await scene.produceError(keyless, { topic: 'compacted' })).toBe('INVALID_RECORD')
  })

  test('for a topic that is not there, an internal one, or with acks that mean nothing', async () => {
    expect(await scene.produceError(sound(), { topic: 'nowhere' })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await scene.produceError(sound(), { topic: 'a/b' })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await scene.produceError(sound(), { topic: '__consumer_offsets' })).toBe('INVALID_TOPIC_EXCEPTION')
    expect(await scene.produceError(sound(), { acks: 2 })).toBe('INVALID_REQUIRED_ACKS')
  })
})

describe.each(compressed)('%s', (codec) => {
  const codecNumber = codecId(codec)

  test('of bytes that are nothing of the kind', async () => {
    expect(await scene.produceError(forgedBatch(Buffer.from('not compressed'), codecNumber))).toBe(
      'INVALID_RECORD',
    )
  })

  test('with any byte changed is taken or refused, never more', async () => {
    const packed = compress(codec, sound().subarray(BATCH_HEADER_BYTES))
    for (let at = 0; at < packed.length; at++) {
      const broken = Buffer.from(packed)
      broken.writeUInt8(broken.readUInt8(at) ^ 0xff, at)
      const error = await scene.produceError(forgedBatch(broken, codecNumber, 3))
      expect(['NONE', 'INVALID_RECORD', 'MESSAGE_TOO_LARGE']).toContain(error)
    }
  })

  test('that unfolds to a megabyte of nothing', async () => {
    expect(await scene.produceError(forgedBatch(bomb(codec), codecNumber))).toBe('INVALID_RECORD')
  })
})

test('a bomb is refused before it has taken much memory', async () => {
  const packed = compress('lz4', Buffer.alloc(200 * 1024 * 1024))
  const before = process.memoryUsage().arrayBuffers
  expect(await scene.produceError(forgedBatch(packed, codecId('lz4')))).toBe('MESSAGE_TOO_LARGE')
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024)
})

describe('a message set of before Kafka 0.11', () => {
  const set = () =>
    buildMessageSet({
      magic: 1,
      records: [{ offset: 0, timestamp: 1n, key: null, value: Buffer.from('v'), headers: [] }],
    })

  test('is taken when it is sound', async () => {
    expect(await scene.produceError(set(), { version: 2 })).toBe('NONE')
  })

  test('has a CRC that is checked', async () => {
    const broken = set()
    broken.writeUInt8(broken.readUInt8(broken.length - 1) ^ 1, broken.length - 1)
    expect(await scene.produceError(broken, { version: 2 })).toBe('CORRUPT_MESSAGE')
  })

  test('with a byte changed anywhere is refused or, outside what the CRC covers, taken', async () => {
    for (let at = 0; at < set().length; at++) {
      const broken = set()
      broken.writeUInt8(broken.readUInt8(at) ^ 0xff, at)
      const error = await scene.produceError(broken, { version: 2 })
      if (at >= 12) expect(error).not.toBe('NONE')
      else expect(['NONE', 'CORRUPT_MESSAGE', 'INVALID_RECORD']).toContain(error)
    }
  })

  test('is refused by the versions that came after it', async () => {
    expect(await scene.produceError(set(), { version: 3 })).toBe('INVALID_RECORD')
  })
})
