/** What a coordinator must know of a topic. */
export interface GroupTopic {
  readonly name: string
  readonly id: string
  /** By index, without gaps. */
  readonly partitions: readonly { readonly replicas: readonly number[] }[]
}

/**
 * The topics of the cluster as of one moment; `MetadataImage` is one. `topics` is the same map for as long as no
 * topic changes, which is how a change is noticed.
 */
export interface GroupTopics {
  readonly topics: ReadonlyMap<string, GroupTopic>
  readonly topicNamesById: ReadonlyMap<string, string>
  readonly brokers: ReadonlyMap<number, { readonly rack: string | null }>
  /** Rises with every change. */
  readonly revision: number
}

export const noTopics: GroupTopics = {
  topics: new Map(),
  topicNamesById: new Map(),
  brokers: new Map(),
  revision: 0,
}
