/** Memory in which batches came is used again for other batches, so whoever still reads it must be left in peace. */
import { afterEach, expect, test } from 'vitest'
import { type Broker, startBroker } from '../src/index.ts'
import { nodeNetwork } from '../src/runtime/node-network.ts'
import { createTopics } from '../src/wire/apis/create-topics.ts'
import { fetch } from '../src/wire/apis/fetch.ts'
import { produce } from '../src/wire/apis/produce.ts'
import { buildBatch } from '../src/wire/records/batch-builder.ts'
import { readBaseOffset, readBatchSizeBytes } from '../src/wire/records/batch-header.ts'
import { fetchPartition, fetchRequest, produceRequest, topicSpec } from './behaviours/requests.ts'
import { decodeResponse, RawClient } from './raw-client.ts'

const VALUE_BYTES = 70_000
const FETCH_VERSION = 11
const topic = { name: 't', id: 'AAAAAAAAAAAAAAAAAAAAAA' }

const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

/** Room for about five batches of these tests. */
async function startedBroker(): Promise<Broker> {
  const broker = await startBroker({ configs: { 'odradek.tail.cache.bytes': '400000' } })
  open.push(broker)
  return broker
}

async function connected(broker: Broker): Promise<RawClient> {
  const client = await RawClient.connect(nodeNetwork, { host: '127.0.0.1', port: broker.port })
  open.push(client)
  return client
}

/** A batch of one record that can be told from all others. */
function batchOf(offset: number): Buffer {
  return buildBatch({ records: [{ value: Buffer.alloc(VALUE_BYTES, 1 + (offset % 250)) }] })
}

/** What stands in the log from `offset` on must be just what was produced there. */
function check(records: Buffer | null, offset: number): void {
  expect(records?.length).toBeGreaterThan(VALUE_BYTES)
  if (records === null) return
  let expected = offset
  for (let at = 0; at < records.length; at += readBatchSizeBytes(records, at)) {
    const sizeBytes = readBatchSizeBytes(records, at)
    expect(readBaseOffset(records, at)).toBe(expected)
    // Base offset and leader epoch are the broker's; the rest is as it was sent.
    expect(records.subarray(at + 16, at + sizeBytes).equals(batchOf(expected).subarray(16))).toBe(true)
    expected++
  }
}

function readFrom(offset: number) {
  return fetchRequest([{ topic, partitions: [fetchPartition({ offset })] }])
}

function recordsIn(frame: Buffer, correlationId: number): Buffer | null {
  const answer = decodeResponse(fetch, FETCH_VERSION, correlationId, frame)
  return answer.responses[0]?.partitions[0]?.records ?? null
}

test('a slow reader of the newest records gets them whole while the log goes on', async () => {
  const broker = await startedBroker()
  const [producer, slow, quick] = [await connected(broker), await connected(broker), await connected(broker)]
  await producer.request(createTopics, 7, { topics: [topicSpec(topic.name)], validateOnly: false })
  const asked: { correlationId: number; offset: number }[] = []
  slow.pause()
  for (let offset = 0; offset < 400; offset++) {
    const answer = await producer.request(produce, 9, produceRequest(topic, batchOf(offset)))
    expect(answer.responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: offset })
    const from = Math.max(0, offset - 2)
    if (asked.length < 60)
      asked.push({
        correlationId: slow.send(fetch, FETCH_VERSION, readFrom(from)),
        offset: from,
      })
    const correlationId = quick.send(fetch, FETCH_VERSION, readFrom(from))
    check(recordsIn(await quick.nextFrame(), correlationId), from)
  }
  slow.resume()
  for (const { correlationId, offset } of asked)
    check(recordsIn(await slow.nextFrame(), correlationId), offset)
})
