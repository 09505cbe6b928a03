import type { LogLevel } from '../../runtime/log.ts'
import { parsePair, parsePairs } from '../../server/configs/properties.ts'
import type { Environment } from '../environment.ts'
import { usage } from '../failure.ts'
import { type ContainerSettings, containerSettings } from './container-variables.ts'
import {
  logLevels,
  type Profile,
  profiles,
  type StartFlags,
  type StartOptionName,
  startOptions,
} from './options.ts'

/** What the broker is started with. */
export interface StartSettings {
  readonly host: string
  readonly port: number
  /** The folder of the data; `undefined` keeps them in memory. */
  readonly data: string | undefined
  readonly advertised: string | undefined
  readonly profile: Profile
  /** The release of Kafka that the broker acts as. */
  readonly actAs: string | undefined
  /** Kafka's broker configs, by name. */
  readonly configs: Readonly<Record<string, string>>
  readonly logLevel: LogLevel
  readonly acceptLoss: boolean
  /** What the user should know but what doesn't keep the broker from starting. */
  readonly notes: readonly string[]
}

/**
 * Puts together what was said where: the command line wins over `ODRADEK_*`, that over the `KAFKA_*` variables of
 * Kafka's container images, that over the defaults. Configs are joined name by name, in the same order.
 */
export function startSettings(flags: StartFlags, environment: Environment): StartSettings {
  const container = containerSettings(environment)
  const text = (name: StartOptionName, inContainer?: string) =>
    textOf(flags[name]) ?? variable(environment, name) ?? inContainer ?? fallbackOf(name)
  return {
    host: needed('host', text('host', container.host)),
    port: portNumber('port', needed('port', text('port', container.port))),
    data: dataFolder(flags, environment, container),
    advertised: advertisedAddress(text('advertised', container.advertised)),
    profile: oneOf('profile', profiles, text('profile')),
    actAs: text('act-as'),
    configs: joinedConfigs(flags, environment, container),
    logLevel: oneOf('log-level', logLevels, text('log-level')),
    acceptLoss: isOn(flags, environment, 'accept-loss'),
    notes: container.notes,
  }
}

/** The environment variable that stands for an option: `--log-level` is `ODRADEK_LOG_LEVEL`. */
export function variableName(option: string): string {
  return `ODRADEK_${option.toUpperCase().replaceAll('-', '_')}`
}

function variable(environment: Environment, option: string): string | undefined {
  const value = environment[variableName(option)]
  return value === '' ? undefined : value
}

function textOf(flag: StartFlags[StartOptionName]): string | undefined {
  return typeof flag === 'string' ? flag : undefined
}

function fallbackOf(name: StartOptionName): string | undefined {
  const option = startOptions.find((candidate) => candidate.name === name)
  return option !== undefined && 'fallback' in option ? option.fallback : undefined
}

function needed(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw usage(`--${name} needs a value`)
  return value
}

function isOn(flags: StartFlags, environment: Environment, name: StartOptionName): boolean {
  if (flags[name] === true) return true
  const value = variable(environment, name)
  if (value === undefined) return false
  if (/^(?:1|true|yes|on)$/i.test(value)) return true
  if (/^(?:0|false|no|off)$/i.test(value)) return false
  throw usage(`${variableName(name)} must be true or false, not "${value}"`)
}

function dataFolder(
  flags: StartFlags,
  environment: Environment,
  container: ContainerSettings,
): string | undefined {
  const named = textOf(flags.data)
  if (flags.memory === true) {
    if (named !== undefined) throw usage('--memory and --data exclude each other')
    return undefined
  }
  if (named !== undefined) return needed('data', named)
  const inEnvironment = variable(environment, 'data')
  if (isOn(flags, environment, 'memory')) {
    if (inEnvironment !== undefined) throw usage('ODRADEK_MEMORY and ODRADEK_DATA exclude each other')
    return undefined
  }
  return inEnvironment ?? container.data ?? fallbackOf('data')
}

/** A port as people write it: a whole number from 0 to 65535. */
export function portNumber(what: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw usage(`${what} must be a number from 0 to 65535, not "${text}"`)
  return port
}

function advertisedAddress(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const { host, port } = splitAddress(text)
  if (host === '') throw usage(`advertised address "${text}" must be host or host:port`)
  if (port !== undefined) portNumber('advertised port', port)
  return text
}

/** Splits `host`, `host:port`, `[::1]` and `[::1]:port`. An IPv6 address without brackets has no port. */
export function splitAddress(text: string): { host: string; port: string | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text)
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: bracketed[2] }
  const colon = text.indexOf(':')
  if (colon === -1 || text.indexOf(':', colon + 1) !== -1) return { host: text, port: undefined }
  return { host: text.slice(0, colon), port: text.slice(colon + 1) }
}

function oneOf<const Choice extends string>(
  name: StartOptionName,
  choices: readonly Choice[],
  text: string | undefined,
): Choice {
  const found = choices.find((choice) => choice === text)
  if (found === undefined) throw usage(`--${name} must be ${listOf(choices)}, not "${text ?? ''}"`)
  return found
}

function listOf(choices: readonly string[]): string {
  return `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`
}

function joinedConfigs(flags: StartFlags, environment: Environment, container: ContainerSettings) {
  const joined = new Map(container.configs)
  const inEnvironment = variable(environment, 'config')
  if (inEnvironment !== undefined)
    for (const [name, value] of parsePairs(inEnvironment)) joined.set(name, value)
  const given = flags.config
  for (const pair of Array.isArray(given) ? given : []) joined.set(...parsePair(String(pair)))
  return Object.fromEntries(joined)
}

/** Splits `name=value` at its first `=`. */
export function splitPair(pair: string): [name: string, value: string | undefined] {
  const at = pair.indexOf('=')
  return at === -1 ? [pair.trim(), undefined] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
}
