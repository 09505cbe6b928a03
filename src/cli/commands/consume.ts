import type { Command } from 'commander'
import {
  addConnectionOptions,
  type ConnectionFlags,
  collectPartitions,
  connectionFrom,
  positiveNumber,
} from '../client/connection.ts'
import { type KafkaClient, openClient, withCluster } from '../client/kafka-client.ts'
import { readAsGroup } from '../consume/group-reader.ts'
import { PartitionReader } from '../consume/partition-reader.ts'
import { DEFAULT_FORMAT, jsonFormat, parseFormat } from '../consume/record-format.ts'
import { RecordWriter } from '../consume/record-writer.ts'
import { startCursors } from '../consume/start-position.ts'
import { usage } from '../failure.ts'
import { stdout } from '../output.ts'
import { type Position, parsePosition } from '../position.ts'
import { requireTopics } from './topic-description.ts'

interface ConsumeFlags extends ConnectionFlags {
  readonly from: string
  readonly partition?: readonly number[]
  readonly group?: string
  readonly maxMessages?: number
  readonly exit?: boolean
  readonly format?: string
  readonly json?: boolean
  readonly uncommitted?: boolean
}

const examples = `
Examples:
  odradek consume orders                          everything, then what comes
  odradek consume orders --exit                   everything, then end
  odradek consume orders --from -2 --exit         the last two of each partition
  odradek consume orders --from latest --json     what comes, as JSON lines
  odradek consume orders --from 2026-01-31T08:00:00Z --max-messages 5
  odradek consume orders --exit --format '%p/%o %k=%v\\n'
  odradek consume orders --group billing --exit   as a member of a group, which goes on where it was

Format: %t topic, %p partition, %o offset, %k key, %v value, %h headers, %T timestamp, %K and %S the sizes of key
and value (-1 for null), %% a percent sign; \\n \\r \\t \\0 \\xNN.`

export function addConsumeCommand(program: Command): void {
  const command = program
    .command('consume <topic...>')
    .description('read records')
    .option('--from <where>', 'earliest, latest, an offset, a time, or -N for the last N', 'earliest')
    .option('-p, --partition <numbers>', 'only these partitions; repeatable, or 0,2', collectPartitions)
    .option('-g, --group <name>', 'read as a member of this group and commit what was read')
    .option('-n, --max-messages <number>', 'end after so many records', positiveNumber)
    .option('-e, --exit', 'end when everything that is there was read')
    .option('--format <format>', `how a record looks (default: "${DEFAULT_FORMAT}")`)
    .option('--json', 'one JSON object per record')
    .option('--uncommitted', 'also records of open and aborted transactions')
  addConnectionOptions(command)
    .addHelpText('after', examples)
    .action((topics: string[], flags: ConsumeFlags) => consume(topics, flags))
}

async function consume(topics: readonly string[], flags: ConsumeFlags): Promise<void> {
  const from = parsePosition('--from', flags.from)
  if (flags.json === true && flags.format !== undefined) throw usage('--json and --format exclude each other')
  if (flags.group !== undefined) checkGroupFlags(flags, from)
  const format = flags.json === true ? jsonFormat : parseFormat(flags.format ?? DEFAULT_FORMAT)
  const writer = new RecordWriter(stdout(), format, flags.maxMessages ?? Number.POSITIVE_INFINITY)
  const client = await openClient(connectionFrom(flags, process.env))
  await requireExisting(client, topics)
  const stop = stopSignal()
  if (flags.group === undefined) return readPartitions(client, writer, topics, from, flags, stop)
  return readAsGroup(client, writer, {
    group: flags.group,
    topics,
    fromBeginning: from.kind === 'earliest',
    stopAtEnd: flags.exit === true,
    readUncommitted: flags.uncommitted === true,
    stop,
  })
}

function checkGroupFlags(flags: ConsumeFlags, from: Position): void {
  if (flags.partition !== undefined)
    throw usage('with --group, partitions are assigned: leave out --partition')
  if (from.kind !== 'earliest' && from.kind !== 'latest')
    throw usage('with --group, --from is earliest or latest; use "groups reset-offsets" to move a group')
}

/** Without this, reading a topic that isn't there would wait for it to come, or make it. */
async function requireExisting({ kafka }: KafkaClient, topics: readonly string[]): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    requireTopics(await admin.listTopics(), topics)
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

async function readPartitions(
  { kafka }: KafkaClient,
  writer: RecordWriter,
  topics: readonly string[],
  from: Position,
  flags: ConsumeFlags,
  stop: AbortSignal,
): Promise<void> {
  const readUncommitted = flags.uncommitted === true
  await withCluster(kafka, { readUncommitted }, async (cluster) => {
    await cluster.addMultipleTargetTopics([...new Set(topics)])
    const cursors = await startCursors(cluster, {
      topics: [...new Set(topics)],
      partitions: flags.partition,
      from,
      stopAtEnd: flags.exit === true,
    })
    const note = (line: string) => void process.stderr.write(`odradek: ${line}\n`)
    await new PartitionReader(cluster, cursors, writer, { readUncommitted, stop, note }).run()
  })
}

/** Ctrl-C is how one leaves a tail, so it ends in order; whoever presses it twice doesn't want to wait. */
function stopSignal(): AbortSignal {
  const stop = new AbortController()
  const onSignal = (exitCode: number) => () => {
    if (stop.signal.aborted) process.exit(exitCode)
    stop.abort()
  }
  process.on('SIGINT', onSignal(130))
  process.on('SIGTERM', onSignal(143))
  return stop.signal
}
