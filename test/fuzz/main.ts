/**
 * `npm run fuzz`: sends frames of every kind to a broker and says whether it stands it.
 *
 *     npm run fuzz -- --frames 10000000             in this process, on a network and a disk in memory
 *     npm run fuzz -- --port 9092 --seconds 60      over TCP, against a broker that runs already
 *     npm run fuzz -- --seed 7 --only 12345         one frame of an earlier run again
 */
import { parseArgs } from 'node:util'
import type { FuzzFrame } from './frames.ts'
import { type Failure, type Outcome, Run } from './run.ts'
import { inProcess, overTcp, type Target } from './target.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    frames: { type: 'string', default: '10000000' },
    seconds: { type: 'string', default: '3600' },
    from: { type: 'string', default: '0' },
    only: { type: 'string' },
    port: { type: 'string' },
    lanes: { type: 'string', default: '64' },
    quiet: { type: 'boolean', default: false },
  },
})

const seed = Number(values.seed)
const isSingle = values.only !== undefined
// Most frames end in an error that nobody looks at; the top of a stack is enough to know a bug by.
Error.stackTraceLimit = isSingle ? 50 : 4
let run: Run | undefined
const early: unknown[] = []
const onBug = (error: unknown) => (run === undefined ? early.push(error) : run.bug(error))
process.on('uncaughtException', onBug)
process.on('unhandledRejection', onBug)

const target: Target =
  values.port === undefined ? await inProcess({ seed, onBug }) : overTcp(Number(values.port))
run = new Run(target, {
  seed,
  frames: isSingle ? 1 : Number(values.frames),
  seconds: Number(values.seconds),
  firstFrame: Number(values.only ?? values.from),
  lanes: Number(values.lanes),
  watchesMemory: values.port === undefined,
  onFailure: (failure) => console.log(described(failure)),
  ...(values.quiet ? {} : { onProgress: (line: string) => console.log(line) }),
})
try {
  const outcome = await run.execute()
  await target.close()
  report(outcome)
  process.exit(outcome.failures.length === 0 && early.length === 0 ? 0 : 1)
} catch (error) {
  console.error('the run itself failed:', error, early)
  process.exit(2)
}

function report(outcome: Outcome): void {
  const { frames, seconds, answers, closed, parked, canaryRecords, slowestCanaryMs, memory, failures } =
    outcome
  console.log(`seed ${seed}: ${frames} frames in ${seconds.toFixed(1)} s, ${Math.round(frames / seconds)}/s`)
  console.log(`${answers} answers, ${closed} connections closed, ${parked} left waiting; ${memory}`)
  console.log(`canary: ${canaryRecords} records, slowest round ${slowestCanaryMs.toFixed(0)} ms`)
  console.log(failures.length === 0 ? 'nothing failed' : `${failures.length} failures, see above`)
}

function described({ what, frames }: Failure): string {
  const more = frames.length > 8 ? [`and ${frames.length - 8} more under way`] : []
  return [`\nFAILURE: ${what}`, ...frames.slice(0, 8).map(shown), ...more].join('\n')
}

function shown(frame: FuzzFrame): string {
  const hex = Buffer.concat(frame.chunks).toString('hex', 0, 2000)
  const again = frame.isSequel
    ? 'which goes on from earlier answers'
    : `again with: npm run fuzz -- --seed ${seed} --only ${frame.n}`
  return `  frame ${frame.n} (${frame.kind}), ${again}\n    ${hex}`
}
