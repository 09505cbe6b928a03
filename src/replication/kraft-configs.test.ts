import { readFileSync } from 'node:fs'
import { beforeEach, expect, test } from 'vitest'
import { MemoryDisk } from '../runtime/memory-disk.ts'
import { buildBatch } from '../wire/records/batch-builder.ts'
import { readKraftConfigs } from './kraft-configs.ts'

const FOLDER = '__cluster_metadata-0'
const LOG = '00000000000000000000.log'
const SNAPSHOT = '00000000000000000119-0000000003.checkpoint'

/** As Apache Kafka 4.4 left it. */
const kafka: { files: Record<string, readonly string[]> } = JSON.parse(
  readFileSync(new URL('kraft-metadata.golden.json', import.meta.url), 'utf8'),
)

const configured = {
  'broker/': { 'min.insync.replicas': '1', 'log.retention.ms': '123456789' },
  'topic/orders': { 'cleanup.policy': 'compact', 'retention.ms': '-1', 'max.message.bytes': '2000000' },
}

let disk: MemoryDisk

beforeEach(() => {
  disk = new MemoryDisk()
  disk.makeFolder(FOLDER)
})

function golden(name: string): Buffer {
  return Buffer.from((kafka.files[name] ?? []).join(''), 'base64')
}

function put(name: string, content = golden(name)): void {
  disk.writeWhole(`${FOLDER}/${name}`, content)
}

function found(): Record<string, Record<string, string>> {
  return Object.fromEntries(
    readKraftConfigs(disk).map(({ resourceType, name, overrides }) => [
      `${resourceType}/${name}`,
      Object.fromEntries(overrides),
    ]),
  )
}

/** A record as KRaft frames it: of these bytes, with these texts behind them. */
function record(bytes: readonly number[], ...texts: (string | null)[]): Buffer {
  const parts = texts.map((text) =>
    text === null ? Buffer.of(0) : Buffer.concat([Buffer.of(text.length + 1), Buffer.from(text)]),
  )
  return Buffer.concat([Buffer.of(1, ...bytes), ...parts, Buffer.of(0)])
}

const retention = (name: string, value: string | null) => record([4, 0, 2], name, 'retention.ms', value)

function log(...values: Buffer[]): Buffer {
  return buildBatch({ records: values.map((value) => ({ value })) })
}

test('configs that Kafka has written are found, without those of a topic that was deleted', () => {
  put(LOG)
  expect(found()).toEqual(configured)
})

/**
 * Replaying its log at a start, Kafka 4.4 gives a topic that was made anew the configs of its deleted namesake, answers so
 * from then on and writes it into its snapshots. What it last answered is what is taken over.
 */
const inSnapshot = { ...configured, 'topic/gone': { 'retention.ms': '5' } }

test('a snapshot stands for what was before it, and the log for what came after', () => {
  put(SNAPSHOT)
  const { 'max.message.bytes': _later, ...before } = configured['topic/orders']
  expect(found()).toEqual({ ...inSnapshot, 'topic/orders': before })
  put(LOG)
  expect(found()).toEqual(inSnapshot)
})

test('a torn end is passed over, wherever it is torn', () => {
  const whole = golden(LOG)
  for (let sizeBytes = whole.length - 200; sizeBytes < whole.length; sizeBytes++) {
    put(LOG, whole.subarray(0, sizeBytes))
    expect(Object.keys(found())).toEqual(Object.keys(configured))
  }
})

test('a config that was taken back is none', () => {
  put(LOG, log(retention('orders', '5'), retention('orders', null)))
  expect(found()).toEqual({})
})

test('what a transaction of the controller did counts when it has ended, and not when it was aborted or left open', () => {
  const [begin, end, abort] = [23, 24, 25].map((key) => record([key, 0]))
  if (begin === undefined || end === undefined || abort === undefined) throw new Error('three records')
  const ended = [begin, retention('ended', '1'), end]
  const aborted = [begin, retention('aborted', '2'), abort]
  put(LOG, log(...ended, ...aborted, begin, retention('open', '3')))
  expect(found()).toEqual({ 'topic/ended': { 'retention.ms': '1' } })
})

test('without a metadata log nothing was configured', () => {
  expect(readKraftConfigs(new MemoryDisk())).toEqual([])
})
