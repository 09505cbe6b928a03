import { readFileSync } from 'node:fs'
import type { LoaderJob } from './job.ts'
import { runPipeline } from './pipeline.ts'
import { runRoundTrips } from './round-trip.ts'

/** The loader's own process: reads a job (JSON) from standard input, prints the result (JSON). */
async function main(): Promise<void> {
  const job: LoaderJob = JSON.parse(readFileSync(0, 'utf8'))
  const result = job.kind === 'pipeline' ? await runPipeline(job) : await runRoundTrips(job)
  process.stdout.write(JSON.stringify(result))
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
