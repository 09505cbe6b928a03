import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../compat-tests/brokers/free-port.ts'
import { host } from '../ask.ts'
import type { Workspace } from '../workspace.ts'
import { type Contender, Site } from './site.ts'

export const distFolder = fileURLToPath(new URL('../../dist', import.meta.url))

export interface OdradekOptions {
  /** Keeps the data in memory instead of on disk. */
  readonly inMemory: boolean
  /** `name=value` each. */
  readonly configs: readonly string[]
  /** Folder for a CPU profile of every broker that was run. */
  readonly profileFolder: string | undefined
}

/** Our own broker as its users run it: the built program with its defaults. */
export function odradek(
  workspace: Workspace,
  { inMemory, configs, profileFolder }: OdradekOptions,
): Contender {
  const profiling =
    profileFolder === undefined
      ? []
      : ['--cpu-prof', '--cpu-prof-dir', profileFolder, '--cpu-prof-interval', '500']
  return {
    name: 'odradek',
    async newSite() {
      const folder = await workspace.newFolder('odradek')
      const dataFolder = join(folder, 'data')
      const port = await freePort()
      const data = inMemory ? ['--memory'] : ['--data', dataFolder]
      const program = {
        name: 'odradek',
        startTimeoutMs: 15_000,
        stopTimeoutMs: 30_000,
        command: {
          file: process.execPath,
          args: [
            ...profiling,
            join(distFolder, 'cli/main.js'),
            '--host',
            host,
            '--port',
            String(port),
            ...data,
            ...configs.flatMap((config) => ['--config', config]),
          ],
        },
      } as const
      return new Site(program, folder, dataFolder, port)
    },
  }
}
