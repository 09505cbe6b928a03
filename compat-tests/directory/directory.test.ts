import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Admin as PlatformaticAdmin } from '@platformatic/kafka'
import type { Kafka } from 'kafkajs'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { BrokerUnderTest } from '../brokers/broker-under-test.ts'
import { run } from '../brokers/child-process.ts'
import { startKafka } from '../brokers/kafka.ts'
import { kafkaJars, kafkaVersion } from '../brokers/kafka-jars.ts'
import { startOdradek } from '../brokers/odradek.ts'
import { newConsumer, newKafka, receive } from '../kafkajs/kafka.ts'
import { toolsJars } from '../tools/tools-jars.ts'
import { runFromDocs } from './commands.ts'
import {
  commitOffsets,
  leaveOpen,
  makeTopics,
  OPEN_ID,
  readConfigs,
  readOffsets,
  readTopics,
  topics,
  transactional,
  writeTopics,
} from './contents.ts'

const missing = (what: string) => (error: unknown) => {
  console.warn(`${what} skipped: ${error instanceof Error ? error.message : String(error)}`)
  return undefined
}
const jars = await kafkaJars().catch(missing('moving folders from and to Apache Kafka is'))
const tools =
  jars === undefined ? undefined : await toolsJars().catch(missing("Kafka's tools over our files are"))

const cleaner = { 'log.cleaner.backoff.ms': '200' }
const LONG_MS = 300_000

function clientOf({ bootstrap }: BrokerUnderTest): Kafka {
  return newKafka({ brokers: [bootstrap], retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 60 } })
}

async function started(broker: Promise<BrokerUnderTest>): Promise<BrokerUnderTest & { dataFolder: string }> {
  const found = await broker
  onTestFinished(async () => await found.dispose())
  const { dataFolder } = found
  if (dataFolder === undefined) throw new Error('a broker without a folder')
  return { ...found, dataFolder }
}

/** Waits until of what was overwritten most is gone from the files. */
async function untilCompacted(folder: string): Promise<void> {
  const sizeBytes = () =>
    readdirSync(join(folder, 'compacted-0'))
      .filter((name) => name.endsWith('.log'))
      .reduce((sum, name) => sum + statSync(join(folder, 'compacted-0', name)).size, 0)
  await vi.waitFor(() => expect(sizeBytes()).toBeLessThan(2_500_000), { timeout: 60_000, interval: 100 })
}

