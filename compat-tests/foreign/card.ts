import { features } from './features.ts'

export interface ClientResults {
  readonly version: string
  /** Which Apache Kafka it ran against; left out for our own broker. */
  readonly kafkaVersion?: string
  /** The day of the run, YYYY-MM-DD. */
  readonly date: string
  readonly lacks: Partial<Record<string, string>>
  /** "feature | sentence" with "passed", "failed: why" or "skipped: why". */
  readonly cases: Record<string, string>
}

/** By broker, then by client. */
export type Results = Partial<Record<'odradek' | 'kafka', Record<string, ClientResults>>>

/** The report card as Markdown: client × feature, and below it why a case failed, was skipped or does not exist. */
export function renderCard(results: Results): string {
  const odradek = results.odradek ?? {}
  const kafka = results.kafka ?? {}
  return `${[
    '# Which clients work',
    "Real clients against a real broker process (`compat-tests/`). The same cases run against Apache Kafka; where the two differed, the case or the broker was put right. `npm run compat -- --card` runs everything, and writes this page from the runs' results (`compat-tests/results.json`); `npm run compat -- --card franz-go` does so for one client.",
    '`5` = five cases, all passed; `4/5` = one of five failed; `skipped` = the cases could not run on the machine of that day; `no` = the client itself cannot do it; empty = not covered by a case.',
    table(odradek),
    '## Failed and skipped',
    troubles(odradek) || 'Nothing.',
    '## What a client itself cannot do',
    lacking(odradek) || 'Nothing.',
    '## The same cases against Apache Kafka',
    kafkaTable(odradek, kafka),
    '## Cases',
    caseList(odradek),
  ].join('\n\n')}\n`
}

function table(clients: Record<string, ClientResults>): string {
  const columns = [...features, 'other']
  const head = ['Client', 'Version', 'Date', ...columns]
  const rows = Object.entries(clients).map(([name, results]) => [
    name,
    results.version,
    results.date,
    ...columns.map((feature) => cell(results, feature)),
  ])
  return markdownTable([head, ...rows])
}

function cell(results: ClientResults, feature: string): string {
  const outcomes = outcomesOf(results, feature)
  if (outcomes.length === 0) return results.lacks[feature] === undefined ? '' : 'no'
  const run = outcomes.filter((outcome) => !outcome.startsWith('skipped'))
  if (run.length === 0) return 'skipped'
  const passed = run.filter((outcome) => outcome === 'passed').length
  return passed === run.length ? String(passed) : `**${passed}/${run.length}**`
}

function outcomesOf(results: ClientResults, feature: string): string[] {
  return Object.entries(results.cases).flatMap(([name, outcome]) =>
    name.startsWith(`${feature} | `) ? [outcome] : [],
  )
}

function troubles(clients: Record<string, ClientResults>): string {
  return Object.entries(clients)
    .flatMap(([client, { cases }]) => {
      const lines = Object.entries(cases).flatMap(([name, outcome]) =>
        outcome === 'passed' ? [] : [`- ${client}: ${sentenceOf(name)}: ${outcome.replaceAll('|', '\\|')}`],
      )
      return lines
    })
    .join('\n')
}

function lacking(clients: Record<string, ClientResults>): string {
  return Object.entries(clients)
    .flatMap(([client, { lacks }]) =>
      Object.entries(lacks).map(([feature, why]) => `- ${client}, ${feature}: ${why}`),
    )
    .join('\n')
}

function kafkaTable(odradek: Record<string, ClientResults>, kafka: Record<string, ClientResults>): string {
  const count = (results: ClientResults | undefined) => {
    if (results === undefined) return ['not run', '']
    const outcomes = Object.values(results.cases)
    const counts = ['passed', 'failed', 'skipped'].flatMap((state) => {
      const found = outcomes.filter((outcome) => outcome.startsWith(state)).length
      return found === 0 && state !== 'passed' ? [] : [`${found} ${state}`]
    })
    return [counts.join(', '), results.date]
  }
  const rows = Object.keys(odradek).map((name) => [
    name,
    ...count(odradek[name]),
    ...count(kafka[name]),
    kafka[name]?.kafkaVersion ?? '',
  ])
  return markdownTable([['Client', 'Odradek', 'Date', 'Apache Kafka', 'Date', 'Version'], ...rows])
}

function caseList(clients: Record<string, ClientResults>): string {
  return Object.entries(clients)
    .map(([client, { version, cases }]) => {
      const lines = Object.keys(cases).map((name) => `- ${name.split(' | ')[0]}: ${sentenceOf(name)}`)
      return `### ${client} ${version}\n\n${lines.join('\n')}`
    })
    .join('\n\n')
}

function sentenceOf(name: string): string {
  return name.slice(name.indexOf(' | ') + 3)
}

function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows
  return [head, head.map(() => '---'), ...body].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
