import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A field as Kafka's JSON files have it, narrowed to what matters on the wire. */
export interface KafkaField {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions: string
  /** Undefined when none is given; a literal `null` counts as none in Kafka's generator too. */
  readonly default: string | undefined
  readonly tag: number | undefined
  readonly taggedVersions: string
  readonly flexibleVersions: string | undefined
  readonly fields: readonly KafkaField[]
}

export interface KafkaDeclaration {
  readonly name: string
  readonly apiKey: number | undefined
  readonly listeners: readonly string[]
  readonly validVersions: string
  readonly latestVersionUnstable: boolean
  readonly flexibleVersions: string
  readonly fields: readonly KafkaField[]
}

type Json = Record<string, unknown>

/** Where Kafka's declarations lie: `ODRADEK_PROTOCOL_DIR`, or a folder beside the project; undefined when nowhere. */
export function protocolFolder(): string | undefined {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const candidates = [
    process.env.ODRADEK_PROTOCOL_DIR ?? '',
    join(root, '../shared/protocol'),
    join(root, '../../shared/protocol'),
  ]
  return candidates.find((folder) => folder !== '' && existsSync(join(folder, 'messages')))
}

export function readDeclarations(folder: string): Map<string, KafkaDeclaration> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.json'),
  )
  const declarations = files.map((file) => parseDeclaration(readFileSync(join(folder, file), 'utf8')))
  return new Map(declarations.map((declaration) => [declaration.name, declaration]))
}

function parseDeclaration(text: string): KafkaDeclaration {
  const json = asObject(JSON.parse(withoutComments(text)))
  const structs = new Map(
    objects(json.commonStructs).map((struct) => [asText(struct.name), objects(struct.fields)]),
  )
  return {
    name: asText(json.name),
    apiKey: typeof json.apiKey === 'number' ? json.apiKey : undefined,
    listeners: Array.isArray(json.listeners) ? json.listeners.map(asText) : [],
    validVersions: asText(json.validVersions),
    latestVersionUnstable: json.latestVersionUnstable === true,
    flexibleVersions: asText(json.flexibleVersions),
    fields: objects(json.fields).map((field) => parseField(field, structs)),
  }
}

function parseField(json: Json, structs: Map<string, Json[]>): KafkaField {
  const type = asText(json.type)
  const inner = json.fields === undefined ? structs.get(type.replace('[]', '')) : objects(json.fields)
  const hasDefault = json.default !== undefined && json.default !== null
  return {
    name: asText(json.name),
    type,
    versions: asText(json.versions ?? json.taggedVersions),
    nullableVersions: asText(json.nullableVersions ?? 'none'),
    default: hasDefault ? String(json.default) : undefined,
    tag: typeof json.tag === 'number' ? json.tag : undefined,
    taggedVersions: asText(json.taggedVersions ?? 'none'),
    flexibleVersions: json.flexibleVersions === undefined ? undefined : asText(json.flexibleVersions),
    fields: (inner ?? []).map((field) => parseField(field, structs)),
  }
}

function withoutComments(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/^\s*\/\/.*$/, '').replace(/([,{}\]"])\s*\/\/.*$/, '$1'))
    .join('\n')
}

function asObject(value: unknown): Json {
  if (typeof value !== 'object' || value === null) throw new TypeError(`not an object: ${String(value)}`)
  return Object.fromEntries(Object.entries(value))
}

function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(asObject) : []
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
