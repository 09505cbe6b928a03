import { readFileSync } from 'node:fs'
import { streamsVersion } from '../streams/streams-jars.ts'
import type { CardEntry, Feature } from './features.ts'

/** The suites whose tests carry no entry for the report card themselves: they are told by folder and title. */
const suites: readonly [folder: string, client: string, version: () => string][] = [
  ['kafkajs/', 'kafkajs', () => packageVersion('kafkajs')],
  ['platformatic/', '@platformatic/kafka', () => packageVersion('@platformatic/kafka')],
  ['kafka-node/', 'kafka-node', () => packageVersion('kafka-node')],
  ['librdkafka/kcat', 'kcat', () => "the machine's"],
  ['librdkafka/confluent', 'confluent-kafka (Python)', confluentVersion],
  ['streams/', 'Kafka Streams', () => streamsVersion],
]

/** The first that matches a test's file and title decides. */
const rules: readonly [RegExp, Feature][] = [
  [/exactly_once/, 'transactions'],
  [/compress|codec/i, 'codecs'],
  [/transaction|fence|committed is read|aborted|or not at all/i, 'transactions'],
  [/idempotent/i, 'idempotence'],
  [/cooperative/i, 'cooperative'],
  [/static member/i, 'static members'],
  [/share group/i, 'share groups'],
  [/KIP-848|consumer protocol|consumer group protocol/i, 'consumer protocol'],
  [/too large|large record/i, 'large messages'],
  [/header/i, 'headers'],
  [/by time|timestamp|at a time/i, 'timestamps'],
  [/admin|config|creates topics|deletes|describes|lists/i, 'admin'],
  [/group|member|rebalance|commit|regular expression/i, 'groups'],
]

export function cardEntryOf(file: string, title: string): CardEntry | undefined {
  const suite = suites.find(([folder]) => file.startsWith(`compat-tests/${folder}`))
  if (suite === undefined) return undefined
  const [, client, version] = suite
  const told = `${file.split('/').slice(2).join('/')} ${title}`
  const feature = rules.find(([pattern]) => pattern.test(told))?.[1] ?? 'other'
  return { client, version: version(), feature, lacks: {} }
}

function packageVersion(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'))
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : ''
}

function confluentVersion(): string {
  const requirements = readFileSync(new URL('../librdkafka/requirements.txt', import.meta.url), 'utf8')
  return requirements.trim().split('==')[1] ?? ''
}
