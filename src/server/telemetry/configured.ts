import type { ClusterMetadata } from '../../replication/cluster-metadata.ts'
import { configKey } from '../../replication/metadata/records.ts'
import { Subscriptions } from './subscriptions.ts'

type Configs = ReadonlyMap<string, ReadonlyMap<string, string>>

/** The client metrics subscriptions that are set: another object as soon as one of them is another, and no sooner. */
export function configuredSubscriptions(metadata: ClusterMetadata): () => Subscriptions {
  const prefix = configKey('client-metrics', '')
  let all: Configs | undefined
  let found: Configs = new Map()
  let subscriptions = new Subscriptions([])
  return () => {
    const { configs } = metadata.image
    if (configs === all) return subscriptions
    all = configs
    const now = new Map([...configs].filter(([key]) => key.startsWith(prefix)))
    const isSame = now.size === found.size && [...now].every(([key, each]) => found.get(key) === each)
    if (isSame) return subscriptions
    found = now
    subscriptions = new Subscriptions(now.values())
    return subscriptions
  }
}
