/**
 * Where settings that differ from defaults and from what a broker was started with are kept: in the cluster's
 * metadata, the same on every broker.
 */
import type { ConfigChange } from '../../replication/controller.ts'
import type { ConfigResourceType } from '../../replication/metadata/records.ts'

export interface ConfigStore {
  /** What is set for a resource; empty where nothing is. The same map for as long as nothing of it changes. */
  overrides(resourceType: ConfigResourceType, name: string): ReadonlyMap<string, string>
  /** Replaces the overrides of each resource named, all of them or none; visible when it returns or resolves. */
  replace(changes: readonly ConfigChange[]): void | Promise<void>
  topicExists(name: string): boolean
}

/** Keeps overrides in memory alone. */
export class MemoryConfigStore implements ConfigStore {
  readonly topics: Set<string>
  private readonly kept = new Map<string, ReadonlyMap<string, string>>()

  constructor(topics: Iterable<string> = []) {
    this.topics = new Set(topics)
  }

  overrides(resourceType: ConfigResourceType, name: string): ReadonlyMap<string, string> {
    return this.kept.get(`${resourceType} ${name}`) ?? nothing
  }

  replace(changes: readonly ConfigChange[]): void {
    for (const { resourceType, name, overrides } of changes) {
      this.kept.set(`${resourceType} ${name}`, overrides)
    }
  }

  topicExists(name: string): boolean {
    return this.topics.has(name)
  }
}

const nothing: ReadonlyMap<string, string> = new Map()
