/**
 * The broker that the behaviours are asked of. Usually our own, in this process, with memory for a disk and a network
 * and a clock that stands still until a test moves it. With `ODRADEK_BEHAVIOURS_BROKER=host:port` it is any broker that
 * listens there, such as Apache Kafka: what both answer alike is how Kafka behaves.
 *
 *     ODRADEK_BEHAVIOURS_BROKER=localhost:9092 npx vitest run --project unit test/behaviours
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Logger } from '../../src/runtime/log.ts'
import { MemoryDisk } from '../../src/runtime/memory-disk.ts'
import { MemoryNetwork } from '../../src/runtime/memory-network.ts'
import { nodeNetwork } from '../../src/runtime/node-network.ts'
import type { Random } from '../../src/runtime/random.ts'
import { SeededRandom } from '../../src/runtime/seeded-random.ts'
import { VirtualClock } from '../../src/runtime/virtual-clock.ts'
import { releaseNamed } from '../../src/server/act-as/find-release.ts'
import { type BrokerLoad, BrokerNode } from '../../src/server/broker.ts'
import { rootLogger } from '../../src/server/configs/broker-loggers.ts'
import { apiVersions } from '../../src/wire/apis/api-versions.ts'
import { EncodeError } from '../../src/wire/encode-error.ts'
import type { Api, DecodedResponseOf, EncodableRequestOf } from '../../src/wire/schema/api.ts'
import { RawClient } from '../raw-client.ts'

const external = process.env.ODRADEK_BEHAVIOURS_BROKER

/** Whether the broker is another program, which may take a moment to do what it has answered. */
export const isExternal = external !== undefined

/** For what needs a look inside, another start, or time that can be moved: told of our own broker only. */
export const ownTest = test.skipIf(isExternal)

const PORT = 9092
let namesTaken = 0

/** A name that no other test has used. */
export function uniqueName(what: string): string {
  namesTaken++
  return `${what}-${process.pid.toString(36)}-${Date.now().toString(36)}-${namesTaken}`
}

export interface BrokerSetup {
  /** Broker configs by Kafka's names; only for our own broker. */
  readonly configs?: Readonly<Record<string, string>>
  /** A release of Kafka to act as; only for our own broker. */
  readonly actAs?: string
}

/** A broker for all tests of a file, started before the first and closed behind the last. */
export function useBroker(setup: BrokerSetup = {}): TestBroker {
  const broker = new TestBroker(setup)
  beforeAll(() => broker.start())
  afterAll(async () => {
    await broker.stop()
    expect(broker.bugs).toEqual([])
  })
  return broker
}

export class TestBroker {
  clock = new VirtualClock()
  disk = new MemoryDisk({ crashable: true })
  readonly bugs: unknown[] = []
  /** What was logged as a warning or an error. */
  readonly complaints: string[] = []
  network = new MemoryNetwork()
  readonly #setup: BrokerSetup
  #starts = 0
  #node: BrokerNode | undefined
  #clients: RawClient[] = []
  #client: RawClient | undefined
  #versions: ReadonlyMap<number, { minVersion: number; maxVersion: number }> | undefined

  constructor(setup: BrokerSetup) {
    this.#setup = setup
  }

  get address(): { host: string; port: number } {
    if (external === undefined) return { host: '127.0.0.1', port: PORT }
    const [host = '', port = ''] = external.split(':')
    return { host, port: Number(port) }
  }

  /** The broker's time, in milliseconds since 1970. */
  nowMs(): number {
    return isExternal ? Date.now() : this.clock.nowMs()
  }

  /** What is under way in our own broker. */
  get load(): BrokerLoad | undefined {
    return this.#node?.load
  }

