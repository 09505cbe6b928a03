/** Finds a release of Kafka by its name. Imported by those alone who ask for one: nobody else needs the tables. */
import type { FeatureRange, Release, VersionRange } from './release.ts'
import { type ReleaseTable, releaseTables } from './release-tables.ts'

/** The release that a text such as `2.8`, `2.8.1` or `0.11.0.3` means: its bug-fix releases answer as it does. */
export function releaseNamed(text: string): Release | undefined {
  const [, name] = /^(0\.10\.\d+|0\.11|[1-9]\d*\.\d+)(?:\.\d+){0,2}$/.exec(text) ?? []
  const at = releaseTables.findIndex((table) => table.name === name)
  const table = releaseTables[at]
  return table === undefined ? undefined : release(table, releaseTables.slice(0, at + 1))
}

/** The releases that there are, for people: from the first to the newest. */
export function knownReleases(): string {
  return `${releaseTables[0]?.name} to ${releaseTables.at(-1)?.name}`
}

/** Puts together what a release changed and what it kept of the releases before it. */
function release(table: ReleaseTable, upToIt: readonly ReleaseTable[]): Release {
  const versions = new Map<number, VersionRange>()
  for (const { apis } of upToIt) {
    for (const change of apis.split(' ')) {
      const [, key, min, max] = /^(\d+):(\d+)-(\d+)$/.exec(change) ?? []
      if (key === undefined) versions.delete(Number(change.slice(1)))
      else versions.set(Number(key), { min: Number(min), max: Number(max) })
    }
  }
  const { name, interBrokerProtocol } = table
  return { name, versions, features: featureRanges(table), interBrokerProtocol }
}

function featureRanges({ features: text }: ReleaseTable): ReadonlyMap<string, FeatureRange> {
  const rows = text.matchAll(/(\S+):(\d+)-(\d+):(\d+)/g)
  return new Map(
    [...rows].map(([, name = '', min, max, level]) => [
      name,
      { min: Number(min), max: Number(max), level: Number(level) },
    ]),
  )
}
