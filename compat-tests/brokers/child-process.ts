import { type ChildProcess, spawn } from 'node:child_process'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** Everything that was started and not yet seen to end; it does not outlive us, however we end. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
// A signal ends a process without `exit`, unless it is turned into one.
for (const [signal, exitCode] of [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => process.exit(exitCode))
}

/** One run of a program: its output is kept for the message of a failure, its end can be awaited. */
export class RunningProcess {
  readonly exited: Promise<void>
  readonly #child: ChildProcess
  readonly #name: string
  readonly #watchers = new Set<() => void>()
  #output = ''
  #ended: string | undefined

  constructor(name: string, command: Command) {
    this.#name = name
    this.#child = spawn(command.file, [...command.args], {
      env: command.env ?? process.env,
      cwd: command.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(this.#child)
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#print(chunk.toString()))
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#print(chunk.toString()))
    this.exited = new Promise((resolve) => {
      const end = (how: string) => {
        running.delete(this.#child)
        this.#ended ??= how
        this.#notify()
        resolve()
      }
      this.#child.once('error', (error) => end(`could not be started: ${error.message}`))
      this.#child.once('close', (code, signal) => end(`ended with ${signal ?? `exit code ${code}`}`))
    })
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Standard output and error together, the last 256 KiB. */
  get output(): string {
    return this.#output
  }

  /** Resolves when the output matches; rejects when the process ends before, or when the time is over. */
  async printed(pattern: RegExp, timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: string) => {
        this.#watchers.delete(check)
        clearTimeout(timer)
        if (error === undefined) resolve()
        else reject(new Error(`${this.#name} ${error}; it printed:\n${this.#output.slice(-4000)}`))
      }
      const check = () => {
        if (pattern.test(this.#output)) settle()
        else if (this.#ended !== undefined) settle(this.#ended)
      }
      const timer = setTimeout(() => settle(`did not print ${pattern} within ${timeoutMs} ms`), timeoutMs)
      this.#watchers.add(check)
      check()
    })
  }

  /** Sends SIGTERM and waits for the end; rejects when there is none in time (the process is then killed). */
  async terminate(timeoutMs: number): Promise<void> {
    if (this.#ended !== undefined) return
    let late = false
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => {
      late = true
      this.#child.kill('SIGKILL')
    }, timeoutMs)
    await this.exited
    clearTimeout(timer)
    if (!late) return
    throw new Error(
      `${this.#name} outlived SIGTERM by ${timeoutMs} ms; it printed:\n${this.#output.slice(-4000)}`,
    )
  }

  async kill(): Promise<void> {
    if (this.#ended === undefined) this.#child.kill('SIGKILL')
    await this.exited
  }

  #print(text: string): void {
    this.#output = (this.#output + text).slice(-262_144)
    this.#notify()
  }

  #notify(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }
}

/**
 * Runs a program to its end, with `input` as its standard input. Resolves with its standard output; rejects with all
 * that it printed unless it exits with code 0.
 */
export async function run(command: Command, timeoutMs: number, input = ''): Promise<string> {
  return await new Promise((resolve, reject) => {
    const child = spawn(command.file, [...command.args], {
      env: command.env ?? process.env,
      cwd: command.cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    })
    running.add(child)
    let output = ''
    let complaints = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text
    })
    // A program may end without having read all of its input.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      running.delete(child)
      if (code === 0) resolve(output)
      else
        reject(
          new Error(
            `${command.file}: ${signal ?? `exit code ${code}`}\n${(output + complaints).slice(-4000)}`,
          ),
        )
    })
  })
}

/** Whether a program can be found and run on this machine. */
export async function isInstalled(file: string, versionArg = '--version'): Promise<boolean> {
  return await run({ file, args: [versionArg] }, 20_000).then(
    () => true,
    () => false,
  )
}
