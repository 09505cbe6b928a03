/**
 * Writes src/server/act-as/release-tables.ts from what releases of Kafka print of themselves: one file per release in a
 * folder, named by the release (`2.8`), made by test/golden/act-as/ReleaseTable.java.
 *
 *     npx tsx scripts/release-tables.ts FOLDER
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The highest `inter.broker.protocol.version` of each release that has that config (apache/kafka `MetadataVersion`). */
const interBrokerProtocols: Readonly<Record<string, string>> = {
  '0.10.0': '0.10.0-IV1',
  '0.10.1': '0.10.1-IV2',
  '0.10.2': '0.10.2-IV0',
  '0.11': '0.11.0-IV2',
  '1.0': '1.0-IV0',
  '1.1': '1.1-IV0',
  '2.0': '2.0-IV1',
  '2.1': '2.1-IV2',
  '2.2': '2.2-IV1',
  '2.3': '2.3-IV1',
  '2.4': '2.4-IV1',
  '2.5': '2.5-IV0',
  '2.6': '2.6-IV0',
  '2.7': '2.7-IV2',
  '2.8': '2.8-IV1',
  '3.0': '3.0-IV1',
  '3.1': '3.1-IV0',
  '3.2': '3.2-IV0',
  '3.3': '3.3-IV3',
  '3.4': '3.4-IV0',
  '3.5': '3.5-IV2',
  '3.6': '3.6-IV2',
  '3.7': '3.7-IV4',
  '3.8': '3.8-IV0',
  '3.9': '3.9-IV0',
}

const folder = process.argv[2]
if (folder === undefined) throw new Error('which folder?')

const byNumber = (one: string, other: string) =>
  one.localeCompare(other, 'en', { numeric: true, sensitivity: 'base' })

const lines: string[] = []
let before = new Map<number, string>()
for (const release of readdirSync(folder).sort(byNumber)) {
  const rows = readFileSync(join(folder, release), 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
  const apis = new Map(
    rows.filter(([kind]) => kind === 'api').map(([, key, min, max]) => [Number(key), `${min}-${max}`]),
  )
  const features = rows
    .filter(([kind]) => kind === 'feature')
    .map(([, name, min, max, level]) => `${name}:${min}-${max}:${level}`)
  lines.push(`  {
    name: '${release}',
    apis: '${differences(before, apis)}',
    features: '${features.join(' ')}',
    interBrokerProtocol: ${release in interBrokerProtocols ? `'${interBrokerProtocols[release]}'` : 'null'},
  },`)
  before = apis
}

writeFileSync(
  fileURLToPath(new URL('../src/server/act-as/release-tables.ts', import.meta.url)),
  `${header()}export const releaseTables: readonly ReleaseTable[] = [\n${lines.join('\n')}\n]\n`,
)

function differences(old: ReadonlyMap<number, string>, now: ReadonlyMap<number, string>): string {
  const changed = [...now].filter(([key, range]) => old.get(key) !== range)
  const gone = [...old.keys()].filter((key) => !now.has(key))
  return [...changed.map(([key, range]) => `${key}:${range}`), ...gone.map((key) => `-${key}`)]
    .sort((one, other) => Math.abs(Number.parseInt(one, 10)) - Math.abs(Number.parseInt(other, 10)))
    .join(' ')
}

function header(): string {
  return `/**
 * What each release of Kafka answers to ApiVersions, and which features a fresh cluster of it finalizes. Made by
 * scripts/release-tables.ts out of what the releases' own classes say (test/golden/act-as/ReleaseTable.java, run on the
 * newest bug-fix jars of each: kafka-clients, kafka-server-common): brokers with ZooKeeper up to 3.2, KRaft brokers from
 * 3.3 on. Don't edit it by hand.
 */
export interface ReleaseTable {
  readonly name: string
  /** Changes against the release before: \`key:min-max\` for what is new or different, \`-key\` for what is gone. */
  readonly apis: string
  /** \`name:min-max:level\`, the level being the one that a fresh cluster finalizes. */
  readonly features: string
  /** The default of \`inter.broker.protocol.version\`, which Kafka 4 has no more. */
  readonly interBrokerProtocol: string | null
}

`
}
