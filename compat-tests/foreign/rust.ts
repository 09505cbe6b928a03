import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, isInstalled, run } from '../brokers/child-process.ts'
import { howToFetch, mayFetch } from '../brokers/fetching.ts'
import { alone, cacheFolder, fetching, Missing } from './cache.ts'

/** The version of a crate in a folder's `Cargo.lock`. */
export function crateVersion(folder: string, crate: string): string {
  const lock = readFileSync(join(folder, 'Cargo.lock'), 'utf8')
  return new RegExp(`name = "${crate}"\\nversion = "([^"]+)"`).exec(lock)?.[1] ?? 'unknown'
}

/** The program of a Cargo package, built in the user's cache; the first time takes minutes, as C is compiled too. */
export async function rustProgram(folder: string, name: string): Promise<Command> {
  for (const program of ['cargo', 'make', 'g++']) {
    if (!(await isInstalled(program))) throw new Missing(`${program} is not installed`)
  }
  const target = cacheFolder('rust-clients')
  await alone(target, async () => {
    const fetch = (...more: string[]) =>
      run({ file: 'cargo', args: ['fetch', '--locked', '--quiet', ...more], cwd: folder }, 180_000)
    const atHand = await fetch('--offline').then(
      () => true,
      () => false,
    )
    if (!atHand && !mayFetch) throw new Missing(`the crates are not in Cargo's cache: ${howToFetch}`)
    if (!atHand) await fetching('the crates', fetch())
    const build = ['build', '--locked', '--offline', '--quiet', '-j', '1', '--target-dir', target]
    await run({ file: 'cargo', args: build, cwd: folder }, 540_000)
  })
  return { file: join(target, 'debug', name), args: [] }
}
