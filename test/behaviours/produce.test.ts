import { expect, test } from 'vitest'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.ts'
import { metadata } from '../../src/wire/apis/metadata.ts'
import { produce } from '../../src/wire/apis/produce.ts'
import { errorCodes, errorName } from '../../src/wire/errors.ts'
import { type NewBatch, sealed } from '../../src/wire/records/batch-builder.ts'
import { readPartitionLeaderEpoch } from '../../src/wire/records/batch-header.ts'
import { buildMessageSet } from '../../src/wire/records/message-set-builder.ts'
import { ownTest, useBroker } from './broker.ts'
import {
  batch,
  fetched,
  fill,
  NO_TOPIC,
  newTopic,
  offsetAt,
  produced,
  produceRequest,
  recordsIn,
} from './requests.ts'

const broker = useBroker()
const HOUR_MS = 3_600_000
const idempotent = { producerId: 5, producerEpoch: 0, baseSequence: 0 }

function timed(timestamp: bigint, more: Partial<NewBatch> = {}): Buffer {
  return batch(broker, [], { records: [{ timestamp, value: Buffer.from('x') }], ...more })
}

test('Produce answers every version with the base offset and what else the version has', async () => {
  const topic = await newTopic(broker)
  let offset = 0
  for (const version of await broker.versions(produce, 3)) {
    const answer = await produced(broker, topic, batch(broker, ['a', 'b', 'c']), { version })
    expect(answer, `v${version}`).toMatchObject({
      error: 'NONE',
      index: 0,
      baseOffset: offset,
      logAppendTimeMs: -1,
      logStartOffset: version >= 5 ? 0 : -1,
      recordErrors: [],
      errorMessage: null,
      currentLeader: { leaderId: -1, leaderEpoch: -1 },
    })
    offset += 3
  }
  expect((await offsetAt(broker, topic, -1n)).offset).toBe(offset)
})

ownTest('message sets of the versions before 3 become batches', async () => {
  const topic = await newTopic(broker)
  const record = { timestamp: BigInt(broker.nowMs()), key: null, value: Buffer.from('old'), headers: [] }
  for (const version of [0, 1, 2]) {
    const magic = version < 2 ? 0 : 1
    const set = buildMessageSet({
      magic,
      records: [
        { ...record, offset: 0 },
        { ...record, offset: 1 },
      ],
    })
    const answer = await produced(broker, topic, set, { version })
    expect(answer).toMatchObject({ error: 'NONE', baseOffset: version * 2 })
  }
  const { values, offsets } = await fetched(broker, topic)
  expect({ values, offsets }).toEqual({ values: Array(6).fill('old'), offsets: [0, 1, 2, 3, 4, 5] })
})

test('every acks that there is, is answered with the offset, and others are refused', async () => {
  const topic = await newTopic(broker)
  expect(await produced(broker, topic, batch(broker, ['a']), { acks: 1 })).toMatchObject({
    error: 'NONE',
    baseOffset: 0,
  })
  expect(await produced(broker, topic, batch(broker, ['a']), { acks: -1 })).toMatchObject({
    error: 'NONE',
    baseOffset: 1,
  })
  for (const acks of [2, -2, 32_767]) {
    const refused = await produced(broker, topic, batch(broker, ['a']), { acks })
    expect(refused).toMatchObject({ error: 'INVALID_REQUIRED_ACKS', baseOffset: -1 })
  }
})

test('acks=0 gets no answer at all, and answers behind it are not held up', async () => {
  const topic = await newTopic(broker)
  const client = await broker.connect()
  client.send(produce, 9, produceRequest(topic, batch(broker, ['silent']), { acks: 0 }))
  const answer = await client.request(produce, 9, produceRequest(topic, batch(broker, ['loud'])))
  expect(answer.responses[0]?.partitionResponses[0]?.baseOffset).toBe(1)
  expect(client.unclaimedFrames).toBe(0)
  expect((await fetched(broker, topic)).values).toEqual(['silent', 'loud'])
})

