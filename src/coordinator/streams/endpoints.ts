import type { GroupTopics } from '../group-topics.ts'
import type { PartitionsById } from '../modern/assignment.ts'
import type { ConfiguredTopology } from './configured-topology.ts'
import type { Endpoint, StreamsMember } from './group.ts'
import { rowsOf } from './tasks.ts'
import { inputTopics } from './topology.ts'

export interface EndpointPartitions {
  readonly userEndpoint: Endpoint
  readonly activePartitions: readonly TopicPartitions[]
  readonly standbyPartitions: readonly TopicPartitions[]
}

export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

/**
 * What can be asked for where (interactive queries): for every member that gives an endpoint, what its tasks read.
 * Source: apache/kafka `EndpointToPartitionsManager.java` of 4.4.
 */
export function partitionsByEndpoint(
  members: Iterable<StreamsMember>,
  topology: ConfiguredTopology,
  cluster: GroupTopics,
): EndpointPartitions[] {
  const result: EndpointPartitions[] = []
  for (const { userEndpoint, assigned } of members) {
    if (userEndpoint === null) continue
    const inputs = (tasks: PartitionsById) => inputsOf(tasks, topology, cluster)
    result.push({
      userEndpoint,
      activePartitions: inputs(assigned.active),
      standbyPartitions: [...inputs(assigned.standby), ...inputs(assigned.warmup)],
    })
  }
  return result
}

function inputsOf(
  tasks: PartitionsById,
  { subtopologies }: ConfiguredTopology,
  { topics }: GroupTopics,
): TopicPartitions[] {
  return rowsOf(tasks).flatMap(({ subtopologyId, partitions }) => {
    const subtopology = subtopologies?.get(subtopologyId)
    if (subtopology === undefined) return []
    return inputTopics(subtopology).flatMap((topic) => {
      const count = topics.get(topic)?.partitions.length ?? 0
      const there = partitions.filter((partition) => partition < count)
      return there.length === 0 ? [] : [{ topic, partitions: there }]
    })
  })
}
