import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { run } from '../../compat-tests/brokers/child-process.ts'
import { distFolder } from '../contenders/odradek.ts'
import type { Contender } from '../contenders/site.ts'
import type { Sample } from '../figures.ts'
import { usageOf } from '../process-usage.ts'

const IDLE_MS = 1_000
const TIMEOUT_MS = 30_000

/** What a test process does: import the package, start a broker, then another one. Prints milliseconds. */
const inProcess = `
const startedMs = performance.now()
const { startBroker } = await import(process.argv[1])
const importedMs = performance.now()
const broker = await startBroker()
const firstMs = performance.now()
await broker.close()
const closedMs = performance.now()
const another = await startBroker()
const secondMs = performance.now()
await another.close()
console.log(JSON.stringify([importedMs - startedMs, firstMs - importedMs, secondMs - closedMs]))`

/** Cold starts, each of a fresh process; for our own broker also what Node itself takes, and starts in process. */
export async function measureStart(contender: Contender, starts: number): Promise<Sample[]> {
  const samples: Sample[] = []
  const isOwn = contender.name === 'odradek'
  for (let count = isOwn ? starts : 1; count > 0; count--) {
    if (isOwn) samples.push(...(await measureNode()))
    samples.push(...(await measureProcess(contender)))
  }
  return samples
}

async function measureProcess(contender: Contender): Promise<Sample[]> {
  const site = await contender.newSite()
  try {
    const elapsedMs = await site.start()
    await delay(IDLE_MS)
    const { residentBytes } = usageOf(site.pid)
    await site.stop()
    return [
      ['start.process', elapsedMs],
      ['start.resident', residentBytes / 1e6],
    ]
  } finally {
    await site.dispose()
  }
}

async function measureNode(): Promise<Sample[]> {
  const startedMs = performance.now()
  await run({ file: process.execPath, args: ['-e', '0'] }, TIMEOUT_MS)
  const elapsedMs = performance.now() - startedMs
  const packageUrl = pathToFileURL(join(distFolder, 'index.js')).href
  const args = ['--input-type=module', '-e', inProcess, packageUrl]
  const printed: [number, number, number] = JSON.parse(
    await run({ file: process.execPath, args }, TIMEOUT_MS),
  )
  const [importMs, firstMs, secondMs] = printed
  return [
    ['start.node', elapsedMs],
    ['start.import', importMs],
    ['start.inProcess', firstMs],
    ['start.inProcessAgain', secondMs],
  ]
}