test('a failure of acks=0 is told by closing the connection', async () => {
  const topic = await newTopic(broker)
  const client = await broker.connect()
  client.send(produce, 9, produceRequest(NO_TOPIC, batch(broker, ['x']), { acks: 0 }))
  await client.closed
  expect(client.unclaimedFrames).toBe(0)
  expect((await produced(broker, topic, batch(broker, ['x']))).error).toBe('NONE')
})

test('an unknown topic, id or partition is refused by its own error', async () => {
  const topic = await newTopic(broker)
  for (const version of await broker.versions(produce, 3)) {
    const unknown = await produced(broker, NO_TOPIC, batch(broker, ['x']), { version })
    expect(unknown.error, `v${version}`).toBe(
      version >= 13 ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION',
    )
    expect(unknown.baseOffset).toBe(-1)
    for (const partition of [1, -1]) {
      const missing = await produced(broker, topic, batch(broker, ['x']), { version, partition })
      expect(missing.error, `v${version}`).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    }
  }
})

test('one refused partition does not keep the others of its request from being appended', async () => {
  const topic = await newTopic(broker, { partitions: 2 })
  const answer = await broker.ask(produce, 9, {
    ...produceRequest(topic, null),
    topicData: [
      {
        name: topic.name,
        topicId: topic.id,
        partitionData: [
          { index: 0, records: batch(broker, ['a']) },
          { index: 9, records: batch(broker, ['b']) },
          { index: 1, records: batch(broker, ['c']) },
        ],
      },
      {
        name: NO_TOPIC.name,
        topicId: NO_TOPIC.id,
        partitionData: [{ index: 0, records: batch(broker, ['d']) }],
      },
    ],
  })
  const outcomes = answer.responses.flatMap(({ name, partitionResponses }) =>
    partitionResponses.map(({ index, errorCode }) => [name, index, errorName(errorCode)].join(' ')),
  )
  expect(outcomes.sort()).toEqual(
    [
      `${topic.name} 0 NONE`,
      `${topic.name} 1 NONE`,
      `${topic.name} 9 UNKNOWN_TOPIC_OR_PARTITION`,
      `${NO_TOPIC.name} 0 UNKNOWN_TOPIC_OR_PARTITION`,
    ].sort(),
  )
})

test('clients cannot write to internal topics', async () => {
  await broker.eventually(async () => {
    await broker.ask(findCoordinator, 4, { key: '', keyType: 0, coordinatorKeys: ['g'] })
    const refused = await produced(broker, { name: '__consumer_offsets', id: '' }, batch(broker, ['x']), {
      version: 8,
    })
    expect(refused.error).toBe('INVALID_TOPIC_EXCEPTION')
  })
})

test('requests that are sent without waiting are appended in their order', async () => {
  const topic = await newTopic(broker)
  const client = await broker.connect()
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, at) =>
      client.request(
        produce,
        9,
        produceRequest(topic, batch(broker, [`${at}`]), { acks: at % 2 === 0 ? -1 : 1 }),
      ),
    ),
  )
  const offsets = answers.map(({ responses }) => responses[0]?.partitionResponses[0]?.baseOffset)
  expect(offsets).toEqual(Array.from({ length: 50 }, (_, at) => at))
  expect((await fetched(broker, topic)).values).toEqual(offsets.map(String))
})

test('base offset and leader epoch of a batch are the broker’s, and its CRC still holds', async () => {
  const topic = await newTopic(broker)
  await fill(broker, topic, ['first'])
  const sent = batch(broker, ['second', 'third'], { leaderEpoch: 77 })
  expect((await produced(broker, topic, Buffer.from(sent))).baseOffset).toBe(1)
  const { records, offsets, values } = await fetched(broker, topic, { offset: 1 })
  expect({ offsets, values }).toEqual({ offsets: [1, 2], values: ['second', 'third'] })
  expect(readPartitionLeaderEpoch(records ?? Buffer.alloc(0), 0)).toBe(0)
  expect(records?.subarray(16)).toEqual(sent.subarray(16))
})

