import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isInstalled, run } from '../brokers/child-process.ts'
import { howToFetch, mayFetch } from '../brokers/fetching.ts'

const requirements = fileURLToPath(new URL('./requirements.txt', import.meta.url))

/**
 * The Python of a virtual environment with confluent-kafka, made in the user's cache on first use. `undefined` where
 * there is no Python, or where the package cannot be had.
 */
export async function confluentKafka(): Promise<{ python: string } | { missing: string }> {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const name = readFileSync(requirements, 'utf8')
    .trim()
    .replaceAll(/[^\w.]+/g, '-')
  const folder = join(cache, 'odradek', name)
  const python = join(folder, 'bin', 'python')
  if (existsSync(python)) return { python }
  if (!(await isInstalled('python3'))) return { missing: 'python3 is not installed' }
  if (!mayFetch) return { missing: `confluent-kafka is not in ${folder}: ${howToFetch}` }
  try {
    await makeEnvironment(folder)
    return { python }
  } catch (error) {
    return { missing: `confluent-kafka cannot be installed: ${String(error).slice(0, 500)}` }
  }
}

/** Made beside its final place, so that what was cut short is not taken for whole. `--copies` lets it be moved. */
async function makeEnvironment(folder: string): Promise<void> {
  const unfinished = `${folder}.${process.pid}`
  await mkdir(unfinished, { recursive: true })
  try {
    await run({ file: 'python3', args: ['-m', 'venv', unfinished] }, 60_000)
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]
    await run({ file: join(unfinished, 'bin', 'python'), args: pip }, 180_000)
    await rm(folder, { recursive: true, force: true })
    await rename(unfinished, folder)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}
