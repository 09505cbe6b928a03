import type { LogLevel } from '../../runtime/log.ts'

/**
 * The options of `odradek start`, once: the quick parser of the plain start, the help page and the environment
 * variables all come from this table.
 */
export const startOptions = [
  { name: 'port', value: 'number', fallback: '9092', help: 'port to listen on; 0 takes a free one' },
  { name: 'host', value: 'address', fallback: 'localhost', help: 'address to listen on; 0.0.0.0 for all' },
  {
    name: 'data',
    value: 'folder',
    fallback: './.odradek',
    help: 'where topics, groups and offsets are kept',
  },
  { name: 'memory', help: 'keep everything in memory; nothing is left when it ends' },
  { name: 'config', value: 'name=value', repeats: true, help: "one of Kafka's broker configs; repeatable" },
  { name: 'advertised', value: 'host[:port]', help: 'address told to clients, if not the one they came by' },
  {
    name: 'profile',
    value: 'name',
    fallback: 'instant',
    help: "instant, or realistic: a cluster's slow timings",
  },
  {
    name: 'act-as',
    value: 'release',
    help: 'offer what a release of Kafka offers, such as 2.8; 0.10.0 and newer',
  },
  { name: 'log-level', value: 'level', fallback: 'warn', help: 'trace, debug, info, warn, error or silent' },
  { name: 'accept-loss', help: 'open damaged partitions with what is left of them' },
] as const satisfies readonly StartOption[]

interface StartOption {
  readonly name: string
  /** What follows the option, as the help page calls it; a switch has none. */
  readonly value?: string
  readonly fallback?: string
  readonly repeats?: true
  readonly help: string
}

export type StartOptionName = (typeof startOptions)[number]['name']

/** What was said on the command line, still as text. Options that were not given are absent. */
export type StartFlags = { readonly [Name in StartOptionName]?: string | boolean | readonly string[] }

export const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'silent']

export const profiles = ['instant', 'realistic'] as const

export type Profile = (typeof profiles)[number]
