import { collectLessOften } from '../../runtime/node-heap.ts'
import type { Broker } from '../../server/start-broker.ts'
import { exitCodes, reportFailure } from '../failure.ts'
import { version } from '../version.ts'
import { openBroker } from './open-broker.ts'
import type { StartFlags } from './options.ts'
import { type StartSettings, startSettings } from './settings.ts'

/** `odradek start`: runs a broker until it is told to stop. Resolves when it is ready. */
export async function runBroker(flags: StartFlags): Promise<void> {
  const settings = startSettings(flags, process.env)
  for (const note of settings.notes) process.stderr.write(`odradek: ${note}\n`)
  collectLessOften()
  const broker = await openBroker(settings)
  closeWhenTold(broker)
  process.stdout.write(`${readyLine(settings, broker.bootstrap, process.uptime() * 1000)}\n`)
}

/** The one line by which people and scripts know that clients may come. `elapsedMs` counts from the process's start. */
export function readyLine(settings: StartSettings, bootstrap: string, elapsedMs: number): string {
  const data = settings.data === undefined ? 'in memory' : `data in ${settings.data}`
  const as = settings.actAs === undefined ? '' : `, acting as Kafka ${settings.actAs}`
  return `odradek ${version} ready on ${bootstrap}, ${data}${as} (${Math.round(elapsedMs)} ms)`
}

/** The first signal closes the broker in order; a second one doesn't wait for that. */
function closeWhenTold(broker: Broker): void {
  let closing = false
  const close = (exitCode: number) => () => {
    if (closing) process.exit(exitCode)
    closing = true
    broker.close().catch(() => undefined)
  }
  process.on('SIGINT', close(130))
  process.on('SIGTERM', close(143))
  broker.closed.then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`odradek: ${reportFailure(error).line}\n`)
      process.exit(exitCodes.environment)
    },
  )
}
