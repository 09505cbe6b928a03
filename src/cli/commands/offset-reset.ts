import type { Cluster } from 'kafkajs'
import type { Connection } from '../client/connection.ts'
import { withAdmin, withCluster } from '../client/kafka-client.ts'
import { offsetRanges, offsetsAt } from '../client/offsets.ts'
import { CliFailure, kafkaErrorName, usage } from '../failure.ts'
import { type Position, parsePosition } from '../position.ts'
import { committedOffsets } from './group-description.ts'
import { requireTopics } from './topic-description.ts'

export interface ResetRequest {
  readonly group: string
  /** Each `topic` or `topic:0,2`. */
  readonly topics: readonly string[]
  readonly to: string
  readonly dryRun: boolean
}

export interface OffsetMove {
  readonly topic: string
  readonly partition: number
  /** What was committed before; `null` for nothing. */
  readonly from: number | null
  readonly to: number
}

/** Works out where the group's offsets shall be and commits them there, all or (with an error) as many as it could. */
export async function resetOffsets(connection: Connection, request: ResetRequest): Promise<OffsetMove[]> {
  const position = parsePosition('--to', request.to)
  const wanted = request.topics.map(parseTopic)
  return withAdmin(connection, async (admin, { kafka }) => {
    const names = wanted.map(({ topic }) => topic)
    requireTopics(await admin.listTopics(), names)
    const committed = await committedOffsets(admin, request.group)
    return withCluster(kafka, { readUncommitted: true }, async (cluster) => {
      await cluster.addMultipleTargetTopics(names)
      const moves: OffsetMove[] = []
      for (const { topic, partitions } of wanted) {
        const before = committed.get(topic) ?? new Map<number, number>()
        const after = await targets(cluster, topic, partitions, position, before)
        for (const [partition, to] of after)
          moves.push({ topic, partition, from: before.get(partition) ?? null, to })
      }
      if (!request.dryRun) await commit(cluster, request.group, moves)
      return moves
    })
  })
}

function parseTopic(text: string): { topic: string; partitions: number[] | undefined } {
  const [topic = '', list] = text.split(':')
  if (list === undefined) return { topic, partitions: undefined }
  if (!/^\d+(?:,\d+)*$/.test(list)) throw usage(`--topic must be topic or topic:0,2, not "${text}"`)
  return { topic, partitions: list.split(',').map(Number) }
}

async function targets(
  cluster: Cluster,
  topic: string,
  asked: readonly number[] | undefined,
  position: Position,
  committed: ReadonlyMap<number, number>,
): Promise<Map<number, number>> {
  const all = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
  const missing = asked?.filter((partition) => !all.includes(partition)) ?? []
  if (missing.length > 0)
    throw new CliFailure('environment', `${topic} has no partition ${missing.join(', ')}`)
  const partitions = [...(asked ?? all)].sort((a, b) => a - b)
  const ranges = await offsetRanges(cluster, topic, partitions)
  const byTime =
    position.kind === 'time' ? await offsetsAt(cluster, topic, partitions, position.timestampMs) : undefined
  const result = new Map<number, number>()
  for (const partition of partitions) {
    const { earliest, latest } = ranges.get(partition) ?? { earliest: 0, latest: 0 }
    const at = placed(position, committed.get(partition), byTime?.get(partition), { earliest, latest })
    // Like Kafka's own tool: an offset outside the log would only be corrected by the next consumer's reset policy.
    result.set(partition, Math.min(Math.max(at, earliest), latest))
  }
  return result
}

function placed(
  position: Position,
  committed: number | undefined,
  byTime: number | undefined,
  { earliest, latest }: { earliest: number; latest: number },
): number {
  switch (position.kind) {
    case 'earliest':
      return earliest
    case 'latest':
      return latest
    case 'offset':
      return position.offset
    case 'shift':
      return (committed ?? earliest) + position.by
    case 'time':
      return byTime === undefined || byTime < 0 ? latest : byTime
  }
}

/** Generation -1 and no member id: what the broker takes from outside a group, as long as the group has no members. */
async function commit(cluster: Cluster, group: string, moves: readonly OffsetMove[]): Promise<void> {
  const byTopic = new Map<string, { partition: number; offset: string }[]>()
  for (const { topic, partition, to } of moves) {
    const ofTopic = byTopic.get(topic) ?? []
    ofTopic.push({ partition, offset: String(to) })
    byTopic.set(topic, ofTopic)
  }
  const coordinator = await cluster.findGroupCoordinator({ groupId: group })
  try {
    await coordinator.offsetCommit({
      groupId: group,
      groupGenerationId: -1,
      memberId: '',
      topics: [...byTopic].map(([topic, partitions]) => ({ topic, partitions })),
    })
  } catch (error) {
    if (kafkaErrorName(error) !== 'UNKNOWN_MEMBER_ID') throw error
    throw new CliFailure('environment', `group ${group} has members; stop them first`, { cause: error })
  }
}
