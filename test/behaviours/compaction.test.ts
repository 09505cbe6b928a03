import { expect, test } from 'vitest'
import { createTopics } from '../../src/wire/apis/create-topics.ts'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.ts'
import { offsetCommit } from '../../src/wire/apis/offset-commit.ts'
import { offsetFetch } from '../../src/wire/apis/offset-fetch.ts'
import { type CodecName, codecNames } from '../../src/wire/compression/codec.ts'
import { buildBatch } from '../../src/wire/records/batch-builder.ts'
import { readBatchSizeBytes, readLastOffset } from '../../src/wire/records/batch-header.ts'
import { recordsOf } from '../../src/wire/records/record-iteration.ts'
import { ownTest, type TestBroker, useBroker } from './broker.ts'
import { fetched, newTopic, produced, type Topic, topicSpec, ZERO_UUID } from './requests.ts'

// Apache Kafka needs `log.cleaner.backoff.ms=100` to be done in time.
const broker = useBroker({ configs: { 'offsets.topic.segment.bytes': '1048576' } })

const compacted = {
  'cleanup.policy': 'compact',
  'min.cleanable.dirty.ratio': '0.01',
  'segment.ms': '1000',
  'delete.retention.ms': '86400000',
}

/** Appends a batch for each row, of records like `key=value`, or `key` for a tombstone; each row begins a new segment. */
class Rows {
  readonly #topic: Topic
  #timestamp: bigint

  constructor(topic: Topic) {
    this.#topic = topic
    this.#timestamp = BigInt(broker.nowMs() - 1_000_000)
  }

