import type { Command } from 'commander'
import type { Broker } from 'kafkajs'
import { createPartitions } from '../../wire/apis/create-partitions.ts'
import { createTopics } from '../../wire/apis/create-topics.ts'
import { errorName } from '../../wire/errors.ts'
import {
  addConnectionOptions,
  type ConnectionFlags,
  collect,
  connectionFrom,
  positiveNumber,
} from '../client/connection.ts'
import { type KafkaClient, openClient, withAdmin, withCluster } from '../client/kafka-client.ts'
import { request, throwIfRefused } from '../client/request.ts'
import { usage } from '../failure.ts'
import { stdout } from '../output.ts'
import { splitPair } from '../start/settings.ts'
import { table } from '../table.ts'
import { describeTopics, requireTopics, type TopicDescription } from './topic-description.ts'

interface JsonFlags extends ConnectionFlags {
  readonly json?: boolean
}

/** Leaves a number to the broker's configs (KIP-464). */
const BROKERS_CHOICE = -1
const TIMEOUT_MS = 30_000

const examples = `
Examples:
  odradek topics create orders --partitions 3 --config retention.ms=60000
  odradek topics list
  odradek topics describe orders
  odradek topics add-partitions orders 6
  odradek topics delete orders`

export function addTopicsCommand(program: Command): void {
  const topics = program
    .command('topics')
    .description('list, create, describe, grow and delete topics')
    .addHelpText('after', examples)

  withOptions(topics.command('list').description('the topics of the cluster'))
    .option('--internal', "also Kafka's own (__consumer_offsets, …)")
    .action((flags: JsonFlags & { internal?: boolean }) => list(flags))

  withOptions(topics.command('create <name...>').description('make topics'))
    .option('-p, --partitions <number>', "how many (default: the broker's num.partitions)", positiveNumber)
    .option('-r, --replication <number>', "copies (default: the broker's choice)", positiveNumber)
    .option('-c, --config <name=value>', 'a config of the topic; repeatable', collect)
    .option('--if-not-exists', 'be content if it is there already')
    .action((names: string[], flags: CreateFlags) => create(names, flags))

  withOptions(
    topics.command('describe [name...]').description('partitions, leaders, offsets and configs'),
  ).action((names: string[], flags: JsonFlags) => describe(names, flags))

  withOptions(
    topics.command('add-partitions <name> <total>').description('grow a topic to a new total'),
  ).action((name: string, total: string, flags: JsonFlags) => addPartitions(name, total, flags))

  withOptions(topics.command('delete <name...>').description('delete topics with all their records'))
    .option('--if-exists', "be content if it isn't there")
    .action((names: string[], flags: JsonFlags & { ifExists?: boolean }) => remove(names, flags))
}

function withOptions(command: Command): Command {
  return addConnectionOptions(command).option('--json', 'JSON for machines')
}

