import { mkdir, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** What a client's cases need and this machine has not; the cases are skipped with it as the reason. */
export class Missing extends Error {}

/** A folder of the user's cache for what was fetched or built. */
export function cacheFolder(name: string): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'odradek', name)
}

const staleAfterMs = 900_000

/** Runs the work alone among all processes of this user that name the same folder. */
export async function alone<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = `${folder}.lock`
  await mkdir(dirname(folder), { recursive: true })
  while (!(await taken(lock))) await delay(200)
  try {
    return await work()
  } finally {
    await rm(lock, { recursive: true, force: true })
  }
}

async function taken(lock: string): Promise<boolean> {
  try {
    await mkdir(lock)
    return true
  } catch {
    const age = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    // Its owner was killed.
    if (age > staleAfterMs) await rm(lock, { recursive: true, force: true })
    return false
  }
}

/** Turns the failure of a step that fetches into `Missing`. */
export async function fetching<T>(what: string, step: Promise<T>): Promise<T> {
  return await step.catch((error: unknown) => {
    throw new Missing(`${what} cannot be had: ${String(error).slice(0, 500)}`)
  })
}