test('a batch that is larger than max.message.bytes is refused', async () => {
  const topic = await newTopic(broker, { configs: { 'max.message.bytes': '200' } })
  expect((await produced(broker, topic, batch(broker, ['x'.repeat(200)]))).error).toBe('MESSAGE_TOO_LARGE')
  const fits = batch(broker, ['x'.repeat(200 - batch(broker, ['']).length - 2)])
  expect(fits.length).toBeLessThanOrEqual(200)
  expect((await produced(broker, topic, fits)).error).toBe('NONE')
})

test('a record set without a whole batch, or with two, is refused', async () => {
  const topic = await newTopic(broker)
  const whole = batch(broker, ['x'])
  for (const [what, set] of [
    ['nothing', Buffer.alloc(0)],
    ['half', whole.subarray(0, 40)],
    ['two', Buffer.concat([whole, whole])],
  ] as const)
    expect((await produced(broker, topic, set)).error, what).toBe('INVALID_RECORD')
})

test('a batch that is not what it says is refused', async () => {
  const topic = await newTopic(broker)
  const changed = (at: number, value: number) => {
    const bytes = batch(broker, ['x'])
    bytes[at] = value
    return bytes
  }
  expect((await produced(broker, topic, changed(20, 1))).error).toBe('CORRUPT_MESSAGE')
  expect((await produced(broker, topic, changed(65, 0xff))).error).toBe('CORRUPT_MESSAGE')
  expect((await produced(broker, topic, sealed(changed(60, 2), 'none'))).error).toBe('INVALID_RECORD')
  expect((await produced(broker, topic, sealed(changed(26, 3), 'none'))).error).toBe('INVALID_RECORD')
  expect((await produced(broker, topic, batch(broker, ['x'], { baseOffset: 5 }))).error).toBe(
    'INVALID_RECORD',
  )
  expect((await offsetAt(broker, topic, -1n)).offset).toBe(0)
})

test('control batches made by clients are refused', async () => {
  const topic = await newTopic(broker)
  for (const options of [{ control: true }, { control: true, ...idempotent }])
    expect((await produced(broker, topic, batch(broker, ['x'], options))).error).toBe('INVALID_RECORD')
})

test('records of a transaction that the request does not name spoil all of the request', async () => {
  const topic = await newTopic(broker, { partitions: 2 })
  const partitionData = [
    { index: 0, records: batch(broker, ['x']) },
    { index: 1, records: batch(broker, ['x'], { transactional: true, ...idempotent }) },
  ]
  const topicData = [{ name: topic.name, topicId: topic.id, partitionData }]
  const { responses } = await broker.ask(produce, 9, { ...produceRequest(topic, null), topicData })
  expect(responses[0]?.partitionResponses.map(({ errorCode }) => errorName(errorCode))).toEqual(
    Array(2).fill('TRANSACTIONAL_ID_AUTHORIZATION_FAILED'),
  )
  expect((await offsetAt(broker, topic, -1n)).offset).toBe(0)
})

test('a transactional id does not matter to records of no transaction', async () => {
  const topic = await newTopic(broker)
  for (const transactionalId of ['', 'tx'])
    expect((await produced(broker, topic, batch(broker, ['x']), { transactionalId })).error).toBe('NONE')
})

test('a record without a key is refused on a compacted topic, and told which one it is', async () => {
  const topic = await newTopic(broker, { configs: { 'cleanup.policy': 'compact' } })
  const keyed = { timestamp: BigInt(broker.nowMs()), key: Buffer.from('k'), value: Buffer.from('v') }
  for (const version of await broker.versions(produce, 3)) {
    const set = batch(broker, [], {
      records: [keyed, { ...keyed, key: null }, keyed, { ...keyed, key: null }],
    })
    const { error, recordErrors, errorMessage } = await produced(broker, topic, set, { version })
    expect(error, `v${version}`).toBe('INVALID_RECORD')
    expect(recordErrors.map(({ batchIndex }) => batchIndex)).toEqual(version >= 8 ? [1, 3] : [])
    expect(errorMessage === null).toBe(version < 8)
    expect((await produced(broker, topic, batch(broker, [], { records: [keyed] }), { version })).error).toBe(
      'NONE',
    )
  }
})

