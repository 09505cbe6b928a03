/** What the report card asks of every client, in the order of its columns. */
export const features = [
  'codecs',
  'idempotence',
  'transactions',
  'groups',
  'cooperative',
  'static members',
  'consumer protocol',
  'share groups',
  'admin',
  'timestamps',
  'headers',
  'large messages',
] as const

export type Feature = (typeof features)[number] | 'other'

/** What a test carries for the report card. */
export interface CardEntry {
  readonly client: string
  readonly version: string
  readonly feature: Feature
  /** What the client itself cannot do, with the reason. */
  readonly lacks: Partial<Record<Feature, string>>
}

declare module 'vitest' {
  interface TaskMeta {
    card?: CardEntry
  }
}