  async start(): Promise<void> {
    if (isExternal) return
    this.network = new MemoryNetwork()
    this.#node = await BrokerNode.start({
      runtime: {
        clock: this.clock,
        disk: this.disk,
        network: this.network,
        // The ids that a broker makes up must not come again after its restart.
        random: new SeededRandom(++this.#starts),
        logger: this.#logger(),
      },
      loggers: rootLogger(
        () => 'INFO',
        () => undefined,
      ),
      host: '127.0.0.1',
      port: PORT,
      nodeId: 1,
      clusterId: undefined,
      advertised: undefined,
      profile: 'instant',
      properties: new Map(Object.entries({ 'offsets.topic.num.partitions': '1', ...this.#setup.configs })),
      dataPath: 'memory',
      acceptLoss: false,
      release: this.#setup.actAs === undefined ? undefined : releaseNamed(this.#setup.actAs),
      onBug: (error) => this.bugs.push(error),
    })
  }

  /** In the orderly way. */
  async stop(): Promise<void> {
    const closing = this.#node?.close()
    this.#node = undefined
    // Requests that still wait are given up after a while, which passes only here.
    while (closing !== undefined && !(await isDone(closing))) this.clock.advance(1000)
    for (const client of this.#clients.splice(0)) client.close()
    this.#client = undefined
  }

  /** The process dies; with a `how`, the machine loses power, and what was not synced is lost in that way. */
  die(how?: { readonly random: Random; readonly scattered: boolean }): void {
    this.#node = undefined
    this.#client = undefined
    this.disk =
      how === undefined ? this.disk.killProcess() : this.disk.crash(how.random, { scattered: how.scattered })
    // Its timers die with it.
    this.clock = new VirtualClock(this.clock.nowMs())
    for (const client of this.#clients.splice(0)) client.close()
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** The process is killed, and started again on what it had written. */
  async crash(): Promise<void> {
    this.die()
    await this.start()
  }

  async connect(): Promise<RawClient> {
    const client = await RawClient.connect(isExternal ? nodeNetwork : this.network, this.address)
    this.#clients.push(client)
    return client
  }

  /** Asks over a connection that all who don't care share. */
  async ask<A extends Api>(
    api: A,
    version: number,
    value: EncodableRequestOf<A>,
  ): Promise<DecodedResponseOf<A>> {
    if (this.#client === undefined || this.#client.isClosed) this.#client = await this.connect()
    return await this.#client.request(api, version, value)
  }

  /** The versions of an API that the broker offers and this project knows, from `from` on. */
  async versions(api: Api, from = 0): Promise<number[]> {
    const offered = (await this.#offered()).get(api.key)
    const all = Array.from({ length: api.maxVersion + 1 }, (_, version) => version)
    return all.filter(
      (version) =>
        offered !== undefined &&
        api.request.supports(version) &&
        version >= Math.max(from, offered.minVersion) &&
        version <= offered.maxVersion,
    )
  }

  /** Lets everything happen that needs no time to pass. */
  async settle(): Promise<void> {
    if (isExternal) await sleep(150)
    else for (let turn = 0; turn < 10; turn++) await nextTurn()
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    if (isExternal) {
      await sleep(ms)
      return
    }
    await this.settle()
    this.clock.advance(ms)
    await this.settle()
  }

  /** What a cluster does a moment after it has answered. Our own broker is done with the answer, hence it gets one try. */
  async eventually<T>(ask: () => T | Promise<T>): Promise<T> {
    return isExternal ? await vi.waitFor(ask, { timeout: 10_000, interval: 20 }) : await ask()
  }

  async #offered(): Promise<ReadonlyMap<number, { minVersion: number; maxVersion: number }>> {
    if (this.#versions !== undefined) return this.#versions
    const { apiKeys } = await this.ask(apiVersions, 0, { clientSoftwareName: '', clientSoftwareVersion: '' })
    this.#versions = new Map(apiKeys.map((row) => [row.apiKey, row]))
    return this.#versions
  }

  #logger(): Logger {
    const complain = (fields: Readonly<Record<string, unknown>>, message: string) =>
      this.complaints.push(`${message}: ${JSON.stringify(fields)}`)
    return {
      enabled: () => true,
      debug: () => undefined,
      info: () => undefined,
      warn: complain,
      error: (fields, message) => {
        complain(fields, message)
        if (fields.err instanceof EncodeError) this.bugs.push(fields.err)
      },
    }
  }
}

async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false
  promise.then(
    () => {
      done = true
    },
    () => {
      done = true
    },
  )
  for (let turn = 0; turn < 10 && !done; turn++) await nextTurn()
  if (done) await promise
  return done
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
