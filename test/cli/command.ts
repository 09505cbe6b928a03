import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The built program, as users run it. */
export const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Outcome {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | null
}

export interface CommandOptions {
  readonly input?: string | Buffer
  readonly env?: Readonly<Record<string, string>>
}

/** Runs `odradek` to its end. */
export function odradek(args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  return startOdradek(args, options).ended
}

/** A command under way: its output so far, and its end. */
export class RunningCommand {
  stdout = ''
  stderr = ''
  readonly ended: Promise<Outcome>
  readonly #watchers = new Set<() => void>()

  constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => this.#grow(() => (this.stdout += chunk.toString())))
    child.stderr?.on('data', (chunk: Buffer) => this.#grow(() => (this.stderr += chunk.toString())))
    this.ended = new Promise((resolve) => {
      child.on('close', (exitCode) => {
        resolve({ stdout: this.stdout, stderr: this.stderr, exitCode })
        for (const watcher of this.#watchers) watcher()
      })
    })
  }

  /** Resolves when the standard output matches; rejects if the command ends before. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout)
      if (match !== null) return match
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`ended without printing ${pattern}: ${this.stdout}${this.stderr}`)
      await new Promise<void>((resolve) => {
        const watcher = () => {
          this.#watchers.delete(watcher)
          resolve()
        }
        this.#watchers.add(watcher)
      })
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  #grow(add: () => void): void {
    add()
    for (const watcher of this.#watchers) watcher()
  }
}

export function startOdradek(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  if (!existsSync(program)) throw new Error(`${program} is missing: run "npm run build" first`)
  return start(process.execPath, [program, ...args], options)
}

/** Runs a program with the given input, or none. Only the environment that is needed is handed on. */
export function start(file: string, args: readonly string[], { input, env }: CommandOptions): RunningCommand {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(file, args, { env: { PATH, HOME, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  // Whoever ends before it has read its input breaks the pipe.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input ?? '')
  return new RunningCommand(child)
}
