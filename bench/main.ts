import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { kafka } from './contenders/kafka.ts'
import { odradek } from './contenders/odradek.ts'
import type { Contender } from './contenders/site.ts'
import { figureIds, type Part, type Sample } from './figures.ts'
import { measureFetch } from './loads/fetch.ts'
import { measureKafkajs } from './loads/kafkajs.ts'
import { measureLatency } from './loads/latency.ts'
import { measurePartitions } from './loads/partitions.ts'
import { measureProduce } from './loads/produce.ts'
import { measureSmall } from './loads/small.ts'
import { fullScale, quickScale, type Scale, type Stage } from './loads/stage.ts'
import { measureStart } from './loads/start.ts'
import { describeMachine } from './machine.ts'
import { Measurements } from './measurements.ts'
import { type BenchOptions, parseOptions, usage } from './options.ts'
import { usageOf } from './process-usage.ts'
import { report } from './report.ts'
import { Loaders } from './run-loader.ts'
import { Workspace } from './workspace.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const SETTLE_MS = 1_000

/** Parts that put load on one and the same broker, one after the other. */
const loads: readonly (readonly [Part, (stage: Stage) => Promise<Sample[]>])[] = [
  ['produce', measureProduce],
  ['fetch', measureFetch],
  ['small', measureSmall],
  ['latency', measureLatency],
  ['kafkajs', measureKafkajs],
  ['memory', measureMemory],
]

interface Bench {
  readonly options: BenchOptions
  readonly scale: Scale
  readonly workspace: Workspace
  readonly loaders: Loaders
  readonly measurements: Measurements
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) {
    process.stdout.write(usage)
    return
  }
  const machine = [...(await describeMachine(options.againstKafka)), ...leaveOutCertificates()]
  process.stdout.write(`${machine.join('\n')}\n`)
  const bench = await prepare(options)
  const contenders = await contendersOf(bench)
  for (let run = 0; run < options.runs; run++)
    for (const contender of contenders) await measure(bench, contender, run)
  process.stdout.write(report(bench.measurements, options.againstKafka))
  if (options.json !== undefined) await writeFile(options.json, json(bench, machine))
}

/** With this variable every Node reads a bundle of certificates when it starts: 61 ms, where one without takes 24. */
function leaveOutCertificates(): string[] {
  if (process.env.NODE_EXTRA_CA_CERTS === undefined) return []
  delete process.env.NODE_EXTRA_CA_CERTS
  return ['NODE_EXTRA_CA_CERTS is set here and left out for what is measured']
}

async function prepare(options: BenchOptions): Promise<Bench> {
  const scale = options.quick ? quickScale : fullScale
  const workspace = await Workspace.open()
  await promisify(execFile)(process.execPath, [`${root}scripts/build.mjs`])
  const loaders = await Loaders.bundle(workspace)
  return { options, scale, workspace, loaders, measurements: new Measurements() }
}

async function contendersOf({ options, workspace }: Bench): Promise<Contender[]> {
  const profileFolder = options.cpuProfile === undefined ? undefined : resolve(options.cpuProfile)
  if (profileFolder !== undefined) await mkdir(profileFolder, { recursive: true })
  const ours = odradek(workspace, { inMemory: options.inMemory, configs: options.configs, profileFolder })
  return options.againstKafka ? [ours, await kafka(workspace)] : [ours]
}

/** One run of one contender. */
async function measure(bench: Bench, contender: Contender, run: number): Promise<void> {
  const { options, scale, measurements } = bench
  const add = async (part: Part, samples: () => Promise<Sample[]>) => {
    if (!options.only.includes(part)) return
    say(`run ${run + 1} of ${options.runs}, ${contender.name}: ${part}`)
    measurements.add(contender.name, run, await samples())
  }
  await add('start', () => measureStart(contender, scale.starts))
  if (loads.some(([part]) => options.only.includes(part))) await measureLoads(bench, contender, add)
  // Kafka takes four minutes for it.
  if (contender.name === 'kafka' && run > 0) return
  await add('partitions', () =>
    measurePartitions(contender, { isKept: isOnDisk(bench, contender), restMs: bench.scale.restMs }),
  )
}

async function measureLoads(
  bench: Bench,
  contender: Contender,
  add: (part: Part, samples: () => Promise<Sample[]>) => Promise<void>,
): Promise<void> {
  const site = await contender.newSite()
  try {
    await site.start()
    const { loaders, workspace, scale } = bench
    const stage = { site, loaders, workspace, scale, onDisk: isOnDisk(bench, contender) }
    for (const [part, load] of loads) await add(part, () => load(stage))
    await site.stop()
  } finally {
    await site.dispose()
  }
}

async function measureMemory({ site }: Stage): Promise<Sample[]> {
  await delay(SETTLE_MS)
  return [['memory.afterLoad', usageOf(site.pid).residentBytes / 1e6]]
}

function isOnDisk({ options }: Bench, contender: Contender): boolean {
  return contender.name === 'kafka' || !options.inMemory
}

function json({ measurements, options }: Bench, machine: readonly string[]): string {
  const values = figureIds.map((id) => [
    id,
    { odradek: measurements.valuesOf('odradek', id), kafka: measurements.valuesOf('kafka', id) },
  ])
  return `${JSON.stringify({ machine, options, figures: Object.fromEntries(values) }, null, 2)}\n`
}

function say(what: string): void {
  process.stderr.write(`${what} …\n`)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
