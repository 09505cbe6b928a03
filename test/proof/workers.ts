/** The processes of a chain, each in a slot of its own: whoever ends, killed or by itself, is followed by another one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../../compat-tests/brokers/child-process.ts'
import { kafkaJars } from '../../compat-tests/brokers/kafka-jars.ts'
import { POISON } from './ledger.ts'

export interface Task {
  readonly bootstrap: string
  readonly groupId: string
  /** Source and target of each link. */
  readonly links: readonly (readonly [source: string, target: string])[]
  /** Of the consumers; kafkajs knows the classic one alone. */
  readonly protocol: 'classic' | 'consumer'
}

export interface Client {
  readonly name: 'kafkajs' | 'java'
  /** Starts one process; `seed` makes its choices, `slot` is the place that it fills. */
  start(task: Task, slot: number, seed: number): ChildProcess
  dispose(): Promise<void>
}

const inFolder = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export function kafkajsClient(): Client {
  return {
    name: 'kafkajs',
    start: ({ bootstrap, groupId, links }, _slot, seed) => {
      const args = [bootstrap, groupId, String(seed), ...links.map((link) => link.join('>'))]
      const program = ['--import', 'tsx', inFolder('kafkajs-transformer.ts')]
      return spawn(process.execPath, [...program, ...args], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    },
    dispose: async () => {},
  }
}

/** Kafka's own clients. Throws `BrokerUnavailable` if they can't be had here. */
export async function javaClient(): Promise<Client> {
  const classpath = join(await kafkaJars(), '*')
  const classes = await mkdtemp(join(tmpdir(), 'odradek-proof-'))
  await run({ file: 'javac', args: ['-cp', classpath, '-d', classes, inFolder('Transformer.java')] }, 60_000)
  const jvm = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx192m', '-Xshare:auto']
  const log = '-Dorg.slf4j.simpleLogger.defaultLogLevel=off'
  return {
    name: 'java',
    start: ({ bootstrap, groupId, links, protocol }, slot, seed) => {
      const args = [bootstrap, groupId, String(seed), protocol, `${groupId}-${slot}`, POISON]
      const program = [...jvm, log, '-cp', `${classes}:${classpath}`, 'Transformer']
      return spawn('java', [...program, ...args, ...links.map((link) => link.join('>'))], {
        stdio: ['pipe', 'ignore', 'pipe'],
      })
    },
    dispose: async () => await rm(classes, { recursive: true, force: true }),
  }
}

export class Workers {
  readonly #client: Client
  readonly #task: Task
  readonly #seedOf: (started: number) => number
  readonly #slots: ChildProcess[] = []
  #started = 0
  #isOver = false
  /** What processes that ended by themselves had to say. */
  readonly complaints: string[] = []

  constructor(client: Client, task: Task, slots: number, seedOf: (started: number) => number) {
    this.#client = client
    this.#task = task
    this.#seedOf = seedOf
    for (let slot = 0; slot < slots; slot++) this.#fill(slot)
  }

  kill(slot: number): void {
    this.#slots[slot]?.kill('SIGKILL')
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(
      this.#slots.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill('SIGKILL')
        await once(child, 'exit')
      }),
    )
  }

  #fill(slot: number): void {
    const child = this.#client.start(this.#task, slot, this.#seedOf(this.#started++))
    this.#slots[slot] = child
    let said = ''
    child.stderr?.on('data', (text: Buffer) => {
      said = (said + text.toString()).slice(-2_000)
    })
    child.once('error', (error) => this.complaints.push(error.message))
    child.once('exit', (code, signal) => {
      if (signal !== 'SIGKILL') this.complaints.push(`exit code ${code}: ${said}`)
      if (!this.#isOver) this.#fill(slot)
    })
  }
}
