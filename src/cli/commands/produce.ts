import { type Command, Option } from 'commander'
import type { Kafka, Producer, ProducerConfig } from 'kafkajs'
import { openInput } from '../../runtime/node-input.ts'
import {
  addConnectionOptions,
  type ConnectionFlags,
  collect,
  connectionFrom,
  wholeNumber,
} from '../client/connection.ts'
import { type KafkaJs, openClient } from '../client/kafka-client.ts'
import { CliFailure, exitCodes, reportFailure, usage } from '../failure.ts'
import { linesOf } from '../produce/lines.ts'
import { headersFromFlags, type LineFormat, lineReader } from '../produce/message.ts'
import { strictPartitioner } from '../produce/partitioner.ts'
import { Progress } from '../produce/progress.ts'
import { Sender } from '../produce/sender.ts'

interface ProduceFlags extends ConnectionFlags {
  readonly json?: boolean
  readonly keySeparator?: string
  readonly header?: readonly string[]
  readonly partition?: number
  readonly compression: CompressionName
  readonly null?: boolean
  readonly file?: string
  readonly acks: '0' | '1' | 'all'
}

const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

type CompressionName = (typeof compressions)[number]

const examples = `
Examples:
  echo hello | odradek produce orders
  printf 'a:1\\nb:2\\n' | odradek produce orders --key-separator : --compression lz4
  echo a: | odradek produce orders --key-separator : --null
  echo '{"key":"a","value":{"total":12},"headers":{"source":"shop"}}' | odradek produce orders --json
  odradek consume orders --exit --json | odradek produce archive --json

One record per line. It ends with the input, and with 0 only if the cluster has acknowledged every record.`

export function addProduceCommand(program: Command): void {
  const command = program
    .command('produce <topic>')
    .description('write records, one per line of the input')
    .option('-f, --file <path>', 'read from a file instead of the standard input')
    .option('-K, --key-separator <text>', 'each line is key, this, value')
    .option('-H, --header <name=value>', 'a header for every record; repeatable', collect)
    .option('-p, --partition <number>', "to this partition (default: by the key's hash)", wholeNumber)
    .addOption(
      new Option('-z, --compression <codec>', 'compress batches').choices(compressions).default('none'),
    )
    .option('--null', 'an empty value is a tombstone (null)')
    .addOption(new Option('--acks <number>', 'wait for').choices(['0', '1', 'all']).default('all'))
    .option('--json', 'lines are objects: key, value, headers, partition, timestamp')
  addConnectionOptions(command)
    .addHelpText('after', examples)
    .action((topic: string, flags: ProduceFlags) => produce(topic, flags))
}

async function produce(topic: string, flags: ProduceFlags): Promise<void> {
  const readLine = lineReader(lineFormat(flags))
  const connection = connectionFrom(flags, process.env)
  const { kafka, kafkaJs } = await openClient(connection)
  const producer = await connectedProducer(kafka, {
    createPartitioner: strictPartitioner(kafkaJs.Partitioners.DefaultPartitioner),
    // A request that is sent again writes nothing twice, and no later one overtakes it.
    idempotent: flags.acks === 'all',
    maxInFlightRequests: 1,
  })
  const sender = new Sender(producer, {
    topic,
    acks: flags.acks === 'all' ? -1 : Number(flags.acks),
    compression: compressionType(kafkaJs, flags.compression),
  })
  const progress = new Progress(process.stderr, () => sender.acknowledged)
  try {
    let lineNumber = 0
    for await (const lines of linesOf(inputOf(flags))) {
      await sender.add(lines.map((line) => readLine(line, ++lineNumber)))
    }
    await sender.finish()
  } catch (error) {
    throw await afterFailure(error, sender)
  } finally {
    progress.end()
    await producer.disconnect().catch(() => undefined)
  }
}

/** Clusters from before 0.11 know no producer ids; there a retry may write a record twice. */
async function connectedProducer(kafka: Kafka, config: ProducerConfig): Promise<Producer> {
  const producer = kafka.producer(config)
  try {
    await producer.connect()
    return producer
  } catch (error) {
    const isOld = error instanceof Error && error.name === 'KafkaJSServerDoesNotSupportApiKey'
    if (!isOld || config.idempotent !== true) throw error
    await producer.disconnect().catch(() => undefined)
    return await connectedProducer(kafka, { ...config, idempotent: false })
  }
}

/** Says how far it got, so that nobody has to guess which lines to send again. What is under way is waited for. */
async function afterFailure(error: unknown, sender: Sender): Promise<CliFailure> {
  await sender.finish().catch(() => undefined)
  const { line, exitCode } = reportFailure(error)
  const kind = exitCode === exitCodes.usage ? 'usage' : 'environment'
  return new CliFailure(kind, `${line} (${sender.acknowledged} records were written before)`, {
    cause: error,
  })
}

function lineFormat(flags: ProduceFlags): LineFormat {
  if (flags.json === true && flags.keySeparator !== undefined)
    throw usage('--json and --key-separator exclude each other')
  if (flags.keySeparator === '') throw usage('--key-separator needs a text')
  return {
    json: flags.json === true,
    keySeparator: flags.keySeparator === undefined ? undefined : unescaped(flags.keySeparator),
    emptyIsNull: flags.null === true,
    headers: headersFromFlags(flags.header ?? []),
    partition: flags.partition,
  }
}

/** `\t` is what people type who mean a tab. */
function unescaped(text: string): string {
  return text.replaceAll('\\t', '\t')
}

async function* inputOf(flags: ProduceFlags): AsyncGenerator<Buffer> {
  const stream = flags.file === undefined ? process.stdin : openInput(flags.file)
  for await (const chunk of stream) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
}

function compressionType({ CompressionTypes }: KafkaJs, name: CompressionName) {
  const types = {
    none: CompressionTypes.None,
    gzip: CompressionTypes.GZIP,
    snappy: CompressionTypes.Snappy,
    lz4: CompressionTypes.LZ4,
    zstd: CompressionTypes.ZSTD,
  }
  return types[name]
}
