import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { KafkaError } from '../../wire/errors.ts'
import { brokerDefinition, brokerSynonyms, brokerTable } from './broker-table.ts'
import type { ConfigDefinition } from './definition.ts'
import { groupSynonym } from './group-table.ts'
import { clientMetricsConfigs } from './tables/client-metrics-configs.ts'
import { groupResourceConfigs } from './tables/group-resource-configs.ts'
import { odradekConfigs } from './tables/odradek-configs.ts'
import { topicSynonyms, topicTable } from './topic-table.ts'

type Row = [
  name: string,
  type: string,
  byDefault: string | null,
  valid: string | null,
  mode: string | null,
  internal: boolean,
]

interface Golden {
  topic: Row[]
  broker: Row[]
  group: Row[]
  clientMetrics: Row[]
  topicSynonyms: Record<string, [name: string, factor: number][]>
  groupSynonyms: Record<string, string | null>
  brokerSynonyms: Record<string, string[]>
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/configs/kafka-4.4.json', import.meta.url), 'utf8'),
)

const tables: [what: string, rows: Row[], definitions: [string, ConfigDefinition][]][] = [
  ['topic', golden.topic, Object.entries(topicTable)],
  ['group', golden.group, Object.entries(groupResourceConfigs)],
  ['client metrics', golden.clientMetrics, Object.entries(clientMetricsConfigs)],
  [
    'broker',
    golden.broker,
    Object.entries(brokerTable).filter(
      ([name]) =>
        !Object.hasOwn(odradekConfigs, name) &&
        !name.endsWith('throttled.rate') &&
        !name.startsWith('replica.alter'),
    ),
  ],
]

describe.each(tables)('%s configs', (_what, rows, definitions) => {
  test('are those of Kafka 4.4, with its types, defaults and update modes', () => {
    const ours = definitions.map(([name, definition]) => [
      name,
      definition.kind.type,
      definition.default,
      definition.internal,
      definition.mode,
    ])
    const theirs = rows.map(([name, type, byDefault, , mode, internal]) => [
      name,
      type,
      // A broker here can start without these.
      byDefault === 'REQUIRED' ? brokerDefinition(name)?.default : byDefault,
      internal,
      mode ?? 'cluster-wide',
    ])
    expect(sorted(ours)).toEqual(sorted(theirs))
  })

  test('have defaults that pass their own validation, in the spelling that is shown', () => {
    for (const [name, definition] of definitions) {
      if (definition.default === null) continue
      expect([name, definition.kind.canonical(name, definition.default)]).toEqual([name, definition.default])
    }
  })

  test('take numbers exactly within the ranges of Kafka', () => {
    const byName = new Map(definitions)
    for (const [name, , , valid] of rows) {
      const [, min, max] = /^\[(-?[\d.]+),\.\.\.(?:,(-?[\d.]+))?\]$/.exec(valid ?? '') ?? []
      const definition = byName.get(name)
      if (min === undefined || definition === undefined) continue
      expect([name, accepts(definition, min), accepts(definition, below(min))]).toEqual([name, true, false])
      if (max !== undefined)
        expect([name, accepts(definition, max), accepts(definition, above(max))]).toEqual([name, true, false])
    }
  })

  test('take exactly the words of Kafka where there is a choice', () => {
    const byName = new Map(definitions)
    for (const [name, , , valid] of rows) {
      const words = /^(?:\(case insensitive\) )?\[([A-Za-z_0-9, ]+)\]$/.exec(valid ?? '')?.[1]?.split(', ')
      const definition = byName.get(name)
      if (words === undefined || definition === undefined) continue
      expect([name, words.filter((word) => !accepts(definition, word))]).toEqual([name, []])
      expect([name, accepts(definition, 'neither')]).toEqual([name, false])
    }
  })

  test('are documented, each in one line', () => {
    for (const [name, { documentation }] of definitions) {
      expect([name, /^[^\n]{10,120}[.]$/.test(documentation)]).toEqual([name, true])
    }
  })
})

test('topic configs follow the broker configs that they follow in Kafka', () => {
  for (const name of Object.keys(topicTable)) {
    const ours = topicSynonyms(name).map((synonym) => [synonym.name, synonym.factor])
    expect([name, ours]).toEqual([name, golden.topicSynonyms[name] ?? []])
  }
})

test('group configs follow the broker configs that they follow in Kafka', () => {
  for (const [name, synonym] of Object.entries(golden.groupSynonyms)) {
    expect([name, groupSynonym(name) ?? null]).toEqual([name, synonym])
  }
})

test('broker configs are stood in for by the configs that Kafka names', () => {
  for (const [name, synonyms] of Object.entries(golden.brokerSynonyms)) {
    expect([name, brokerSynonyms(name)]).toEqual([name, synonyms])
  }
})

function accepts(definition: ConfigDefinition, text: string): boolean {
  try {
    definition.kind.parse(definition.name, text)
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(KafkaError)
    return false
  }
}

function below(number: string): string {
  return number.includes('.') ? String(Number(number) - 0.1) : String(BigInt(number) - 1n)
}

function above(number: string): string {
  return number.includes('.') ? String(Number(number) + 0.1) : String(BigInt(number) + 1n)
}

function sorted(rows: readonly unknown[][]): unknown[][] {
  return [...rows].sort((one, other) => (String(one[0]) < String(other[0]) ? -1 : 1))
}