test('null and empty keys and values stay what they are', async () => {
  const topic = await newTopic(broker)
  const empty = Buffer.alloc(0)
  const records = [
    { key: null, value: null },
    { key: empty, value: empty },
    { key: null, value: empty },
    { key: empty, value: null },
  ]
  await produced(broker, topic, batch(broker, [], { records }))
  const found = recordsIn((await fetched(broker, topic)).records)
  expect(found.map(({ key, value }) => ({ key, value }))).toEqual(records)
})

test('with LogAppendTime the records get the broker’s time, and the answer tells it', async () => {
  const topic = await newTopic(broker, { configs: { 'message.timestamp.type': 'LogAppendTime' } })
  for (const version of await broker.versions(produce, 3)) {
    const before = broker.nowMs()
    const { logAppendTimeMs, error, baseOffset } = await produced(broker, topic, timed(5n), { version })
    expect(error).toBe('NONE')
    expect(logAppendTimeMs).toBeGreaterThanOrEqual(before)
    const [record] = recordsIn((await fetched(broker, topic, { offset: baseOffset })).records)
    expect(record?.timestamp).toBe(BigInt(logAppendTimeMs))
  }
})

test('timestamps too far from the broker’s time are refused', async () => {
  const now = BigInt(broker.nowMs())
  const topic = await newTopic(broker)
  for (const [timestamp, error] of [
    [now + BigInt(HOUR_MS) + 60_000n, 'INVALID_TIMESTAMP'],
    [now + BigInt(HOUR_MS) - 60_000n, 'NONE'],
    [0n, 'NONE'],
    [-1n, 'NONE'],
  ] as const)
    expect((await produced(broker, topic, timed(timestamp))).error, `${timestamp - now}`).toBe(error)
  const strict = await newTopic(broker, { configs: { 'message.timestamp.before.max.ms': '60000' } })
  const late = await produced(broker, strict, timed(now - 120_000n))
  expect(late.error).toBe('INVALID_TIMESTAMP')
  expect(late.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([0])
})

test('more in-sync replicas than replicas are not asked for', async () => {
  const topic = await newTopic(broker, { configs: { 'min.insync.replicas': '3' } })
  expect((await produced(broker, topic, batch(broker, ['x']))).error).toBe('NONE')
})

test('every codec is taken as it is sent, zstd from version 7 on', async () => {
  const topic = await newTopic(broker)
  for (const codec of ['gzip', 'snappy', 'lz4'] as const)
    expect((await produced(broker, topic, batch(broker, ['x'], { codec }), { version: 3 })).error).toBe(
      'NONE',
    )
  const early = batch(broker, ['x'])
  early.writeInt16BE(4, 21)
  const refused = await produced(broker, topic, sealed(early, 'none'), { version: 6 })
  expect(refused.error).toBe('UNSUPPORTED_COMPRESSION_TYPE')
  expect((await fetched(broker, topic)).values).toEqual(['x', 'x', 'x'])
})

test('a request without partitions is answered without partitions', async () => {
  const answer = await broker.ask(produce, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 100,
    topicData: [],
  })
  expect(answer.responses).toEqual([])
})

ownTest('a produce that is not committed in time is told so, and its records may still come', async () => {
  const topic = await newTopic(broker)
  let letWrite: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    letWrite = resolve
  })
  broker.disk.delay = (operation) => (operation === 'write' ? gate : undefined)
  const big = batch(broker, ['x'.repeat(200_000)])
  const client = await broker.connect()
  const answer = client.request(produce, 9, produceRequest(topic, big, { timeoutMs: 1500 }))
  await broker.pass(1000)
  await broker.pass(1000)
  const [partition] = (await answer).responses[0]?.partitionResponses ?? []
  expect(partition).toMatchObject({ errorCode: errorCodes.REQUEST_TIMED_OUT, baseOffset: -1 })
  broker.disk.delay = () => undefined
  letWrite()
  await broker.settle()
  expect((await offsetAt(broker, topic, -1n)).offset).toBe(1)
})

test('producing does not create topics', async () => {
  await produced(broker, NO_TOPIC, batch(broker, ['x']))
  const { topics } = await broker.ask(metadata, 4, {
    topics: [{ name: NO_TOPIC.name, topicId: '' }],
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  })
  expect(topics[0]?.errorCode).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
})
