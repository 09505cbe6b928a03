import { randomFillSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Kafka, logLevel, Partitioners } from 'kafkajs'

/** Writes to a topic with kafkajs, then reads it from the beginning, each for about `ms`. */
export interface KafkajsJob {
  readonly bootstrap: string
  readonly topic: string
  readonly recordBytes: number
  readonly recordsPerSend: number
  readonly concurrentSends: number
  readonly ms: number
}

export interface KafkajsResult {
  readonly produced: KafkajsStretch
  readonly consumed: KafkajsStretch
}

export interface KafkajsStretch {
  readonly records: number
  readonly elapsedMs: number
}

const kafkaOf = (job: KafkajsJob) =>
  new Kafka({ clientId: 'bench', brokers: [job.bootstrap], logLevel: logLevel.ERROR })

async function produce(job: KafkajsJob): Promise<KafkajsStretch> {
  const producer = kafkaOf(job).producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const value = randomFillSync(Buffer.alloc(job.recordBytes))
  const messages = Array.from({ length: job.recordsPerSend }, () => ({ value }))
  let records = 0
  let startedMs = 0
  const send = async (untilMs: number) => {
    while (performance.now() < untilMs) {
      await producer.send({ topic: job.topic, acks: 1, messages })
      records += messages.length
    }
  }
  const sendAll = async (ms: number) => {
    records = 0
    startedMs = performance.now()
    await Promise.all(Array.from({ length: job.concurrentSends }, () => send(startedMs + ms)))
  }
  await sendAll(job.ms / 4)
  const warmupRecords = records
  await sendAll(job.ms)
  const stretch = { records, elapsedMs: performance.now() - startedMs }
  await producer.disconnect()
  allRecords = warmupRecords + records
  return stretch
}

/** How many there are to read. */
let allRecords = 0

async function consume(job: KafkajsJob): Promise<KafkajsStretch> {
  const consumer = kafkaOf(job).consumer({ groupId: 'bench', maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic: job.topic, fromBeginning: true })
  let records = 0
  let firstMs = 0
  let uncounted = 0
  const read = new Promise<KafkajsStretch>((resolve, reject) => {
    const eachBatch = async ({ batch }: { batch: { messages: readonly unknown[] } }) => {
      if (firstMs === 0) {
        firstMs = performance.now()
        uncounted = batch.messages.length
      }
      records += batch.messages.length
      const elapsedMs = performance.now() - firstMs
      if (records >= allRecords || elapsedMs > job.ms) resolve({ records: records - uncounted, elapsedMs })
    }
    consumer.run({ partitionsConsumedConcurrently: 4, autoCommit: false, eachBatch }).catch(reject)
  })
  const stretch = await read
  await consumer.disconnect()
  return stretch
}

async function main(): Promise<void> {
  const job: KafkajsJob = JSON.parse(readFileSync(0, 'utf8'))
  const produced = await produce(job)
  const consumed = await consume(job)
  process.stdout.write(JSON.stringify({ produced, consumed } satisfies KafkajsResult), () => process.exit(0))
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
