/**
 * Acting as an older release of Kafka: the APIs, versions and features of that release are offered and no others, so that
 * a service can be tried against the cluster it will meet. What is behind them stays the broker's own.
 */
import { type Feature, features } from '../../replication/features.ts'
import type { Api } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

export interface VersionRange {
  readonly min: number
  readonly max: number
}

export interface Release {
  readonly name: string
  /** By API key. */
  readonly versions: ReadonlyMap<number, VersionRange>
  readonly features: ReadonlyMap<string, FeatureRange>
  /** The default of that config; null where there is no such config. */
  readonly interBrokerProtocol: string | null
}

export interface FeatureRange extends VersionRange {
  /** The level that a fresh cluster of the release finalizes. */
  readonly level: number
}

/** What a release served of all that is served: with its versions, and without the APIs that it didn't have. */
export function actingAs({ versions }: Release, handlers: readonly Handler<Api>[]): readonly Handler<Api>[] {
  return handlers.flatMap((handler) => {
    const { api } = handler
    const range = versions.get(api.key)
    if (range === undefined) return []
    const minVersion = Math.max(api.minVersion, range.min)
    const maxVersion = Math.min(api.maxStableVersion, range.max)
    if (minVersion > maxVersion) return []
    return [{ ...handler, api: { ...api, minVersion, maxVersion, maxStableVersion: maxVersion } }]
  })
}

/** The features that a release knows, as far as this broker does; all of them without a release. */
export function supportedFeatures(release: Release | undefined): readonly Feature[] {
  if (release === undefined) return features
  return features.flatMap((feature) => {
    const range = release.features.get(feature.name)
    if (range === undefined) return []
    const { name, minLevel, maxLevel } = feature
    return [
      {
        name,
        minLevel: Math.max(minLevel, range.min),
        maxLevel: Math.min(maxLevel, range.max),
        freshLevel: Math.min(range.level, maxLevel),
      },
    ]
  })
}

/** The finalized levels as a cluster of the release would have them: no higher than a fresh one has. */
export function finalizedFeatures(
  release: Release | undefined,
  levels: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  if (release === undefined) return levels
  const shown = [...levels].map(([name, level]): [string, number] => [
    name,
    Math.min(level, release.features.get(name)?.level ?? 0),
  ])
  return new Map(shown.filter(([, level]) => level > 0))
}
