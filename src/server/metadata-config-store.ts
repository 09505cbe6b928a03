import type { ClusterMetadata } from '../replication/cluster-metadata.ts'
import type { Controller } from '../replication/controller.ts'
import type { ConfigChange, ConfigResourceKind, ConfigStore } from './configs/config-store.ts'

/** Settings as the cluster's metadata keeps them. */
export class MetadataConfigStore implements ConfigStore {
  constructor(
    private readonly metadata: ClusterMetadata,
    private readonly controller: () => Controller,
  ) {}

  overrides(resourceType: ConfigResourceKind, name: string): ReadonlyMap<string, string> {
    return this.metadata.image.overrides(resourceType, name)
  }

  replace(changes: readonly ConfigChange[]): Promise<void> {
    return this.controller().replaceConfigs(changes)
  }

  topicExists(name: string): boolean {
    return this.metadata.image.topics.has(name)
  }
}
