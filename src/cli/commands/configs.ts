import type { Command } from 'commander'
import type { Broker } from 'kafkajs'
import { describeConfigs } from '../../wire/apis/describe-configs.ts'
import { incrementalAlterConfigs } from '../../wire/apis/incremental-alter-configs.ts'
import { addConnectionOptions, type ConnectionFlags, connectionFrom } from '../client/connection.ts'
import { openClient, withCluster } from '../client/kafka-client.ts'
import { request, throwIfRefused } from '../client/request.ts'
import { CliFailure, usage } from '../failure.ts'
import { stdout } from '../output.ts'
import { splitPair } from '../start/settings.ts'
import { table } from '../table.ts'

interface ConfigFlags extends ConnectionFlags {
  readonly json?: boolean
}

/** What stands for all brokers where a broker's number could stand. */
const WHOLE_CLUSTER = 'all'

/** Numbers of the protocol: apache/kafka, `ConfigResource.java`, `AlterConfigOp.java`, `DescribeConfigsResponse.java`. */
const resourceTypes = { topic: 2, broker: 4 } as const
const SET = 0
const DELETE = 1
const sources: Readonly<Record<number, string>> = {
  1: 'topic',
  2: 'broker',
  3: 'cluster',
  4: 'start',
  5: 'default',
  6: 'logger',
  7: 'client-metrics',
  8: 'group',
}

/** A topic by its name or a broker by its number. */
interface Resource {
  readonly kind: 'topic' | 'broker'
  readonly name: string
}

const examples = `
Examples:
  odradek configs get topic orders
  odradek configs get topic orders retention.ms cleanup.policy
  odradek configs set topic orders retention.ms=60000 cleanup.policy=compact
  odradek configs unset topic orders retention.ms
  odradek configs get broker 1
  odradek configs set broker all log.retention.ms=86400000

A broker is named by its number; "all" stands for what holds for every broker of the cluster.`

export function addConfigsCommand(program: Command): void {
  const configs = program
    .command('configs')
    .description('read and change the configs of topics and brokers')
    .addHelpText('after', examples)

  withOptions(
    configs
      .command('get <topic|broker> <name> [config...]')
      .description('what was set, or the named configs'),
  )
    .option('--all', 'the defaults too')
    .action((kind: string, name: string, wanted: string[], flags: ConfigFlags & { all?: boolean }) =>
      get(resource(kind, name), wanted, flags),
    )

  withOptions(
    configs.command('set <topic|broker> <name> <config=value...>').description('set configs'),
  ).action((kind: string, name: string, pairs: string[], flags: ConfigFlags) =>
    change(resource(kind, name), new Map(pairs.map(assignment)), flags),
  )

  withOptions(
    configs.command('unset <topic|broker> <name> <config...>').description('back to the default'),
  ).action((kind: string, name: string, names: string[], flags: ConfigFlags) =>
    change(resource(kind, name), new Map(names.map((config) => [config, undefined])), flags),
  )
}

function withOptions(command: Command): Command {
  return addConnectionOptions(command).option('--json', 'JSON for machines')
}

function resource(kind: string, name: string): Resource {
  if (kind !== 'topic' && kind !== 'broker')
    throw usage(`configs are of a topic or a broker, not of "${kind}"`)
  return { kind, name }
}

function assignment(pair: string): [string, string] {
  const [name, value] = splitPair(pair)
  if (name === '' || value === undefined) throw usage(`a config must be name=value, not "${pair}"`)
  return [name, value]
}

async function get(
  of: Resource,
  wanted: readonly string[],
  flags: ConfigFlags & { all?: boolean },
): Promise<void> {
  const all = await withBroker(flags, of, (broker) => entriesOf(broker, of))
  const missing = wanted.filter((name) => !all.some((entry) => entry.name === name))
  if (missing.length > 0)
    throw new CliFailure('environment', `${of.kind} ${of.name} has no config ${missing.join(', ')}`)
  const entries = all.filter(({ name, source }) =>
    wanted.length > 0 ? wanted.includes(name) : flags.all === true || source !== 'default',
  )
  if (flags.json === true) return stdout().json(entries)
  const rows = entries.map(({ name, value, secret, source }) => [
    name,
    secret ? '(secret)' : (value ?? '-'),
    source,
  ])
  stdout().write(table(['CONFIG', 'VALUE', 'SOURCE'], rows))
}

/** Changes single configs and leaves the others alone; `undefined` takes an override away. */
async function change(
  of: Resource,
  changes: ReadonlyMap<string, string | undefined>,
  flags: ConfigFlags,
): Promise<void> {
  await withBroker(flags, of, async (broker) => {
    const answer = await request(broker, incrementalAlterConfigs, {
      validateOnly: false,
      resources: [
        {
          resourceType: resourceTypes[of.kind],
          resourceName: resourceName(of),
          configs: [...changes].map(([name, value]) => ({
            name,
            configOperation: value === undefined ? DELETE : SET,
            value: value ?? null,
          })),
        },
      ],
    })
    for (const response of answer.responses) throwIfRefused(of.name, response)
  })
  if (flags.json === true) {
    return stdout().json([...changes].map(([name, value]) => ({ name, value: value ?? null })))
  }
  for (const [name, value] of changes)
    stdout().write(value === undefined ? `${name} is back to its default\n` : `${name}=${value}\n`)
}

/** A broker answers for itself; anything else the controller knows, as does every other broker of a KRaft cluster. */
async function withBroker<Result>(
  flags: ConfigFlags,
  of: Resource,
  use: (broker: Broker) => Promise<Result>,
): Promise<Result> {
  const { kafka } = await openClient(connectionFrom(flags, process.env))
  return withCluster(kafka, {}, async (cluster) => {
    await cluster.refreshMetadata()
    if (of.kind !== 'broker' || of.name === WHOLE_CLUSTER) return use(await cluster.findControllerBroker())
    if (!cluster.getNodeIds().map(String).includes(of.name))
      throw new CliFailure(
        'environment',
        `there is no broker ${of.name}; there are ${cluster.getNodeIds().join(', ')}`,
      )
    return use(await cluster.findBroker({ nodeId: of.name }))
  })
}

interface ConfigEntry {
  readonly name: string
  /** `null` for a secret, and for what has no value. */
  readonly value: string | null
  readonly source: string
  readonly readOnly: boolean
  readonly secret: boolean
}

async function entriesOf(broker: Broker, of: Resource): Promise<ConfigEntry[]> {
  const resource = {
    resourceType: resourceTypes[of.kind],
    resourceName: resourceName(of),
    configurationKeys: null,
  }
  const answer = await request(broker, describeConfigs, {
    resources: [resource],
    includeSynonyms: false,
    includeDocumentation: false,
  })
  return answer.results.flatMap((result) => {
    throwIfRefused(of.name, result)
    return result.configs
      .map(({ name, value, readOnly, configSource, isSensitive }) => ({
        name,
        value,
        source: sources[configSource] ?? 'unknown',
        readOnly,
        secret: isSensitive,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  })
}

function resourceName({ kind, name }: Resource): string {
  return kind === 'broker' && name === WHOLE_CLUSTER ? '' : name
}
