import { describe, expect, test } from 'vitest'
import { apis } from '../src/wire/catalog.ts'
import { type FieldType, type NamedSpec, NO_END } from '../src/wire/schema/field.ts'
import { absentValue } from '../src/wire/schema/layout.ts'
import { type AnyMessage, allMessages, coordinatorRecords } from './all-messages.ts'
import {
  type KafkaDeclaration,
  type KafkaField,
  protocolFolder,
  readDeclarations,
} from './kafka-declarations.ts'

/**
 * The declarations, flattened to one row per field, against Kafka's JSON files. Rows are compared for the versions
 * that Kafka has; what it dropped is checked elsewhere, against clients that still send it.
 */
const folder = protocolFolder()
if (folder === undefined)
  console.warn("Kafka's message definitions are not at hand (ODRADEK_PROTOCOL_DIR): parity is not checked")
const declarations = folder === undefined ? new Map<string, KafkaDeclaration>() : readDeclarations(folder)

type Range = readonly [from: number, until: number]
type Row = Readonly<Record<string, string>>

describe.skipIf(folder === undefined)("the declarations and Kafka's", () => {
  test.each(allMessages.map((message) => [message.name, message] as const))('%s agree', (name, message) => {
    const declaration = declarations.get(name)
    if (declaration === undefined) throw new Error(`Kafka has no ${name}`)
    const valid = parseRange(declaration.validVersions) ?? [0, -1]
    const flexible = parseRange(declaration.flexibleVersions)
    expect(message.maxVersion).toBe(valid[1])
    expect(message.minVersion).toBeLessThanOrEqual(valid[0])
    expect(message.flexibleFrom).toBe(flexible?.[0] ?? Number.POSITIVE_INFINITY)
    expect(ourRows(message, valid)).toEqual(
      kafkaRows(declaration.fields, valid, flexible ?? [NO_END, NO_END], ''),
    )
  })

  test('every API that a broker serves is declared, under its key', () => {
    const served = [...declarations.values()]
      .filter((declaration) => declaration.listeners.includes('broker'))
      .map((declaration) => [declaration.apiKey, declaration.name])
    const declared = apis.map((api) => [api.key, api.request.name])
    expect(declared).toEqual(served.sort((left, right) => Number(left[0]) - Number(right[0])))
  })

  test('the same versions are held to be unfinished', () => {
    const unfinished = [...declarations.values()].filter((declaration) => declaration.latestVersionUnstable)
    expect(
      apis.filter((api) => api.maxStableVersion < api.maxVersion).map((api) => api.request.name),
    ).toEqual(unfinished.map((declaration) => declaration.name))
  })

  test('every record of the internal topics is declared, under its type', () => {
    const stored = [...declarations.values()]
      .filter(
        ({ name, apiKey, listeners }) =>
          apiKey !== undefined && listeners.length === 0 && name.endsWith('Key'),
      )
      .map((declaration) => `${declaration.name} ${declaration.apiKey}`)
    expect(coordinatorRecords.map((record) => `${record.key.name} ${record.type}`).sort()).toEqual(
      stored.sort(),
    )
  })
})

function ourRows(message: AnyMessage, valid: Range): Row[] {
  return fieldRows(message.fields, valid, message.flexibleFrom, '')
}

function fieldRows(fields: readonly NamedSpec[], within: Range, flexibleFrom: number, path: string): Row[] {
  return fields.flatMap((field) => {
    const versions = meet([field.from, field.until], within)
    if (versions === undefined) return []
    const nullable =
      field.nullableFrom === undefined ? undefined : meet([field.nullableFrom, NO_END], versions)
    const name = `${path}${field.name}`
    const tagged =
      field.tag === undefined ? undefined : meet([Math.max(field.tagFrom, flexibleFrom), NO_END], versions)
    const row = {
      name,
      type: typeName(field.type),
      versions: show(versions),
      nullable: show(nullable),
      default: JSON.stringify(absentValue(field), (_, value: unknown) =>
        typeof value === 'bigint' ? Number(value) : value,
      ),
      tag: tagged === undefined ? '' : `${field.tag} ${show(tagged)}`,
      rigid: String(field.rigid),
    }
    return [row, ...fieldRows(innerFields(field.type), versions, flexibleFrom, `${name}.`)]
  })
}

function kafkaRows(fields: readonly KafkaField[], within: Range, flexible: Range, path: string): Row[] {
  return fields.flatMap((field) => {
    const versions = meet(parseRange(field.versions), within)
    if (versions === undefined) return []
    const name = `${path}${field.name.charAt(0).toLowerCase()}${field.name.slice(1)}`
    const tagged = meet(meet(parseRange(field.taggedVersions), flexible), versions)
    const row = {
      name,
      type: field.type.replace(/[A-Z].*/, 'struct'),
      versions: show(versions),
      nullable: show(meet(parseRange(field.nullableVersions), versions)),
      default: JSON.stringify(kafkaDefault(field)),
      tag: tagged === undefined ? '' : `${field.tag} ${show(tagged)}`,
      rigid: String(field.flexibleVersions === 'none'),
    }
    return [row, ...kafkaRows(field.fields, versions, flexible, `${name}.`)]
  })
}

/** What Kafka's generated classes hold before anything is read into them. */
function kafkaDefault(field: KafkaField): unknown {
  const { type } = field
  if (field.default === 'null' || type === 'records') return null
  if (type.startsWith('[]')) return []
  if (/^[A-Z]/.test(type))
    return Object.fromEntries(
      field.fields.map((inner) => [
        `${inner.name.charAt(0).toLowerCase()}${inner.name.slice(1)}`,
        kafkaDefault(inner),
      ]),
    )
  switch (type) {
    case 'string':
      return field.default ?? ''
    case 'bytes':
      return Buffer.alloc(0)
    case 'bool':
      return field.default === 'true'
    case 'uuid':
      return 'AAAAAAAAAAAAAAAAAAAAAA'
    default:
      return Number(field.default ?? 0)
  }
}

function typeName(type: FieldType): string {
  if (type.kind === 'array') return `[]${typeName(type.element)}`
  return type.kind === 'bigint64' ? 'int64' : type.kind === 'recordChunks' ? 'records' : type.kind
}

function innerFields(type: FieldType): readonly NamedSpec[] {
  if (type.kind === 'array') return innerFields(type.element)
  return type.kind === 'struct' ? type.fields : []
}

function parseRange(text: string): Range | undefined {
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text)
  if (match === null) return undefined
  const from = Number(match[1])
  return [from, match[2] === '+' ? NO_END : Number(match[3] ?? from)]
}

function meet(left: Range | undefined, right: Range | undefined): Range | undefined {
  if (left === undefined || right === undefined) return undefined
  const both: Range = [Math.max(left[0], right[0]), Math.min(left[1], right[1])]
  return both[0] <= both[1] ? both : undefined
}

function show(range: Range | undefined): string {
  return range === undefined ? '' : `${range[0]}-${range[1]}`
}