describe.skipIf(jars === undefined || kafkaVersion < '4')('a data folder', () => {
  test('of Apache Kafka opens in Odradek with records, offsets and transactions', {
    timeout: LONG_MS,
  }, async () => {
    const kafka = await started(startKafka(cleaner))
    const client = clientOf(kafka)
    await writeTopics(client)
    await commitOffsets(client)
    await untilCompacted(kafka.dataFolder)
    const [records, offsets] = [await readTopics(client), await readOffsets(client)]
    expect(records.compacted?.length).toBeLessThan(2_000)
    const configs = await readConfigs(client)
    expect(configs.compacted).toContain('cleanup.policy=compact')
    await leaveOpen(client)
    for (const end of ['stop', 'kill'] as const) {
      await kafka[end]()
      const odradek = await started(startOdradek())
      await odradek.stop()
      rmSync(odradek.dataFolder, { recursive: true })
      await runFromDocs('from-kafka', { KAFKA: kafka.dataFolder, ODRADEK: odradek.dataFolder })
      await odradek.start()
      const moved = clientOf(odradek)
      expect(await readTopics(moved), end).toEqual(records)
      expect(await readOffsets(moved), end).toEqual(offsets)
      expect(await readConfigs(moved), end).toEqual(configs)
      // Only if the open transaction came along can its heir end it, and what is behind it be read.
      const transaction = await (await transactional(OPEN_ID, moved)).transaction()
      await transaction.send({ topic: 'transactions', messages: [{ partition: 0, value: 'behind' }] })
      await transaction.commit()
      await expectBehind(moved)
      await odradek.dispose()
      await kafka.start()
    }
  })

  test('of Apache Kafka gives single topics to an Odradek that has others', {
    timeout: LONG_MS,
  }, async () => {
    const kafka = await started(startKafka(cleaner))
    await writeTopics(clientOf(kafka))
    const records = await readTopics(clientOf(kafka))
    const odradek = await started(startOdradek())
    const client = clientOf(odradek)
    await makeTopics(client)
    const ids = await topicIds(odradek)
    await Promise.all([kafka.stop(), odradek.stop()])
    for (const { topic } of Object.values(topics)) {
      const folders = { KAFKA: kafka.dataFolder, ODRADEK: odradek.dataFolder }
      await runFromDocs('to-odradek', { ...folders, TOPIC: topic, TOPIC_ID: ids.get(topic) ?? '' })
    }
    await odradek.start()
    await expectSame(client, records)
  })

  test('of Odradek gives topics to Apache Kafka, which serves them', { timeout: LONG_MS }, async () => {
    const odradek = await started(startOdradek())
    await writeTopics(clientOf(odradek))
    await untilCompacted(odradek.dataFolder)
    const records = await readTopics(clientOf(odradek))
    // Another start, so that there is more than one leader epoch.
    await odradek.restart()
    const kafka = await started(startKafka(cleaner))
    const client = clientOf(kafka)
    await makeTopics(client)
    await Promise.all([kafka.stop(), odradek.stop()])
    for (const { topic } of Object.values(topics))
      await runFromDocs('to-kafka', { KAFKA: kafka.dataFolder, ODRADEK: odradek.dataFolder, TOPIC: topic })
    await kafka.start()
    await expectSame(client, records)
  })

  test.skipIf(tools === undefined)(
    "of Odradek is read by Kafka's DumpLogSegments without complaint",
    { timeout: LONG_MS },
    async () => {
      const odradek = await started(startOdradek())
      const client = clientOf(odradek)
      await writeTopics(client)
      await commitOffsets(client)
      await leaveOpen(client)
      await untilCompacted(odradek.dataFolder)
      await odradek.stop()
      const printed = await dump(
        odradek.dataFolder,
        ['plain', 'transactions', 'compacted'],
        '.log',
        '--deep-iteration',
      )
      expect(printed).toContain('endTxnMarker: ABORT')
      expect(printed).toContain('compresscodec: gzip')
      for (const suffix of ['.index', '.timeindex', '.txnindex', '.snapshot'])
        await dump(odradek.dataFolder, ['plain', 'transactions', 'compacted'], suffix)
      const offsets = await dump(odradek.dataFolder, ['__consumer_offsets'], '.log', '--offsets-decoder')
      expect(offsets).toContain('"group":"readers"')
      const states = await dump(
        odradek.dataFolder,
        ['__transaction_state'],
        '.log',
        '--transaction-log-decoder',
      )
      expect(states).toContain(OPEN_ID)
    },
  )
})

/** The records from before, and one more that is written now. */
async function expectSame(client: Kafka, records: Awaited<ReturnType<typeof readTopics>>): Promise<void> {
  expect(await readTopics(client)).toEqual(records)
  const transaction = await (await transactional('new-here', client)).transaction()
  await transaction.send({ topic: 'transactions', messages: [{ partition: 0, value: 'behind' }] })
  await transaction.commit()
  await expectBehind(client)
}

async function expectBehind(client: Kafka): Promise<void> {
  const inbox = await receive(newConsumer({}, client), ['transactions'])
  const seen = await inbox.until('the last record', (items) => items.some(({ value }) => value === 'behind'))
  expect(seen.map(({ value }) => value)).not.toContain('open')
  expect(seen.filter(({ value }) => value?.startsWith('aborted'))).toEqual([])
}

async function topicIds({ bootstrap }: BrokerUnderTest): Promise<Map<string, string>> {
  const admin = new PlatformaticAdmin({ clientId: 'ids', bootstrapBrokers: [bootstrap] })
  const metadata = await admin.metadata({ topics: Object.keys(topics) })
  await admin.close()
  return new Map(
    [...metadata.topics].map(([name, { id }]) => [
      name,
      Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url'),
    ]),
  )
}

/** What the tool prints about all files of some topics with this ending; fails if it finds anything wrong. */
async function dump(
  folder: string,
  names: readonly string[],
  suffix: string,
  ...options: string[]
): Promise<string> {
  const files = readdirSync(folder)
    .filter((name) => names.some((topic) => name.startsWith(`${topic}-`)))
    .flatMap((name) => readdirSync(join(folder, name)).map((file) => join(folder, name, file)))
    .filter((file) => file.endsWith(suffix) && existsSync(file) && statSync(file).size > 0)
  expect(files.length, suffix).toBeGreaterThan(0)
  const args = [
    '-XX:TieredStopAtLevel=1',
    '-cp',
    join(tools ?? '', '*'),
    'org.apache.kafka.tools.DumpLogSegments',
  ]
  const printed = await run(
    { file: 'java', args: [...args, ...options, '--files', files.join(',')] },
    120_000,
  )
  expect(printed).not.toMatch(
    /mismatch|non-consecutive|exception|error|corrupt|invalid|could not|out of order/i,
  )
  return printed
}
