import { JournalDamaged } from '../replication/metadata/journal.ts'
import { DiskError } from '../runtime/disk.ts'
import type { LogLevel } from '../runtime/log.ts'
import { MemoryDisk } from '../runtime/memory-disk.ts'
import { NetworkError } from '../runtime/network.ts'
import { nodeClock } from '../runtime/node-clock.ts'
import { NodeDisk } from '../runtime/node-disk.ts'
import { nodeNetwork } from '../runtime/node-network.ts'
import { nodeRandom } from '../runtime/node-random.ts'
import { type AdjustableLogger, pinoLogger } from '../runtime/pino-logger.ts'
import type { Release } from './act-as/release.ts'
import { BrokerNode } from './broker.ts'
import { type BrokerLoggers, type BrokerLogLevel, rootLogger } from './configs/broker-loggers.ts'
import type { Profile } from './configs/profile.ts'
import { ConfigError } from './configs/properties.ts'

export interface BrokerOptions {
  /** Where to listen; `localhost`, the default, means 127.0.0.1 and ::1. */
  readonly host?: string
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** The data folder, made if it isn't there. Left out, everything is kept in memory and gone when the broker closes. */
  readonly data?: string
  /** `host` or `host:port` to tell clients; by default they are told the address that they used. */
  readonly advertised?: string
  /** `instant`, the default, waits for nothing; `realistic` has the delays of a Kafka cluster. */
  readonly profile?: Profile
  /** A release of Kafka, such as `2.8`: the broker offers the APIs, versions and features of that release alone. */
  readonly actAs?: string
  /** Broker configs by Kafka's names, such as `{ 'num.partitions': '3' }`. */
  readonly configs?: Readonly<Record<string, string>>
  /** What to log to standard error, as JSON lines; `warn` by default. */
  readonly logLevel?: LogLevel
  readonly nodeId?: number
  readonly clusterId?: string
  /** Opens damaged partitions with what is left of them, instead of not serving them. */
  readonly acceptLoss?: boolean
}

/** A broker that serves, in this process. */
export interface Broker extends AsyncDisposable {
  /** What clients are given to connect: `host:port`. */
  readonly bootstrap: string
  readonly port: number
  /** Every address that it listens on, as `host:port`. */
  readonly listeners: readonly string[]
  /** Stops serving, writes everything out and frees port and folder. Closing twice is closing once. */
  close(): Promise<void>
  /** Resolves when the broker is closed; rejects when it had to give up because of a bug. */
  readonly closed: Promise<void>
}

/** A broker that couldn't start: one line that says why. */
export class StartError extends Error {
  override readonly name = 'StartError'

  constructor(
    /** `usage`: an option is wrong. `environment`: a port or folder is taken, damaged or not permitted. */
    readonly kind: 'usage' | 'environment',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/**
 * Starts a broker in this process. Rejects with StartError.
 *
 *     const broker = await startBroker()
 *     const kafka = new Kafka({ brokers: [broker.bootstrap] })
 *     await broker.close()
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const host = options.host ?? 'localhost'
  const running = new RunningBroker()
  try {
    const logger = pinoLogger(options.logLevel ?? 'warn')
    const disk = options.data === undefined ? new MemoryDisk() : new NodeDisk(options.data)
    const node = await BrokerNode.start({
      runtime: { clock: nodeClock, disk, network: nodeNetwork, random: nodeRandom, logger },
      loggers: loggersOf(logger),
      host,
      port: options.port ?? 0,
      nodeId: options.nodeId ?? 1,
      clusterId: options.clusterId,
      advertised: parseAdvertised(options.advertised),
      profile: options.profile ?? 'instant',
      properties: propertiesOf(options, host),
      dataPath: options.data ?? 'memory',
      acceptLoss: options.acceptLoss ?? false,
      release: await releaseOf(options.actAs),
      onBug: (error) => running.giveUp(error),
    })
    return running.serve(node, host)
  } catch (error) {
    throw startError(error)
  }
}

class RunningBroker implements Broker {
  readonly closed: Promise<void>
  bootstrap = ''
  port = 0
  listeners: readonly string[] = []
  #node: BrokerNode | undefined
  #closing: Promise<void> | undefined
  #resolve: () => void = () => undefined
  #reject: (error: unknown) => void = () => undefined

  constructor() {
    this.closed = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Nobody has to listen: a caller of `close` gets the same outcome.
    this.closed.catch(() => undefined)
  }

  serve(node: BrokerNode, host: string): Broker {
    this.#node = node
    this.listeners = node.addresses.map((address) => authority(address.host, address.port))
    this.port = node.addresses[0]?.port ?? 0
    this.bootstrap = authority(isAny(host) ? 'localhost' : host, this.port)
    return this
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** A bug: what is in memory can't be trusted, what is on disk can. */
  giveUp(error: unknown): void {
    this.#reject(error)
    void this.close().catch(() => undefined)
  }

  async #close(): Promise<void> {
    await this.#node?.close()
    this.#resolve()
  }
}

/** What was set, and what follows from the options under Kafka's names, so that DescribeConfigs tells how it is. */
function propertiesOf({ configs, port, data }: BrokerOptions, host: string): Map<string, string> {
  return new Map([
    ...Object.entries(configs ?? {}),
    ['listeners', `PLAINTEXT://${authority(host, port ?? 0)}`],
    ['log.dirs', data ?? 'memory'],
  ])
}

function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function parseAdvertised(
  advertised: string | undefined,
): { host: string; port: number | undefined } | undefined {
  if (advertised === undefined) return undefined
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(advertised) ?? []
  const host = bracketed ?? plain
  const port = digits === undefined ? undefined : Number(digits)
  if (host === undefined || (port !== undefined && (port < 1 || port > 65_535)))
    throw new StartError('usage', `the advertised address must be host or host:port, not '${advertised}'`)
  return { host, port }
}

async function releaseOf(actAs: string | undefined): Promise<Release | undefined> {
  if (actAs === undefined) return undefined
  const { knownReleases, releaseNamed } = await import('./act-as/find-release.ts')
  const release = releaseNamed(actAs)
  if (release === undefined)
    throw new StartError(
      'usage',
      `there is no release '${actAs}' of Kafka to act as: known are ${knownReleases()}`,
    )
  return release
}

function startError(error: unknown): unknown {
  if (error instanceof ConfigError) return new StartError('usage', error.message, { cause: error })
  if (error instanceof DiskError || error instanceof NetworkError || error instanceof JournalDamaged)
    return new StartError('environment', error.message, { cause: error })
  return error
}

const levels: readonly (readonly [BrokerLogLevel, LogLevel])[] = [
  ['TRACE', 'trace'],
  ['DEBUG', 'debug'],
  ['INFO', 'info'],
  ['WARN', 'warn'],
  ['ERROR', 'error'],
  ['FATAL', 'silent'],
]

/** The level can be changed by clients that administer the broker (KIP-412). */
function loggersOf(logger: AdjustableLogger): BrokerLoggers {
  const current = () => levels.find(([, level]) => level === logger.level)?.[0] ?? 'FATAL'
  return rootLogger(current, (asked) => {
    logger.level = levels.find(([name]) => name === asked)?.[1] ?? logger.level
  })
}
