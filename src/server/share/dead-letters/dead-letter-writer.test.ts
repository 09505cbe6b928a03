import { afterEach, expect, test } from 'vitest'
import { OneBroker } from '../../../replication/one-broker.fixture.ts'
import type { Partition } from '../../../replication/partition.ts'
import { KafkaError } from '../../../wire/errors.ts'
import { buildBatch } from '../../../wire/records/batch-builder.ts'
import { readBatchSizeBytes, readRecordCount } from '../../../wire/records/batch-header.ts'
import { recordsOf } from '../../../wire/records/record-iteration.ts'
import { readShareGroupConfig } from '../../configs/share-group-config.ts'
import type { DeadLetters } from './dead-letter.ts'
import { DeadLetterWriter } from './dead-letter-writer.ts'

const brokers: OneBroker[] = []

afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.close()
})

interface SceneOptions {
  readonly copy?: boolean
  readonly maxMessageBytes?: number
  readonly refusal?: KafkaError
}

/** A topic whose records are given up, the topic for its dead letters, and who writes them there. */
async function scene({ copy = false, maxMessageBytes = 1_000_000, refusal }: SceneOptions = {}) {
  const broker = await OneBroker.open()
  brokers.push(broker)
  await broker.create('orders')
  await broker.create('dlq', { configs: new Map([['max.message.bytes', String(maxMessageBytes)]]) })
  const complaints: unknown[] = []
  const writer = new DeadLetterWriter({
    clock: broker.runtime.clock,
    logger: { ...broker.runtime.logger, error: ({ error }) => complaints.push(error) },
    metadata: broker.metadata,
    partitions: broker.partitions,
    topics: {
      require: (name) => {
        const topic = broker.metadata.image.topics.get(name)
        return refusal === undefined && topic !== undefined
          ? Promise.resolve(topic)
          : Promise.reject(refusal ?? new KafkaError('INVALID_CONFIG'))
      },
    },
    config: () => ({
      ...readShareGroupConfig((definition) => definition.read(null)),
      deadLetterTopic: 'dlq',
      copiesDeadLetters: copy,
    }),
  })
  const partition = broker.partition('orders')
  const key = { groupId: 'g', topicId: partition.topicId, partition: 0 }
  const outcome: { isOver?: boolean } = {}
  const post = (...letters: readonly DeadLetters[]) => {
    void writer.post({ key, partition, letters }).then((isOver) => {
      outcome.isOver = isOver
    })
    return settle()
  }
  return { broker, writer, post, outcome, complaints, source: partition, target: broker.partition('dlq') }
}

