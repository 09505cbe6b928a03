/** Readers of a chain's output. Both are read_committed, as kafkajs is unless told otherwise. */
import type { EachBatchPayload, Kafka } from 'kafkajs'
import type { OutputRecord } from './ledger.ts'

const LAST = 'the last one of this partition'

/** Reads a topic from its start, and goes on whatever happens to the broker. */
export async function watch(
  kafka: Kafka,
  topic: string,
  groupId: string,
  saw: (record: OutputRecord) => void,
): Promise<{ end(): Promise<void> }> {
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: 10_000,
    heartbeatInterval: 300,
    maxWaitTimeInMs: 100,
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    eachBatch: async ({ batch }: EachBatchPayload) => {
      const { partition } = batch
      for (const { key, value, offset } of batch.messages)
        saw({ partition, offset: Number(offset), key: String(key), value: String(value) })
    },
  })
  return { end: async () => await consumer.disconnect() }
}

/** All records of a topic, each partition's in the order of its log, up to a last one that is written now. */
export async function readThrough(
  kafka: Kafka,
  topic: string,
  partitions: number,
  groupId: string,
): Promise<OutputRecord[]> {
  const producer = kafka.producer()
  await producer.connect()
  const messages = Array.from({ length: partitions }, (_, partition) => ({
    partition,
    key: LAST,
    value: LAST,
  }))
  await producer.send({ topic, messages })
  await producer.disconnect()
  const records: OutputRecord[] = []
  const ended = new Set<number>()
  let done: () => void = () => undefined
  const isDone = new Promise<void>((resolve) => {
    done = resolve
  })
  const reader = await watch(kafka, topic, groupId, (record) => {
    if (ended.has(record.partition)) return
    if (record.key !== LAST) return void records.push(record)
    ended.add(record.partition)
    if (ended.size === partitions) done()
  })
  await isDone
  await reader.end()
  return records
}
