import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isInstalled, run } from '../brokers/child-process.ts'
import { howToFetch, mayFetch } from '../brokers/fetching.ts'
import { alone, cacheFolder, fetching, Missing } from './cache.ts'

/** The version that a `requirements.txt` pins for a package. */
export function pythonVersion(requirements: string, name: string): string {
  const lines = readFileSync(requirements, 'utf8').split('\n')
  return lines.find((line) => line.startsWith(`${name}==`))?.split('==')[1] ?? 'unknown'
}

/** The Python of a virtual environment with what a `requirements.txt` names, made in the user's cache on first use. */
export async function pythonWith(requirements: string): Promise<string> {
  const [first = ''] = readFileSync(requirements, 'utf8').trim().split('\n')
  const folder = cacheFolder(first.replaceAll(/[^\w.]+/g, '-'))
  const python = join(folder, 'bin', 'python')
  await alone(folder, async () => {
    if (existsSync(python)) return
    if (!(await isInstalled('python3'))) throw new Missing('python3 is not installed')
    if (!mayFetch) throw new Missing(`${first} is not in ${folder}: ${howToFetch}`)
    await fetching(first, makeEnvironment(folder, requirements))
  })
  return python
}

/** Made beside its final place, so that what was cut short is not taken for whole. */
async function makeEnvironment(folder: string, requirements: string): Promise<void> {
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
