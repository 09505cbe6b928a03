import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { brokerKind } from '../brokers/broker-under-test.ts'
import { kafkaVersion } from '../brokers/kafka-jars.ts'
import { type ClientResults, type Results, renderCard } from './card.ts'
import type { CardEntry } from './features.ts'
import { cardEntryOf } from './suites.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const resultsFile = fileURLToPath(new URL('../results.json', import.meta.url))
const cardFile = fileURLToPath(new URL('../../docs/compatibility.md', import.meta.url))

/**
 * Puts the outcomes of a run into `results.json`, each client's in place of what it had, and writes the report card
 * from all of them (`npm run compat -- --card`).
 */
export default class CardReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const seen = new Map<string, ClientResults>()
    for (const module of modules) {
      const file = relative(root, module.moduleId).replaceAll('\\', '/')
      for (const test of module.children.allTests()) {
        const entry = test.meta().card ?? cardEntryOf(file, test.fullName)
        if (entry !== undefined) add(seen, entry, test)
      }
    }
    const all: Results = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')) : {}
    const kind = brokerKind() === 'odradek' ? 'odradek' : 'kafka'
    all[kind] = sorted({ ...all[kind], ...Object.fromEntries(seen) })
    writeFileSync(resultsFile, `${JSON.stringify(all, null, 2)}\n`)
    writeFileSync(cardFile, renderCard(all))
  }
}

function add(seen: Map<string, ClientResults>, entry: CardEntry, test: TestCase): void {
  const results: ClientResults = seen.get(entry.client) ?? {
    version: entry.version,
    ...(brokerKind() !== 'odradek' && { kafkaVersion }),
    date: new Date().toISOString().slice(0, 10),
    lacks: entry.lacks,
    cases: {},
  }
  seen.set(entry.client, results)
  const result = test.result()
  const why =
    result.state === 'failed'
      ? `: ${(result.errors[0]?.message ?? '').replaceAll(/\s+/g, ' ').slice(0, 300)}`
      : result.state === 'skipped' && result.note !== undefined
        ? `: ${result.note.replaceAll(/\s+/g, ' ').slice(0, 300)}`
        : ''
  results.cases[`${entry.feature} | ${test.name}`] = `${result.state}${why}`
}

function sorted(clients: Record<string, ClientResults>): Record<string, ClientResults> {
  const names = Object.keys(clients).sort((a, b) => a.localeCompare(b))
  return Object.fromEntries(names.flatMap((name) => (clients[name] ? [[name, clients[name]]] : [])))
}
