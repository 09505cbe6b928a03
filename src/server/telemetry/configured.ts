import type { ClusterMetadata } from '../../replication/cluster-metadata.ts'
import { configKey } from '../../replication/metadata/records.ts'

type Configs = ReadonlyMap<string, ReadonlyMap<string, string>>

/** The configs of the client metrics subscriptions: another object as soon as one of them is another, and no sooner. */
export function configuredSubscriptions(metadata: ClusterMetadata): () => Configs {
  const prefix = configKey('client-metrics', '')
  let all: Configs | undefined
  let found: Configs = new Map()
  return () => {
    const { configs } = metadata.image
    if (configs === all) return found
    all = configs
    const now = new Map([...configs].filter(([key]) => key.startsWith(prefix)))
    const isSame = now.size === found.size && [...now].every(([key, each]) => found.get(key) === each)
    if (!isSame) found = now
    return found
  }
}
