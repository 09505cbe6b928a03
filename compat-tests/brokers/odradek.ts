import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { startProcessBroker } from './process-broker.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Our own broker as its users run it: the built program with its defaults, its data on disk. */
export async function startOdradek(configs: Readonly<Record<string, string>> = {}): Promise<BrokerUnderTest> {
  if (!existsSync(main)) throw new Error(`${main} is missing: run "npm run build" first`)
  return await startProcessBroker({
    kind: 'odradek',
    // The one line that is printed when it serves names the address.
    ready: (port) => new RegExp(`:${port}\\b[^\\n]*\\n`),
    startTimeoutMs: 15_000,
    stopTimeoutMs: 10_000,
    prepare: async () => {},
    command: (folder, host, port) => ({
      file: process.execPath,
      args: [
        ...[main, '--port', String(port), '--host', host, '--data', join(folder, 'data')],
        ...Object.entries(configs).flatMap(([name, value]) => ['--config', `${name}=${value}`]),
      ],
    }),
  })
}