function letter(firstOffset: number, lastOffset = firstOffset): DeadLetters {
  return { firstOffset, lastOffset, deliveryCount: 1, cause: 'rejected' }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** The offsets that the dead letters of each batch stand for, with the sizes of their copies. */
async function batchesIn(target: Partition): Promise<string[]> {
  const slice = await target.read(0, 100_000_000, 'read_uncommitted', true)
  return slice.chunks.flatMap((chunk) => {
    const found: string[] = []
    for (let at = 0; at < chunk.length; at += readBatchSizeBytes(chunk, at)) {
      const letters = [...recordsOf(chunk, at)].map(
        ({ headers, value }) => `${headers[2]?.value}${value === null ? '' : `:${value.length}`}`,
      )
      expect(letters).toHaveLength(readRecordCount(chunk, at))
      found.push(letters.join(' '))
    }
    return found
  })
}

function lead(partition: Partition, leader: number): void {
  partition.update({ ...partition.image, leader, leaderEpoch: partition.leaderEpoch + 1 })
}

function append(partition: Partition, ...sizes: readonly number[]): Promise<void> {
  partition.append(buildBatch({ records: sizes.map((size) => ({ value: Buffer.alloc(size, 'x') })) }))
  return settle()
}

test('a topic without a leader is waited for', async () => {
  const { broker, post, outcome, target } = await scene()
  lead(target, -1)
  await post(letter(3, 5))
  for (const waitMs of [2000, 4000]) {
    broker.runtime.clock.advance(waitMs - 1)
    await settle()
    expect(outcome).toEqual({})
    if (waitMs === 4000) lead(target, 1)
    broker.runtime.clock.advance(1)
    await settle()
  }
  expect(outcome).toEqual({ isOver: true })
  expect(await batchesIn(target)).toEqual(['3 4 5'])
})

test('after five attempts the dead letters are given up, and the log tells', async () => {
  const { broker, post, outcome, complaints, target } = await scene()
  lead(target, -1)
  await post(letter(0))
  for (const waitMs of [2000, 4000, 8000, 16_000]) {
    expect(outcome).toEqual({})
    broker.runtime.clock.advance(waitMs)
    await settle()
  }
  expect(outcome).toEqual({ isOver: true })
  expect(complaints).toEqual(['NOT_LEADER_OR_FOLLOWER'])
})

test('what no waiting can help is given up at once', async () => {
  const { post, outcome, complaints } = await scene({ refusal: new KafkaError('INVALID_TOPIC_EXCEPTION') })
  await post(letter(0))
  expect(outcome).toEqual({ isOver: true })
  expect(complaints).toEqual(['INVALID_TOPIC_EXCEPTION'])
})

test('a broker that stops leaves the dead letters to the next leader', async () => {
  const { writer, post, outcome, complaints, target } = await scene()
  lead(target, -1)
  await post(letter(0))
  writer.close()
  await settle()
  expect(outcome).toEqual({ isOver: false })
  await post(letter(1))
  expect(outcome).toEqual({ isOver: false })
  expect(complaints).toEqual([])
})

test('what is given up together is one batch, as far as it fits', async () => {
  const { post, outcome, target } = await scene({ maxMessageBytes: 600 })
  await post(letter(0, 1), letter(7), letter(9, 10))
  expect(outcome).toEqual({ isOver: true })
  expect(await batchesIn(target)).toEqual(['0 1', '7 9', '10'])
})

test('copies are read from as many batches as there are, where they are wanted, some at a time', async () => {
  const { post, source, target } = await scene({ copy: true, maxMessageBytes: 3_000_000 })
  for (let batch = 0; batch < 6; batch++) await append(source, 300_000, 300_000)
  await append(source, 2_000_000)
  await post(letter(1), letter(4, 5), letter(8, 12))
  expect(await batchesIn(target)).toEqual([
    '1:300000 4:300000 5:300000',
    '8:300000 9:300000 10:300000',
    '11:300000',
    '12:2000000',
  ])
})

test('a batch is no larger than needs be, whatever the topic allows', async () => {
  const { post, target } = await scene({ maxMessageBytes: 100_000_000 })
  await post(letter(0, 9_999))
  const sizes = (await batchesIn(target)).map((letters) => letters.split(' ').length)
  expect(sizes.length).toBeGreaterThan(1)
  expect(sizes.reduce((sum, size) => sum + size)).toBe(10_000)
})

test('copies that do not fit together come in rounds, each with what fits', async () => {
  const { post, source, target } = await scene({ copy: true, maxMessageBytes: 1000 })
  await append(source, 300, 300, 50, 900, 1100, 10)
  await post(letter(0, 5))
  expect(await batchesIn(target)).toEqual(['0:300', '1:300 2:50', '3 4 5:10'])
})

test('letters of many share partitions are written one batch after another, and none is held up', async () => {
  const { broker, post, source, target } = await scene({ copy: true })
  await append(source, 10, 10)
  lead(target, -1)
  await post(letter(0))
  lead(target, 1)
  await post(letter(1))
  expect(await batchesIn(target)).toEqual(['1:10'])
  broker.runtime.clock.advance(2000)
  await settle()
  expect(await batchesIn(target)).toEqual(['1:10', '0:10'])
})

test('dead letters of a topic that is deleted meanwhile are written without their copies', async () => {
  const { broker, post, outcome, source, target } = await scene({ copy: true })
  await append(source, 10)
  lead(target, -1)
  await post(letter(0))
  await broker.controller.deleteTopics(['orders'])
  lead(target, 1)
  broker.runtime.clock.advance(2000)
  await settle()
  expect(outcome).toEqual({ isOver: true })
  expect(await batchesIn(target)).toEqual(['0'])
})

test('a stop while a copy is being read leaves the dead letters to the next leader', async () => {
  const { broker, writer, post, outcome, source } = await scene({ copy: true })
  await append(source, 1_500_000)
  const posted = post(letter(0))
  await Promise.resolve()
  writer.close()
  brokers.splice(brokers.indexOf(broker), 1)
  await Promise.all([broker.close(), posted])
  expect(outcome).toEqual({ isOver: false })
})
