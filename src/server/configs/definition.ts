/** One config of the tables: its type and range, its default, who may change it while the broker runs. */
import type { ConfigKind } from './kinds.ts'

/**
 * When a broker config may change (KIP-226): only at start, for one broker, or for one broker and for the whole
 * cluster. Configs of topics, groups and client metrics may always change.
 */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide'

export interface ConfigDefinition<Value = unknown> {
  /** Kafka's name, given by the table that the definition stands in. */
  name: string
  readonly kind: ConfigKind<Value>
  /** In Kafka's spelling; `null` where nothing is set. */
  readonly default: string | null
  readonly mode: UpdateMode
  /** In short words, without a line about whether the config does anything here. */
  readonly documentation: string
  /** Kafka shows these only where they are set. */
  readonly internal: boolean
  /** The value of a valid text, or of the default where there is none. */
  read(text: string | null): Value
}

export type ConfigTable = Readonly<Record<string, ConfigDefinition>>

export const readOnly = definer('read-only')
export const perBroker = definer('per-broker')
export const clusterWide = definer('cluster-wide')

/** A config of a topic, group or client metrics subscription. */
export const ofResource = clusterWide

export function internal<Value>(definition: ConfigDefinition<Value>): ConfigDefinition<Value> {
  return { ...definition, internal: true }
}

/** Tells each definition the name that it stands under. */
export function table<Table extends ConfigTable>(definitions: Table): Table {
  for (const [name, definition] of Object.entries(definitions)) definition.name = name
  return definitions
}

function definer(mode: UpdateMode) {
  function define<Value>(kind: ConfigKind<Value>, byDefault: string, doc: string): ConfigDefinition<Value>
  function define<Value>(
    kind: ConfigKind<Value>,
    byDefault: null,
    doc: string,
  ): ConfigDefinition<Value | null>
  function define<Value>(
    kind: ConfigKind<Value>,
    byDefault: string | null,
    documentation: string,
  ): ConfigDefinition<Value | null> {
    return {
      name: '',
      kind,
      default: byDefault,
      mode,
      documentation,
      internal: false,
      read(text) {
        const set = text ?? byDefault
        return set === null ? null : kind.parse(this.name, set)
      },
    }
  }
  return define
}
