import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrokerKind, BrokerUnderTest } from './broker-under-test.ts'
import { type Command, RunningProcess } from './child-process.ts'
import { freePort } from './free-port.ts'

/** What differs between brokers that are a process on this machine. */
export interface Program {
  readonly kind: BrokerKind
  /** What it prints when clients may come. */
  ready(port: number): RegExp
  readonly startTimeoutMs: number
  readonly stopTimeoutMs: number
  /** Runs once, before the first start, with an empty folder for everything that the broker keeps. */
  prepare(folder: string, host: string, port: number): Promise<void>
  command(folder: string, host: string, port: number): Command
}

const host = '127.0.0.1'

/** Starts a broker in a fresh temporary folder, on a port that was free. */
export async function startProcessBroker(program: Program): Promise<BrokerUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), `odradek-compat-${program.kind}-`))
  const port = await freePort()
  let current: RunningProcess | undefined

  const start = async (): Promise<void> => {
    const started = new RunningProcess(program.kind, program.command(folder, host, port))
    current = started
    await started.printed(program.ready(port), program.startTimeoutMs).catch(async (error: unknown) => {
      await started.kill()
      throw error
    })
  }
  const stop = async (): Promise<void> => {
    await current?.terminate(program.stopTimeoutMs)
  }
  const kill = async (): Promise<void> => {
    await current?.kill()
  }
  const dispose = async (): Promise<void> => {
    await kill()
    await rm(folder, { recursive: true, force: true })
  }

  try {
    await program.prepare(folder, host, port)
    await start()
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    kind: program.kind,
    host,
    port,
    bootstrap: `${host}:${port}`,
    dataFolder: join(folder, 'data'),
    stop,
    kill,
    start,
    restart: async () => {
      await stop()
      await start()
    },
    dispose,
  }
}
