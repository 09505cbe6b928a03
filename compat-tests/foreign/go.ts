import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, isInstalled, run } from '../brokers/child-process.ts'
import { howToFetch, mayFetch } from '../brokers/fetching.ts'
import { alone, cacheFolder, fetching, Missing } from './cache.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const goMod = readFileSync(join(root, 'go.mod'), 'utf8')

/** The pinned version of a module, without its `v`. */
export function goVersion(module: string): string {
  const line = goMod.split('\n').find((each) => each.trim().startsWith(`${module} v`))
  return line?.trim().split(' v')[1]?.split(' ')[0] ?? 'unknown'
}

/** The program that holds the cases of all Go clients; built once, then again when its sources change. */
export async function goProgram(client: string): Promise<Command> {
  if (!(await isInstalled('go', 'version'))) throw new Missing('go is not installed')
  const folder = cacheFolder('go-clients')
  const file = join(folder, 'compat')
  // Another toolchain than the one at hand would be fetched otherwise; modules are asked for in one step only.
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOWORK: 'off', CGO_ENABLED: '0' }
  await alone(folder, async () => {
    const offline = { file: 'go', args: ['mod', 'download'], cwd: root, env: { ...env, GOPROXY: 'off' } }
    const atHand = await run(offline, 60_000).then(
      () => true,
      () => false,
    )
    if (!atHand && !mayFetch) throw new Missing(`the Go modules are not in the module cache: ${howToFetch}`)
    if (!atHand)
      await fetching(
        'the Go modules',
        run({ file: 'go', args: ['mod', 'download'], cwd: root, env }, 180_000),
      )
    const build = ['build', '-buildvcs=false', '-p', '1', '-o', file, './go']
    await run({ file: 'go', args: build, cwd: root, env: { ...env, GOPROXY: 'off' } }, 400_000)
  })
  return { file, args: [client] }
}
