import { type Command, InvalidArgumentError } from 'commander'
import type { SASLOptions } from 'kafkajs'
import type { Environment } from '../environment.ts'
import { usage } from '../failure.ts'
import { portNumber, splitAddress } from '../start/settings.ts'

/** Where the cluster is and how to get in. */
export interface Connection {
  readonly brokers: readonly BrokerAddress[]
  readonly tls: boolean
  readonly sasl: SaslLogin | undefined
}

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

export type SaslLogin = Extract<SASLOptions, { username: string }>

/** The options that every command has which talks to a cluster, as commander leaves them. */
export interface ConnectionFlags {
  readonly bootstrap?: string
  readonly tls?: boolean
  readonly sasl?: string
}

const DEFAULT_BOOTSTRAP = 'localhost:9092'
const DEFAULT_PORT = 9092

export function addConnectionOptions(command: Command): Command {
  return command
    .option('-b, --bootstrap <host:port,…>', `brokers to ask first (ODRADEK_BOOTSTRAP, ${DEFAULT_BOOTSTRAP})`)
    .option('--tls', 'encrypt the connection (ODRADEK_TLS)')
    .option(
      '--sasl <mechanism:user:password>',
      'log in; plain, scram-sha-256 or scram-sha-512 (ODRADEK_SASL)',
    )
}

export function connectionFrom(flags: ConnectionFlags, environment: Environment): Connection {
  const bootstrap = flags.bootstrap ?? (environment.ODRADEK_BOOTSTRAP || DEFAULT_BOOTSTRAP)
  const sasl = flags.sasl ?? (environment.ODRADEK_SASL || undefined)
  return {
    brokers: brokerAddresses(bootstrap),
    tls: flags.tls ?? /^(?:1|true|yes|on)$/i.test(environment.ODRADEK_TLS ?? ''),
    sasl: sasl === undefined ? undefined : saslLogin(sasl),
  }
}

function brokerAddresses(text: string): BrokerAddress[] {
  const parts = text.split(',').map((part) => part.trim())
  return parts.map((part) => {
    const { host, port } = splitAddress(part)
    if (host === '') throw usage(`--bootstrap must be host:port, not "${text}"`)
    return { host, port: port === undefined ? DEFAULT_PORT : portNumber('the port of --bootstrap', port) }
  })
}

function saslLogin(text: string): SaslLogin {
  const [mechanism = '', username = '', ...password] = text.split(':')
  if (username === '' || password.length === 0) throw usage('--sasl must be mechanism:user:password')
  const login = { username, password: password.join(':') }
  switch (mechanism.toLowerCase()) {
    case 'plain':
      return { mechanism: 'plain', ...login }
    case 'scram-sha-256':
      return { mechanism: 'scram-sha-256', ...login }
    case 'scram-sha-512':
      return { mechanism: 'scram-sha-512', ...login }
    default:
      throw usage(`--sasl knows plain, scram-sha-256 and scram-sha-512, not "${mechanism}"`)
  }
}

/** Collects a repeatable option, whose values may also be joined by commas. */
export function collectList(value: string, earlier: readonly string[] = []): string[] {
  const parts = value.split(',').map((part) => part.trim())
  return [...earlier, ...parts.filter((part) => part !== '')]
}

/** Collects a repeatable option whose values are taken as they are. */
export function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value]
}

/** Reads an option's value as a whole number that isn't negative. */
export function wholeNumber(value: string): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('It must be a whole number.')
  return number
}

/** As `wholeNumber`, for what has to be there at least once. */
export function positiveNumber(value: string): number {
  const number = wholeNumber(value)
  if (number === 0) throw new InvalidArgumentError('It must be 1 or more.')
  return number
}

/** Collects partition numbers, repeated or joined by commas. */
export function collectPartitions(value: string, earlier: readonly number[] = []): number[] {
  return [...earlier, ...collectList(value).map(wholeNumber)]
}
