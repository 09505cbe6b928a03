import { parseArgs } from 'node:util'
import { type Part, parts } from './figures.ts'

export interface BenchOptions {
  readonly only: readonly Part[]
  readonly runs: number
  readonly quick: boolean
  readonly againstKafka: boolean
  readonly inMemory: boolean
  /** Configs of our broker, as its command line takes them. */
  readonly configs: readonly string[]
  readonly json: string | undefined
  readonly cpuProfile: string | undefined
  readonly help: boolean
}

export const usage = `npm run bench -- [options]
  --against kafka    measure Apache Kafka beside, turn by turn
  --only PART,…      only these parts: ${parts.join(', ')}
  --runs N           how often everything is measured; 3 by default
  --quick            less of everything: to see that it works, not to believe the figures
  --memory           our broker with its data in memory
  --config NAME=V    our broker with this config; may be given several times
  --json FILE        write what was measured to a file, too
  --cpu-prof FOLDER  write a CPU profile of each run of our broker to a folder (figures then are worth less)
`

/** Throws with one line that says what is wrong. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      against: { type: 'string' },
      only: { type: 'string' },
      runs: { type: 'string' },
      quick: { type: 'boolean', default: false },
      memory: { type: 'boolean', default: false },
      config: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      'cpu-prof': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.against !== undefined && values.against !== 'kafka')
    throw new Error(`--against knows kafka, not "${values.against}"`)
  const runs = Number(values.runs ?? (values.quick ? 1 : 3))
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs takes a number from 1 up')
  return {
    only: values.only === undefined ? parts : values.only.split(',').map(partNamed),
    runs,
    quick: values.quick,
    againstKafka: values.against === 'kafka',
    inMemory: values.memory,
    configs: values.config,
    json: values.json,
    cpuProfile: values['cpu-prof'],
    help: values.help,
  }
}

function partNamed(name: string): Part {
  const part = parts.find((candidate) => candidate === name.trim())
  if (part === undefined) throw new Error(`--only knows ${parts.join(', ')}, not "${name}"`)
  return part
}
