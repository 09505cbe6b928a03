import type { Command } from 'commander'
import type { Admin, ConfigEntries } from 'kafkajs'
import { addConnectionOptions, type ConnectionFlags, connectionFrom } from '../client/connection.ts'
import { type KafkaJs, withAdmin } from '../client/kafka-client.ts'
import { CliFailure, usage } from '../failure.ts'
import { stdout } from '../output.ts'
import { splitPair } from '../start/settings.ts'
import { table } from '../table.ts'

interface ConfigFlags extends ConnectionFlags {
  readonly json?: boolean
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
  odradek configs get broker 1 --all`

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
  const entries = await withAdmin(connectionFrom(flags, process.env), async (admin, { kafkaJs }) => {
    const all = await entriesOf(admin, kafkaJs, of)
    const missing = wanted.filter((name) => !all.some((entry) => entry.configName === name))
    if (missing.length > 0)
      throw new CliFailure('environment', `${of.kind} ${of.name} has no config ${missing.join(', ')}`)
    const isWanted = (entry: ConfigEntries) =>
      wanted.length > 0 ? wanted.includes(entry.configName) : flags.all === true || isSet(entry, kafkaJs)
    return all.filter(isWanted).map((entry) => ({
      name: entry.configName,
      value: entry.configValue,
      source: sourceName(entry, kafkaJs),
      readOnly: entry.readOnly,
    }))
  })
  if (flags.json === true) return stdout().json(entries)
  const rows = entries.map(({ name, value, source }) => [name, value ?? '-', source])
  stdout().write(table(['CONFIG', 'VALUE', 'SOURCE'], rows))
}

/**
 * kafkajs has only AlterConfigs, which clears whatever it doesn't name (KIP-339 tells why Kafka added the incremental
 * one). So what is set now is read first and sent again with the change. Between the two requests somebody else's
 * change can be lost; and a secret, which can't be read back, would be cleared, so we refuse where one is set.
 */
async function change(
  of: Resource,
  changes: ReadonlyMap<string, string | undefined>,
  flags: ConfigFlags,
): Promise<void> {
  const after = await withAdmin(connectionFrom(flags, process.env), async (admin, { kafkaJs }) => {
    const before = (await entriesOf(admin, kafkaJs, of)).filter((entry) => isSetHere(entry, of, kafkaJs))
    const secret = before.find((entry) => entry.isSensitive && !changes.has(entry.configName))
    if (secret !== undefined)
      throw new CliFailure('environment', `${secret.configName} is a secret that this change would clear`)
    const kept = new Map(before.map((entry) => [entry.configName, entry.configValue]))
    for (const [name, value] of changes) {
      if (value === undefined) kept.delete(name)
      else kept.set(name, value)
    }
    const configEntries = [...kept].map(([name, value]) => ({ name, value }))
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: resourceType(of, kafkaJs), name: of.name, configEntries }],
    })
    return Object.fromEntries(kept)
  })
  if (flags.json === true) return stdout().json(after)
  for (const [name, value] of changes)
    stdout().write(value === undefined ? `${name} is back to its default\n` : `${name}=${value}\n`)
}

async function entriesOf(admin: Admin, kafkaJs: KafkaJs, of: Resource): Promise<ConfigEntries[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: resourceType(of, kafkaJs), name: of.name }],
  })
  const entries = resources[0]?.configEntries ?? []
  return [...entries].sort((a, b) => (a.configName < b.configName ? -1 : 1))
}

function resourceType(of: Resource, { ConfigResourceTypes }: KafkaJs) {
  return of.kind === 'topic' ? ConfigResourceTypes.TOPIC : ConfigResourceTypes.BROKER
}

/** Set by somebody, at whatever level. */
function isSet(entry: ConfigEntries, { ConfigSource }: KafkaJs): boolean {
  return entry.configSource !== ConfigSource.DEFAULT_CONFIG
}

/** Set for this very resource, and so cleared if a change doesn't name it. */
function isSetHere(entry: ConfigEntries, of: Resource, { ConfigSource }: KafkaJs): boolean {
  const here = of.kind === 'topic' ? ConfigSource.TOPIC_CONFIG : ConfigSource.DYNAMIC_BROKER_CONFIG
  return entry.configSource === here
}

function sourceName(entry: ConfigEntries, { ConfigSource }: KafkaJs): string {
  switch (entry.configSource) {
    case ConfigSource.TOPIC_CONFIG:
      return 'topic'
    case ConfigSource.DYNAMIC_BROKER_CONFIG:
      return 'broker'
    case ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG:
      return 'cluster'
    case ConfigSource.STATIC_BROKER_CONFIG:
      return 'start'
    case ConfigSource.DEFAULT_CONFIG:
      return 'default'
    default:
      return 'unknown'
  }
}
