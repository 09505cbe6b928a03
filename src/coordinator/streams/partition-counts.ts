import { KafkaError } from '../../wire/errors.ts'
import type { GroupTopics } from '../group-topics.ts'
import { type CopartitionGroup, inputTopics, type Subtopology, type Topology } from './topology.ts'

/** Why tasks can't run yet although the topology is sound: what is told to members in their heartbeats. */
export class TopicsUnfit extends Error {
  constructor(
    readonly status: 'MISSING_SOURCE_TOPICS' | 'INCORRECTLY_PARTITIONED_TOPICS' | 'MISSING_INTERNAL_TOPICS',
    message: string,
  ) {
    super(message)
  }
}

type CountOf = (topic: string) => number | undefined

/**
 * How many partitions each internal topic is to have: a repartition topic as many as the application says, else as the
 * largest input of what writes to it, made even within groups of topics that are joined; a changelog as many as there
 * are tasks. Topics that exist count as they are. Throws `TopicsUnfit`, or STREAMS_INVALID_TOPOLOGY.
 *
 * Source: apache/kafka `InternalTopicManager.java`, `RepartitionTopics.java`, `CopartitionedTopicsEnforcer.java`,
 * `ChangelogTopics.java` of 4.4.
 */
export function decidePartitionCounts(
  { subtopologies }: Topology,
  cluster: GroupTopics,
): ReadonlyMap<string, number> {
  const decided = new Map<string, number>()
  const countOf: CountOf = (topic) => cluster.topics.get(topic)?.partitions.length ?? decided.get(topic)
  for (const [topic, count] of repartitionCounts(subtopologies, countOf)) decided.set(topic, count)
  for (const subtopology of subtopologies)
    for (const group of subtopology.copartitionGroups)
      for (const [topic, count] of evenCounts(membersOf(group, subtopology), subtopologies, countOf))
        decided.set(topic, count)
  for (const subtopology of subtopologies) {
    const count = taskCount(subtopology, countOf)
    for (const { name } of subtopology.stateChangelogTopics) decided.set(name, count)
  }
  return decided
}

/** As many as the largest input has partitions. */
export function taskCount(subtopology: Subtopology, countOf: CountOf): number {
  const counts = inputTopics(subtopology).map((topic) => known(topic, countOf))
  if (counts.length === 0)
    throw invalid(`No source topics found for subtopology ${subtopology.subtopologyId}`)
  return Math.max(...counts)
}

function repartitionCounts(
  subtopologies: readonly Subtopology[],
  countOf: CountOf,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const sources = subtopologies.flatMap(({ repartitionSourceTopics }) => repartitionSourceTopics)
  for (const { name, partitions } of sources) if (partitions !== 0) counts.set(name, partitions)
  // What one subtopology writes another may read and pass on: each turn decides what follows from the last one.
  for (;;) {
    const open = subtopologies.filter(({ repartitionSinkTopics: sinks }) =>
      sinks.some((topic) => !counts.has(topic)),
    )
    if (open.length === 0) break
    if (!open.map((subtopology) => decideSinks(subtopology, counts, countOf)).includes(true))
      throw invalid(
        'Failed to compute number of partitions for all repartition topics. There may be loops in the topology that cannot be resolved.',
      )
  }
  if (sources.some(({ name }) => !counts.has(name)))
    throw invalid(
      'Failed to compute number of partitions for all repartition topics, because a repartition source topic is never used as a sink topic.',
    )
  return counts
}

/** Whether enough is known of what the subtopology reads. */
function decideSinks(subtopology: Subtopology, counts: Map<string, number>, countOf: CountOf): boolean {
  const inputs = [
    ...subtopology.repartitionSourceTopics.map(({ name }) => counts.get(name)),
    ...subtopology.sourceTopics.map(countOf),
  ].filter((count) => count !== undefined)
  if (inputs.length === 0) return false
  for (const topic of subtopology.repartitionSinkTopics)
    if (!counts.has(topic)) counts.set(topic, Math.max(...inputs))
  return true
}

function membersOf(group: CopartitionGroup, subtopology: Subtopology): ReadonlySet<string> {
  const sources = group.sourceTopics.map((at) => subtopology.sourceTopics[at])
  const repartitioned = group.repartitionSourceTopics.map(
    (at) => subtopology.repartitionSourceTopics[at]?.name,
  )
  const topics = new Set<string>()
  for (const topic of [...sources, ...repartitioned]) {
    if (topic === undefined)
      throw invalid(`A copartition group of subtopology ${subtopology.subtopologyId} names no topic of it.`)
    topics.add(topic)
  }
  return topics
}

function evenCounts(
  group: ReadonlySet<string>,
  subtopologies: readonly Subtopology[],
  countOf: CountOf,
): ReadonlyMap<string, number> {
  const infos = subtopologies.flatMap(({ repartitionSourceTopics }) => repartitionSourceTopics)
  const flexible = new Set(infos.filter(({ partitions }) => partitions === 0).map(({ name }) => name))
  const fixed = new Set(infos.filter(({ partitions }) => partitions !== 0).map(({ name }) => name))
  const topics = [...group]
  const repartitioned = topics.filter((topic) => fixed.has(topic) || flexible.has(topic))
  const external = topics.filter((topic) => !repartitioned.includes(topic))
  if (topics.length === 0) return new Map()
  const count = evenCount(repartitioned, external, [...fixed], countOf)
  for (const topic of repartitioned) {
    if (!fixed.has(topic) || known(topic, countOf) === count) continue
    throw new TopicsUnfit(
      'INCORRECTLY_PARTITIONED_TOPICS',
      `Number of partitions [${known(topic, countOf)}] of repartition topic [${topic}] doesn't match number of partitions [${count}] of the source topic.`,
    )
  }
  return new Map(repartitioned.map((topic) => [topic, count]))
}

/** Topics of others decide, then what the application has fixed: anywhere in it, as in Kafka. */
function evenCount(
  repartitioned: readonly string[],
  external: readonly string[],
  fixed: readonly string[],
  countOf: CountOf,
): number {
  if (external.length > 0) return sameCount(external, external, countOf)
  if (fixed.length > 0) return sameCount(fixed, repartitioned, countOf)
  return Math.max(...repartitioned.map((topic) => known(topic, countOf)))
}

function sameCount(topics: readonly string[], shown: readonly string[], countOf: CountOf): number {
  const [count = 0, ...others] = topics.map((topic) => known(topic, countOf))
  if (others.every((other) => other === count)) return count
  const counts = [...shown].sort().map((topic) => `${topic}=${known(topic, countOf)}`)
  throw new TopicsUnfit(
    'INCORRECTLY_PARTITIONED_TOPICS',
    `Following topics do not have the same number of partitions: [{${counts.join(', ')}}]`,
  )
}

function known(topic: string, countOf: CountOf): number {
  const count = countOf(topic)
  if (count === undefined) throw invalid(`Number of partitions is not set for topic: ${topic}`)
  return count
}

function invalid(message: string): KafkaError {
  return new KafkaError('STREAMS_INVALID_TOPOLOGY', message)
}
