import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { codecNames } from '../compression/codec.ts'
import { crc32c } from '../crc32c.ts'
import { buildBatch, type NewRecord } from './batch-builder.ts'
import { CRC_START, readCrc } from './batch-header.ts'
import { buildMarker, readMarker } from './control-record.ts'
import { messagesOf } from './message-set.ts'
import { buildMessageSet } from './message-set-builder.ts'
import { type LogRecord, recordsOf } from './record-iteration.ts'

/** Bytes made by other implementations; test/golden/records/README.md tells how. */
const kafka = load('kafka-4.4')
const kafkajs = load('kafkajs-2')
const kafkaNode = load('kafka-node-5')

const start = 1_700_000_000_000n
const appendTime = 1_700_000_009_999n
const text = (value: string) => Buffer.from(value)
const kafkaRecords = [
  {
    offset: 1000,
    timestamp: start,
    key: text('key-0'),
    value: text('value-0'),
    headers: [
      { key: 'häder', value: text('wert') },
      { key: 'none', value: null },
      { key: '', value: Buffer.alloc(0) },
    ],
  },
  { offset: 1001, timestamp: start + 5n, key: null, value: text('value-1'), headers: [] },
  { offset: 1002, timestamp: start - 1000n, key: text('key-2'), value: null, headers: [] },
  { offset: 1003, timestamp: start + 5n, key: Buffer.alloc(0), value: text('x'.repeat(300)), headers: [] },
]
const withoutHeaders = kafkaRecords.map((record) => ({ ...record, headers: [] }))
const withTime = (records: readonly LogRecord[], timestamp: bigint) =>
  records.map((each) => ({ ...each, timestamp }))
const producerFields = {
  baseOffset: 1000,
  leaderEpoch: 3,
  producerId: 4242,
  producerEpoch: 7,
  baseSequence: 99,
}

test.each(codecNames)('a batch that Kafka wrote with %s gives its records', (codec) => {
  const batch = golden(kafka, `magic2 ${codec} CreateTime`)
  expect(readCrc(batch, 0)).toBe(crc32c(batch, CRC_START))
  expect([...recordsOf(batch)]).toEqual(kafkaRecords)
})

test.each(codecNames)(
  'a batch that Kafka stamped with log append time, %s, has that time in each record',
  (codec) => {
    const batch = golden(kafka, `magic2 ${codec} LogAppendTime`)
    expect([...recordsOf(batch)]).toEqual(withTime(kafkaRecords, appendTime))
  },
)

test('an uncompressed batch is built byte for byte as Kafka builds it', () => {
  const records: NewRecord[] = kafkaRecords.map(({ timestamp, key, value, headers }) => ({
    timestamp,
    key,
    value,
    headers,
  }))
  const batch = { ...producerFields, records, transactional: true }
  expect(buildBatch(batch)).toEqual(golden(kafka, 'magic2 none CreateTime'))
  const stamped = buildBatch({ ...batch, timestampType: 'LogAppendTime', maxTimestamp: appendTime })
  expect(stamped).toEqual(golden(kafka, 'magic2 none LogAppendTime'))
})

test.each(['COMMIT', 'ABORT'] as const)('a %s marker is built and read as Kafka does', (type) => {
  const marker = {
    type,
    coordinatorEpoch: 12,
    producerId: 4242,
    producerEpoch: 7,
    timestamp: start,
    baseOffset: type === 'COMMIT' ? 55 : 56,
    leaderEpoch: 3,
  }
  const expected = golden(kafka, `marker ${type}`)
  expect(buildMarker(marker)).toEqual(expected)
  expect(readMarker(expected)).toEqual({ type, coordinatorEpoch: 12 })
})

test.each(['none', 'gzip', 'snappy', 'lz4'])(
  'messages that Kafka wrote with %s give their records',
  (codec) => {
    expect([...messagesOf(golden(kafka, `magic0 ${codec} CreateTime`))]).toEqual(
      withTime(withoutHeaders, -1n),
    )
    expect([...messagesOf(golden(kafka, `magic1 ${codec} CreateTime`))]).toEqual(withoutHeaders)
    const stamped = golden(kafka, `magic1 ${codec} LogAppendTime`)
    expect([...messagesOf(stamped)]).toEqual(withTime(withoutHeaders, appendTime))
  },
)

