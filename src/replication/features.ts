/**
 * Features of the cluster (KIP-584): what all brokers have agreed to do, each with a level. The level is finalized in
 * the metadata store, where UpdateFeatures raises and lowers it; clients read it in ApiVersions and do accordingly.
 *
 * Source: apache/kafka `Feature.java`, `MetadataVersion.java` of 4.4, and what a fresh broker of it answers.
 */
import { featureKey } from './metadata/records.ts'
import type { MetadataPut } from './metadata/store.ts'

export type FeatureName =
  | 'metadata.version'
  | 'kraft.version'
  | 'transaction.version'
  | 'group.version'
  | 'share.version'
  | 'streams.version'
  | 'eligible.leader.replicas.version'

export interface Feature {
  readonly name: FeatureName
  /** The lowest and highest level that this broker can do. Level 0 is that of a feature which isn't finalized. */
  readonly minLevel: number
  readonly maxLevel: number
  /** The level that a fresh cluster begins with. */
  readonly freshLevel: number
}

/** All that this broker supports, in the order in which Kafka lists them. */
export const features: readonly Feature[] = [
  { name: 'group.version', minLevel: 0, maxLevel: 1, freshLevel: 1 },
  { name: 'kraft.version', minLevel: 0, maxLevel: 1, freshLevel: 0 },
  { name: 'metadata.version', minLevel: 7, maxLevel: 33, freshLevel: 33 },
  // Share groups at level 1 (KIP-932), their dead-letter topics at level 2 (KIP-1191).
  { name: 'share.version', minLevel: 0, maxLevel: 2, freshLevel: 2 },
  { name: 'streams.version', minLevel: 0, maxLevel: 1, freshLevel: 1 },
  { name: 'transaction.version', minLevel: 0, maxLevel: 2, freshLevel: 2 },
  { name: 'eligible.leader.replicas.version', minLevel: 0, maxLevel: 1, freshLevel: 1 },
]

/** What a fresh cluster finalizes: every feature whose level isn't 0. */
export function freshFeatures(): MetadataPut[] {
  return features
    .filter(({ freshLevel }) => freshLevel > 0)
    .map(({ name, freshLevel }) => ({ key: featureKey(name), value: String(freshLevel) }))
}