  async add(row: string, codec: CodecName = 'none'): Promise<void> {
    this.#timestamp += 2000n
    const timestamp = this.#timestamp
    const records = row.split(' ').map((text) => {
      const [key = '', value] = text.split('=')
      return { key: Buffer.from(key), value: value === undefined ? null : Buffer.from(value), timestamp }
    })
    const { error } = await produced(broker, this.#topic, buildBatch({ records, codec }))
    expect(error).toBe('NONE')
  }
}

async function written(
  rows: readonly string[],
  configs: Record<string, string> = {},
): Promise<{ topic: Topic; rows: Rows }> {
  const topic = await newTopic(broker, { configs: { ...compacted, ...configs } })
  const writer = new Rows(topic)
  for (const row of rows) await writer.add(row)
  return { topic, rows: writer }
}

/** What a reader sees, as `offset:key=value`. */
async function contentOf(asked: TestBroker, topic: Topic, offset = 0): Promise<string[]> {
  const found: string[] = []
  // One answer tells of one segment at most.
  for (let next = offset; ; ) {
    const { records, highWatermark } = await fetched(asked, topic, { offset: next })
    const bytes = records ?? Buffer.alloc(0)
    for (let at = 0; at < bytes.length; at += readBatchSizeBytes(bytes, at)) {
      for (const record of recordsOf(bytes, at))
        if (record.offset >= next)
          found.push(`${record.offset}:${record.key}${record.value === null ? '' : `=${record.value}`}`)
      next = readLastOffset(bytes, at) + 1
    }
    if (bytes.length === 0 || next >= Number(highWatermark)) return found
  }
}

async function becomes(topic: Topic, expected: readonly string[]): Promise<void> {
  if (!(await isLike(topic, expected))) await broker.pass(100)
  await broker.eventually(async () => expect(await contentOf(broker, topic)).toEqual(expected))
}

async function isLike(topic: Topic, expected: readonly string[]): Promise<boolean> {
  return JSON.stringify(await contentOf(broker, topic)) === JSON.stringify(expected)
}

test('of each key the last record is left; what was written last of all is left as it is', async () => {
  const { topic } = await written(['a=1 b=1 c=1', 'a=2 c=2', 'b=2', 'c=3', 'c=4 c=5'])
  await becomes(topic, ['3:a=2', '5:b=2', '6:c=3', '7:c=4', '8:c=5'])
  expect(await contentOf(broker, topic, 4), 'at an offset that is gone comes what is next').toEqual([
    '5:b=2',
    '6:c=3',
    '7:c=4',
    '8:c=5',
  ])
})

test('tombstones stay for delete.retention.ms', async () => {
  const { topic } = await written(['a=1 b=1', 'a', 'c=1', 'd=1'])
  await becomes(topic, ['1:b=1', '2:a', '3:c=1', '4:d=1'])
})

test('with a delete.retention.ms of 0 a tombstone goes with the compaction after the one that met it', async () => {
  const { topic, rows } = await written(['a=1 b=1', 'a', 'c=1'], { 'delete.retention.ms': '0' })
  await becomes(topic, ['1:b=1', '2:a', '3:c=1'])
  await broker.pass(100)
  await rows.add('d=1')
  await becomes(topic, ['1:b=1', '3:c=1', '4:d=1'])
})

for (const codec of codecNames)
  test(`batches of ${codec} lose records like others`, async () => {
    const { topic, rows } = await written([])
    await rows.add('a=1 b=1 c=1', codec)
    await rows.add('a=2 b=2', codec)
    await rows.add('x=1')
    await becomes(topic, ['2:c=1', '3:a=2', '4:b=2', '5:x=1'])
  })

test('a topic is compacted from when its policy says so, and records without a key go', async () => {
  const { topic } = await written(['a=1 a=2', 'a=3', 'b=1'], { 'cleanup.policy': 'delete' })
  const keyless = buildBatch({ records: [{ value: Buffer.from('x'), timestamp: BigInt(broker.nowMs()) }] })
  expect((await produced(broker, topic, keyless)).error).toBe('NONE')
  expect(await contentOf(broker, topic)).toHaveLength(5)
  await broker.ask(incrementalAlterConfigs, 1, {
    resources: [
      {
        resourceType: 2,
        resourceName: topic.name,
        configs: [{ name: 'cleanup.policy', configOperation: 0, value: 'compact' }],
      },
    ],
    validateOnly: false,
  })
  await becomes(topic, ['2:a=3', '3:b=1', '4:null=x'])
})

test('a record without a key is refused, and named', async () => {
  const topic = await newTopic(broker, { configs: compacted })
  const timestamp = BigInt(broker.nowMs())
  const records = [
    { key: Buffer.from('a'), value: null, timestamp },
    { value: Buffer.from('x'), timestamp },
  ]
  const answer = await produced(broker, topic, buildBatch({ records }))
  expect(answer).toMatchObject({
    error: 'INVALID_RECORD',
    errorMessage:
      "One or more records have been rejected due to 1 record errors in total, and only showing the first three errors at most: [RecordError(batchIndex=1, message='Compacted topic cannot accept message without key in topic partition " +
      topic.name +
      "-0')]",
    recordErrors: [
      {
        batchIndex: 1,
        batchIndexErrorMessage: `Compacted topic cannot accept message without key in topic partition ${topic.name}-0`,
      },
    ],
  })
  expect(await contentOf(broker, topic)).toEqual([])
})

ownTest(
  'committed offsets are the last ones after their topic was compacted and the broker started anew',
  async () => {
    const commit = async (groupId: string, offset: number): Promise<void> => {
      const answer = await broker.ask(offsetCommit, 8, {
        groupId,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        groupInstanceId: null,
        topics: [
          {
            name: 'any',
            topicId: ZERO_UUID,
            partitions: [
              {
                partitionIndex: 0,
                committedOffset: offset,
                committedLeaderEpoch: -1,
                committedMetadata: 'x'.repeat(4000),
              },
            ],
          },
        ],
      })
      expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(0)
    }
    const topics = [topicSpec('any')]
    await broker.ask(createTopics, 7, { topics, validateOnly: false })
    for (let offset = 0; offset < 300; offset++) await commit(`g${offset % 3}`, offset)
    const offsets: Topic = { name: '__consumer_offsets', id: ZERO_UUID }
    await broker.pass(1000)
    const left = await contentOf(broker, offsets)
    expect(left.length).toBeLessThan(100)
    await broker.restart()
    for (const group of [0, 1, 2]) {
      const answer = await broker.ask(offsetFetch, 8, {
        groups: [
          {
            groupId: `g${group}`,
            memberId: null,
            memberEpoch: -1,
            topics: [{ name: 'any', topicId: ZERO_UUID, partitionIndexes: [0] }],
          },
        ],
        requireStable: false,
      })
      expect(answer.groups[0]?.topics[0]?.partitions[0]?.committedOffset).toBe(297 + group)
    }
  },
)
