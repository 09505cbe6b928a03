#!/usr/bin/env node
import { keepCompiledCode } from '../runtime/node-compile-cache.ts'
import { reportFailure } from './failure.ts'
import { parsePlainStart } from './start/quick-parse.ts'

/** `odradek`: a plain start takes the short way, everything else is read by the whole command line interface. */
async function main(args: readonly string[]): Promise<void> {
  const plainStart = parsePlainStart(args)
  if (plainStart !== undefined) {
    const { runBroker } = await import('./start/run.ts')
    return runBroker(plainStart)
  }
  const { runProgram } = await import('./program.ts')
  const { keepsRunning } = await runProgram(args)
  // kafkajs forgets connections that it made while its broker was away, and they would keep the process alive.
  if (!keepsRunning) process.stdout.write('', () => process.exit())
}

keepCompiledCode()
main(process.argv.slice(2)).catch((error: unknown) => {
  const { line, exitCode } = reportFailure(error)
  const debug = process.env.ODRADEK_LOG_LEVEL === 'debug' && error instanceof Error
  // A connection that was given up may stay half open for minutes: nobody waits for it.
  process.stderr.write(`odradek: ${line}\n${debug ? `${error.stack}\n` : ''}`, () => process.exit(exitCode))
})
