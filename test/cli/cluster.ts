import { type CommandOptions, type Outcome, odradek, startOdradek } from './command.ts'

/** What the commands talk to: a broker of our own or, with this variable, any cluster. */
const foreign = process.env.ODRADEK_CLI_TEST_BOOTSTRAP

export interface Cluster {
  readonly bootstrap: string
  readonly env: Readonly<Record<string, string>>
  /** Runs `odradek` against this cluster. */
  run(line: string, options?: CommandOptions): Promise<Outcome>
  /** Runs `odradek`, fails if it does, and gives its output. */
  ok(line: string, options?: CommandOptions): Promise<string>
  json(line: string, options?: CommandOptions): Promise<unknown>
  stop(): Promise<void>
}

export async function startCluster(): Promise<Cluster> {
  if (foreign !== undefined) return clusterAt(foreign, async () => undefined)
  const broker = startOdradek(['--memory', '--port', '0', '--config', 'num.partitions=3'])
  const [, port] = await broker.printed(/:(\d+)\b.*\n/)
  return clusterAt(`localhost:${port}`, async () => {
    broker.signal('SIGTERM')
    await broker.ended
  })
}

function clusterAt(bootstrap: string, stop: () => Promise<void>): Cluster {
  const env = { ODRADEK_BOOTSTRAP: bootstrap }
  const run = (line: string, options: CommandOptions = {}) =>
    odradek(words(line), { ...options, env: { ...env, ...options.env } })
  const ok = async (line: string, options?: CommandOptions) => {
    const { stdout, stderr, exitCode } = await run(line, options)
    if (exitCode !== 0) throw new Error(`odradek ${line} ended with ${exitCode}: ${stderr}`)
    return stdout
  }
  const json = async (line: string, options?: CommandOptions) => JSON.parse(await ok(line, options))
  return { bootstrap, env, run, ok, json, stop }
}

/** Arguments are separated by blanks; single quotes hold one together. */
export function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

let count = 0

/** A name that no other test has, nor an earlier run against the same cluster. */
export function uniqueName(stem: string): string {
  return `${stem}-${process.pid}-${Date.now().toString(36)}-${++count}`
}

export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