async function list(flags: JsonFlags & { internal?: boolean }): Promise<void> {
  const found = await withAdmin(connectionFrom(flags, process.env), async (admin) => {
    const all = await admin.listTopics()
    const names = all.filter((name) => flags.internal === true || !name.startsWith('__')).sort()
    return names.length === 0 ? [] : (await admin.fetchTopicMetadata({ topics: names })).topics
  })
  const rows = found
    .map(({ name, partitions }) => ({
      name,
      partitions: partitions.length,
      replication: partitions[0]?.replicas.length ?? 0,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  if (flags.json === true) return stdout().json(rows)
  stdout().write(
    table(
      ['TOPIC', 'PARTITIONS', 'REPLICATION'],
      rows.map(({ name, partitions, replication }) => [name, partitions, replication]),
    ),
  )
}

interface CreateFlags extends JsonFlags {
  readonly partitions?: number
  readonly replication?: number
  readonly config?: readonly string[]
  readonly ifNotExists?: boolean
}

async function create(names: readonly string[], flags: CreateFlags): Promise<void> {
  const configs = (flags.config ?? []).map((pair) => {
    const [name, value] = splitPair(pair)
    if (value === undefined) throw usage(`--config must be name=value, not "${pair}"`)
    return { name, value }
  })
  const results = await asController(flags, async (controller) => {
    const answer = await request(controller, createTopics, {
      topics: names.map((name) => ({
        name,
        numPartitions: flags.partitions ?? BROKERS_CHOICE,
        replicationFactor: flags.replication ?? BROKERS_CHOICE,
        assignments: [],
        configs,
      })),
      timeoutMs: TIMEOUT_MS,
      validateOnly: false,
    })
    return answer.topics.map((topic) => {
      const isThere = errorName(topic.errorCode) === 'TOPIC_ALREADY_EXISTS'
      if (!isThere || flags.ifNotExists !== true) throwIfRefused(topic.name, topic)
      return { topic: topic.name, created: !isThere }
    })
  })
  if (flags.json === true) return stdout().json(results)
  for (const { topic, created } of results)
    stdout().write(created ? `created ${topic}\n` : `${topic} is there already\n`)
}

/** Does something with the broker that changes topics. */
async function asController<Result>(
  flags: ConnectionFlags,
  use: (controller: Broker) => Promise<Result>,
): Promise<Result> {
  const { kafka } = await openClient(connectionFrom(flags, process.env))
  return withCluster(kafka, {}, async (cluster) => {
    await cluster.refreshMetadata()
    return use(await cluster.findControllerBroker())
  })
}

async function describe(names: readonly string[], flags: JsonFlags): Promise<void> {
  const described = await withAdmin(connectionFrom(flags, process.env), (admin, client: KafkaClient) =>
    describeTopics(admin, client, names),
  )
  if (flags.json === true) return stdout().json(described)
  stdout().write(described.map(descriptionText).join('\n'))
}

function descriptionText({ name, partitions, configs }: TopicDescription): string {
  const records = partitions.reduce((sum, { records }) => sum + (records ?? 0), 0)
  const overrides = Object.entries(configs).map(([config, value]) => `${config}=${value}`)
  const head = `${name}: ${partitions.length} partitions, ${records} records\n`
  const configLine = overrides.length === 0 ? '' : `configs: ${overrides.join(' ')}\n`
  const rows = partitions.map(({ partition, leader, replicas, isr, start, end, records: count }) => [
    partition,
    leader === -1 ? 'none' : leader,
    replicas.join(','),
    isr.join(','),
    start ?? '-',
    end ?? '-',
    count ?? '-',
  ])
  return `${head}${configLine}${table(['PARTITION', 'LEADER', 'REPLICAS', 'ISR', 'START', 'END', 'RECORDS'], rows)}`
}

async function addPartitions(name: string, total: string, flags: JsonFlags): Promise<void> {
  if (!/^[1-9]\d{0,6}$/.test(total)) throw usage(`the new total must be a number, not "${total}"`)
  const count = Number(total)
  await asController(flags, async (controller) => {
    const topics = [{ name, count, assignments: null }]
    const answer = await request(controller, createPartitions, {
      topics,
      timeoutMs: TIMEOUT_MS,
      validateOnly: false,
    })
    for (const result of answer.results) throwIfRefused(result.name, result)
  })
  if (flags.json === true) return stdout().json({ topic: name, partitions: count })
  stdout().write(`${name} has ${count} partitions\n`)
}

async function remove(names: readonly string[], flags: JsonFlags & { ifExists?: boolean }): Promise<void> {
  const deleted = await withAdmin(connectionFrom(flags, process.env), async (admin) => {
    const there = await admin.listTopics()
    if (flags.ifExists !== true) requireTopics(there, names)
    const topics = names.filter((name) => there.includes(name))
    if (topics.length > 0) await admin.deleteTopics({ topics })
    return topics
  })
  if (flags.json === true) return stdout().json(deleted.map((topic) => ({ topic, deleted: true })))
  for (const name of deleted) stdout().write(`deleted ${name}\n`)
}
