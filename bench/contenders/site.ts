import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type Command, RunningProcess } from '../../compat-tests/brokers/child-process.ts'
import { host } from '../ask.ts'
import { describeTopics } from '../topics.ts'

/** How one kind of broker is run. */
export interface Program {
  readonly name: ContenderName
  readonly startTimeoutMs: number
  readonly stopTimeoutMs: number
  readonly command: Command
}

export type ContenderName = 'odradek' | 'kafka'

/** A folder and a port where a broker can be started and stopped. */
export class Site {
  #running: RunningProcess | undefined

  constructor(
    readonly program: Program,
    readonly folder: string,
    readonly dataFolder: string,
    readonly port: number,
  ) {}

  get bootstrap(): string {
    return `${host}:${this.port}`
  }

  get pid(): number {
    const pid = this.#running?.pid
    if (pid === undefined) throw new Error(`${this.program.name} is not running`)
    return pid
  }

  /** Starts the process and resolves, with the milliseconds that it took, when Metadata has been answered. */
  async start(): Promise<number> {
    const startedMs = performance.now()
    const running = new RunningProcess(this.program.name, this.program.command)
    this.#running = running
    let ended = false
    void running.exited.then(() => {
      ended = true
    })
    while (!(await this.#answers())) {
      if (ended) throw new Error(`${this.program.name} ended:\n${running.output.slice(-4000)}`)
      if (performance.now() - startedMs > this.program.startTimeoutMs)
        throw new Error(`${this.program.name} did not answer in time:\n${running.output.slice(-4000)}`)
      await delay(1)
    }
    return performance.now() - startedMs
  }

  /** Ends the broker in its orderly way. */
  async stop(): Promise<void> {
    await this.#running?.terminate(this.program.stopTimeoutMs)
    this.#running = undefined
  }

  /** Ends it however it can be ended; what it wrote stays until all is measured. */
  async abandon(): Promise<void> {
    await this.#running?.kill()
    this.#running = undefined
  }

  /** Ends it however it can be ended and removes all that it wrote. */
  async dispose(): Promise<void> {
    await this.abandon()
    await rm(this.folder, { recursive: true, force: true })
  }

  async #answers(): Promise<boolean> {
    return await describeTopics(this.port, []).then(
      ({ brokers }) => brokers.length > 0,
      () => false,
    )
  }
}

/** One side of a comparison. */
export interface Contender {
  readonly name: ContenderName
  /** A fresh place with nothing in it. */
  newSite(): Promise<Site>
}