test('uncompressed messages are built byte for byte as Kafka builds them', () => {
  const zero = buildMessageSet({ magic: 0, records: withTime(withoutHeaders, -1n) })
  expect(zero).toEqual(golden(kafka, 'magic0 none CreateTime'))
  expect(buildMessageSet({ magic: 1, records: withoutHeaders })).toEqual(
    golden(kafka, 'magic1 none CreateTime'),
  )
  const stamped = {
    magic: 1,
    records: withTime(withoutHeaders, appendTime),
    timestampType: 'LogAppendTime',
  } as const
  expect(buildMessageSet(stamped)).toEqual(golden(kafka, 'magic1 none LogAppendTime'))
})

test.each(['gzip', 'snappy', 'lz4'] as const)(
  'compressed messages have the wrapper that Kafka writes: %s',
  (codec) => {
    const created = buildMessageSet({ magic: 1, records: withoutHeaders, codec })
    expect(wrapperFields(created)).toEqual(wrapperFields(golden(kafka, `magic1 ${codec} CreateTime`)))
    expect([...messagesOf(created)]).toEqual(withoutHeaders)
    const zero = buildMessageSet({ magic: 0, records: withTime(withoutHeaders, -1n), codec })
    expect(wrapperFields(zero)).toEqual(wrapperFields(golden(kafka, `magic0 ${codec} CreateTime`)))
    expect([...messagesOf(zero)]).toEqual(withTime(withoutHeaders, -1n))
  },
)

test('an LZ4 frame for clients of magic 0 has the header checksum that they compute', () => {
  const { value: theirs } = wrapperOf(golden(kafka, 'magic0 lz4 CreateTime'))
  const { value: ours } = wrapperOf(buildMessageSet({ magic: 0, records: withoutHeaders, codec: 'lz4' }))
  expect(ours.subarray(0, 6).toString('hex')).toBe('04224d186040')
  expect(theirs.subarray(0, 6).toString('hex')).toBe('04224d186040')
  expect(ours[6]).toBe(theirs[6])
})

test.each(['none', 'gzip', 'snappy raw', 'lz4'])(
  'a batch that kafkajs wrote with %s gives its records',
  (codec) => {
    const batch = golden(kafkajs, codec)
    expect(readCrc(batch, 0)).toBe(crc32c(batch, CRC_START))
    const headers = [
      { key: 'trace', value: text('abc') },
      { key: 'empty', value: Buffer.alloc(0) },
    ]
    expect([...recordsOf(batch)]).toEqual([
      { offset: 0, timestamp: start, key: text('key-0'), value: text('value-0'), headers },
      { offset: 1, timestamp: start + 5n, key: null, value: text('value-1'), headers: [] },
      { offset: 2, timestamp: start + 7n, key: text('key-2'), value: null, headers: [] },
      { offset: 3, timestamp: start + 9n, key: Buffer.alloc(0), value: text('x'.repeat(300)), headers: [] },
    ])
  },
)

test.each([
  ['none', 0],
  ['gzip', 0],
  ['snappy', 0],
  ['none', 1],
  ['gzip', 1],
  ['snappy', 1],
])('messages that kafka-node wrote with %s and magic %i give their records', (codec, magic) => {
  const records = [...messagesOf(golden(kafkaNode, `magic${magic} ${codec}`))]
  const times = [start, start + 5n, start + 7n, start + 9n]
  expect(records.map(({ timestamp }) => timestamp)).toEqual(magic === 0 ? [-1n, -1n, -1n, -1n] : times)
  expect(records.map(({ key }) => key?.toString() ?? null)).toEqual(['key-0', null, 'key-2', 'key-3'])
  expect(records.map(({ value }) => value?.toString() ?? null)).toEqual([
    'value-0',
    'value-1',
    null,
    'x'.repeat(300),
  ])
})

function load(name: string): ReadonlyMap<string, string> {
  const path = new URL(`../../../test/golden/records/${name}.json`, import.meta.url)
  const dumps: Record<string, string> = JSON.parse(readFileSync(path, 'utf8'))
  return new Map(Object.entries(dumps))
}

function golden(dumps: ReadonlyMap<string, string>, name: string): Buffer {
  const hex = dumps.get(name)
  if (hex === undefined) throw new Error(`no golden bytes named ${name}`)
  return Buffer.from(hex, 'hex')
}

/** A wrapper's fields besides size, CRC and the compressed bytes, which depend on the compressor. */
function wrapperFields(set: Buffer) {
  const { value: _value, ...fields } = wrapperOf(set)
  return fields
}

function wrapperOf(set: Buffer) {
  const magic = set.readInt8(16)
  const keyAt = magic === 0 ? 18 : 26
  return {
    offset: set.readBigInt64BE(0),
    magic,
    attributes: set.readInt8(17),
    timestamp: magic === 0 ? undefined : set.readBigInt64BE(18),
    keyLength: set.readInt32BE(keyAt),
    value: set.subarray(keyAt + 8),
  }
}
