/** A topic that belongs to a streams application: state's changelog, or what is repartitioned on the way. */
export interface TopicInfo {
  readonly name: string
  /** 0 where it follows from the topics that are read. */
  readonly partitions: number
  /** 0 for the broker's default. */
  readonly replicationFactor: number
  readonly topicConfigs: readonly { readonly key: string; readonly value: string }[]
}

export interface Subtopology {
  readonly subtopologyId: string
  readonly sourceTopics: readonly string[]
  readonly sourceTopicRegex: readonly string[]
  readonly stateChangelogTopics: readonly TopicInfo[]
  readonly repartitionSinkTopics: readonly string[]
  readonly repartitionSourceTopics: readonly TopicInfo[]
  readonly copartitionGroups: readonly CopartitionGroup[]
}

/** Topics that must have equally many partitions, as places in the lists of their subtopology. */
export interface CopartitionGroup {
  readonly sourceTopics: readonly number[]
  readonly sourceTopicRegex: readonly number[]
  readonly repartitionSourceTopics: readonly number[]
}

/** What a streams application does, as far as a broker must know it (KIP-1071). */
export interface Topology {
  readonly epoch: number
  readonly subtopologies: readonly Subtopology[]
}

/** Everything that a subtopology reads. */
export function inputTopics({ sourceTopics, repartitionSourceTopics }: Subtopology): string[] {
  return [...sourceTopics, ...repartitionSourceTopics.map(({ name }) => name)]
}

/** Every topic that there must be before tasks can run. */
export function requiredTopics({ subtopologies }: Topology): ReadonlySet<string> {
  return new Set(
    subtopologies.flatMap((subtopology) => [
      ...inputTopics(subtopology),
      ...subtopology.stateChangelogTopics.map(({ name }) => name),
    ]),
  )
}

/** The subtopology that reads the topic. */
export function readerOf({ subtopologies }: Topology, topic: string): string | undefined {
  return subtopologies.findLast((subtopology) => inputTopics(subtopology).includes(topic))?.subtopologyId
}

/** The order of subtopologies means nothing, that of what is in them does. */
export function isSameTopology(one: Topology, other: Topology): boolean {
  return one === other || (one.epoch === other.epoch && textOf(one) === textOf(other))
}

function textOf({ subtopologies }: Topology): string {
  const texts = subtopologies.map((each) =>
    JSON.stringify([
      each.subtopologyId,
      each.sourceTopics,
      each.sourceTopicRegex,
      each.stateChangelogTopics.map(infoRow),
      each.repartitionSinkTopics,
      each.repartitionSourceTopics.map(infoRow),
      each.copartitionGroups.map((group) => [
        group.sourceTopics,
        group.sourceTopicRegex,
        group.repartitionSourceTopics,
      ]),
    ]),
  )
  return texts.sort().join('\n')
}

function infoRow({ name, partitions, replicationFactor, topicConfigs }: TopicInfo) {
  return [name, partitions, replicationFactor, topicConfigs.map(({ key, value }) => [key, value])]
}
