import type { ClusterMetadata } from '../replication/cluster-metadata.ts'
import type { ConfigChange, Controller } from '../replication/controller.ts'
import type { ConfigResourceType } from '../replication/metadata/records.ts'
import { KafkaError } from '../wire/errors.ts'
import type { ConfigStore } from './configs/config-store.ts'

const nothing: ReadonlyMap<string, string> = new Map()

/**
 * Settings as the cluster's metadata keeps them. Until it is attached nothing is set: a broker needs its own configs
 * to open the data in which the others are.
 */
export class MetadataConfigStore implements ConfigStore {
  #metadata: ClusterMetadata | undefined
  #controller: Controller | undefined

  attach(metadata: ClusterMetadata, controller: Controller): void {
    this.#metadata = metadata
    this.#controller = controller
  }

  overrides(resourceType: ConfigResourceType, name: string): ReadonlyMap<string, string> {
    return this.#metadata?.image.overrides(resourceType, name) ?? nothing
  }

  async replace(changes: readonly ConfigChange[]): Promise<void> {
    if (this.#controller === undefined) throw new KafkaError('BROKER_NOT_AVAILABLE')
    await this.#controller.replaceConfigs(changes)
  }

  topicExists(name: string): boolean {
    return this.#metadata?.image.topics.has(name) ?? false
  }
}
