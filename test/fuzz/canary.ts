import type { ByteStream } from '../../src/runtime/network.ts'
import { createTopics } from '../../src/wire/apis/create-topics.ts'
import { fetch } from '../../src/wire/apis/fetch.ts'
import { listOffsets } from '../../src/wire/apis/list-offsets.ts'
import { metadata } from '../../src/wire/apis/metadata.ts'
import { produce } from '../../src/wire/apis/produce.ts'
import { buildBatch } from '../../src/wire/records/batch-builder.ts'
import { readBaseOffset, readBatchSizeBytes } from '../../src/wire/records/batch-header.ts'
import { recordsOf } from '../../src/wire/records/record-iteration.ts'
import { RawClient } from '../raw-client.ts'

const TOPIC = 'canary'

/**
 * A well-behaved client beside the others: whatever they do, its requests are answered rightly, in time and over the same
 * connection, and what was acknowledged to it is there in the end.
 */
export class Canary {
  readonly #client: RawClient
  readonly #topic: string
  readonly topicId: string
  /** What was acknowledged, by offset. */
  readonly #acknowledged: string[] = []
  slowestMs = 0

  private constructor(client: RawClient, topic: string, topicId: string) {
    this.#client = client
    this.#topic = topic
    this.topicId = topicId
  }

  static async start(stream: ByteStream, suffix = ''): Promise<Canary> {
    const client = RawClient.over(stream)
    const name = TOPIC + suffix
    const { topics } = await client.request(createTopics, 7, {
      topics: [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 10_000,
      validateOnly: false,
    })
    const [made] = topics
    if (made?.errorCode !== 0) throw new Error(`the canary's topic: error ${made?.errorCode}`)
    return new Canary(client, name, made.topicId)
  }

  get acknowledgedRecords(): number {
    return this.#acknowledged.length
  }

  /** Produces a record, reads it back, asks where the topic is. Rejects when any answer is not what it must be. */
  async round(): Promise<void> {
    const startedMs = performance.now()
    const offset = await this.#produce()
    const [read] = await this.#read(offset)
    if (read !== this.#acknowledged[offset]) throw new Error(`read ${read} at offset ${offset}`)
    await this.#describe(offset)
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedMs)
  }

  /** Reads all from the beginning and compares. */
  async verify(): Promise<void> {
    for (let offset = 0; offset < this.#acknowledged.length; ) {
      const values = await this.#read(offset)
      if (values.length === 0) throw new Error(`nothing to read at offset ${offset}`)
      for (const value of values) {
        if (value !== this.#acknowledged[offset])
          throw new Error(`offset ${offset} holds ${value} instead of ${this.#acknowledged[offset]}`)
        offset++
      }
    }
  }

  close(): void {
    this.#client.close()
  }

  async #produce(): Promise<number> {
    const expected = this.#acknowledged.length
    const value = `record ${expected}`
    const records = buildBatch({ records: [{ value: Buffer.from(value) }] })
    const { responses } = await this.#client.request(produce, 9, {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: this.#topic, partitionData: [{ index: 0, records }] }],
    })
    const answer = responses[0]?.partitionResponses[0]
    if (answer?.errorCode !== 0 || answer.baseOffset !== expected)
      throw new Error(`produced at ${expected}: ${JSON.stringify(responses)}`)
    this.#acknowledged.push(value)
    return expected
  }

  async #read(fetchOffset: number): Promise<string[]> {
    const { responses } = await this.#client.request(fetch, 11, {
      replicaId: -1,
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1_048_576,
      isolationLevel: 0,
      topics: [
        { topic: this.#topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_048_576 }] },
      ],
    })
    const answer = responses[0]?.partitions[0]
    if (answer?.errorCode !== 0 || answer.records === null)
      throw new Error(`fetched at ${fetchOffset}: ${JSON.stringify(responses)}`)
    return valuesOf(answer.records, fetchOffset)
  }

  async #describe(lastOffset: number): Promise<void> {
    const { topics } = await this.#client.request(metadata, 8, {
      topics: [{ name: this.#topic }],
      allowAutoTopicCreation: false,
    })
    const topic = topics[0]
    if (topic?.errorCode !== 0 || topic.partitions[0]?.leaderId !== 1)
      throw new Error(`metadata: ${JSON.stringify(topics)}`)
    const listed = await this.#client.request(listOffsets, 5, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [
        { name: this.#topic, partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1n }] },
      ],
    })
    if (listed.topics[0]?.partitions[0]?.offset !== lastOffset + 1)
      throw new Error(`latest offset: ${JSON.stringify(listed.topics, (_, value) => String(value))}`)
  }
}

function valuesOf(records: Buffer, from: number): string[] {
  const values: string[] = []
  for (let at = 0; at < records.length; at += readBatchSizeBytes(records, at)) {
    if (at + readBatchSizeBytes(records, at) > records.length) break
    if (readBaseOffset(records, at) < from) continue
    for (const { value } of recordsOf(records, at)) values.push(value?.toString() ?? 'null')
  }
  return values
}
