import type { GroupTopics } from '../group-topics.ts'
import { decidePartitionCounts, TopicsUnfit, taskCount } from './partition-counts.ts'
import { requiredTopics, type Subtopology, type TopicInfo, type Topology } from './topology.ts'

/** A topology with its partition counts as the topics of the cluster make them. */
export interface ConfiguredTopology {
  /** By id, in the order of ids; undefined where nothing can be said yet. */
  readonly subtopologies: ReadonlyMap<string, ConfiguredSubtopology> | undefined
  /** Internal topics that there are to be and aren't. */
  readonly missingTopics: readonly TopicInfo[]
  /** Why no tasks can run, if so. */
  readonly problem: TopicsUnfit | undefined
}

export interface ConfiguredSubtopology extends Subtopology {
  readonly taskCount: number
  readonly isStateful: boolean
}

/** Throws STREAMS_INVALID_TOPOLOGY when no topics could make it work. */
export function configureTopology(topology: Topology, cluster: GroupTopics): ConfiguredTopology {
  try {
    requireSourceTopics(topology, cluster)
    const counts = decidePartitionCounts(topology, cluster)
    const subtopologies = new Map(
      [...topology.subtopologies]
        .sort((one, other) => (one.subtopologyId < other.subtopologyId ? -1 : 1))
        .map((subtopology) => [subtopology.subtopologyId, configured(subtopology, counts, cluster)]),
    )
    const missingTopics = missing(subtopologies, topology, cluster)
    const problem =
      missingTopics.length === 0
        ? undefined
        : new TopicsUnfit(
            'MISSING_INTERNAL_TOPICS',
            `Internal topics are missing: ${summary(missingTopics.map(({ name }) => name))}`,
          )
    return { subtopologies, missingTopics, problem }
  } catch (error) {
    if (!(error instanceof TopicsUnfit)) throw error
    return { subtopologies: undefined, missingTopics: [], problem: error }
  }
}

function requireSourceTopics({ subtopologies }: Topology, { topics }: GroupTopics): void {
  const names = new Set(subtopologies.flatMap(({ sourceTopics }) => sourceTopics))
  const absent = [...names].filter((name) => !topics.has(name)).sort()
  if (absent.length > 0)
    throw new TopicsUnfit('MISSING_SOURCE_TOPICS', `Source topics ${summary(absent)} are missing.`)
}

function configured(
  subtopology: Subtopology,
  counts: ReadonlyMap<string, number>,
  { topics }: GroupTopics,
): ConfiguredSubtopology {
  const withCount = (info: TopicInfo): TopicInfo =>
    info.partitions === 0 ? { ...info, partitions: counts.get(info.name) ?? 0 } : info
  return {
    ...subtopology,
    taskCount: taskCount(subtopology, (name) => topics.get(name)?.partitions.length ?? counts.get(name)),
    isStateful: subtopology.stateChangelogTopics.length > 0,
    repartitionSourceTopics: subtopology.repartitionSourceTopics.map(withCount),
    stateChangelogTopics: subtopology.stateChangelogTopics.map(withCount),
  }
}

function missing(
  subtopologies: ReadonlyMap<string, ConfiguredSubtopology>,
  topology: Topology,
  { topics }: GroupTopics,
): TopicInfo[] {
  const expected = new Map<string, TopicInfo>()
  for (const { repartitionSourceTopics, stateChangelogTopics } of subtopologies.values())
    for (const info of [...repartitionSourceTopics, ...stateChangelogTopics]) expected.set(info.name, info)
  for (const name of requiredTopics(topology)) {
    const found = topics.get(name)?.partitions.length
    const info = expected.get(name)
    if (found === undefined || info === undefined) continue
    if (found !== info.partitions)
      throw new TopicsUnfit(
        'INCORRECTLY_PARTITIONED_TOPICS',
        `Existing topic ${name} has different number of partitions: expected ${info.partitions}, found ${found}`,
      )
    expected.delete(name)
  }
  return [...expected.values()]
}

const SHOWN = 3

function summary(topics: readonly string[]): string {
  const shown = topics.slice(0, SHOWN).join(', ')
  return topics.length > SHOWN ? `${shown} and ${topics.length - SHOWN} additional topics` : shown
}
