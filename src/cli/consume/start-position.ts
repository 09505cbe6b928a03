import type { Cluster } from 'kafkajs'
import { type OffsetRange, offsetRanges, offsetsAt } from '../client/offsets.ts'
import { CliFailure } from '../failure.ts'
import type { Position } from '../position.ts'
import type { Cursor } from './partition-reader.ts'

export interface ReadRequest {
  readonly topics: readonly string[]
  /** Only these partitions of every topic; all if it is left out. */
  readonly partitions: readonly number[] | undefined
  readonly from: Position
  readonly stopAtEnd: boolean
}

/** Where reading starts (and, with `stopAtEnd`, ends) in each partition that was asked for. */
export async function startCursors(cluster: Cluster, request: ReadRequest): Promise<Cursor[]> {
  const cursors: Cursor[] = []
  for (const topic of request.topics) {
    const partitions = partitionsOf(cluster, topic, request.partitions)
    const ranges = await offsetRanges(cluster, topic, partitions)
    const { from } = request
    const byTime =
      from.kind === 'time' ? await offsetsAt(cluster, topic, partitions, from.timestampMs) : undefined
    for (const partition of partitions) {
      const range = ranges.get(partition) ?? { earliest: 0, latest: 0 }
      const next = startOffset(from, range, byTime?.get(partition))
      const end = request.stopAtEnd ? range.latest : undefined
      cursors.push({ topic, partition, next, end })
    }
  }
  return cursors
}

function partitionsOf(cluster: Cluster, topic: string, asked: readonly number[] | undefined): number[] {
  const all = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
  const missing = asked?.filter((partition) => !all.includes(partition)) ?? []
  if (missing.length > 0)
    throw new CliFailure('environment', `${topic} has no partition ${missing.join(', ')}`)
  return [...new Set(asked ?? all)].sort((a, b) => a - b)
}

/** Inside the log, wherever the question pointed. */
export function startOffset(
  from: Position,
  { earliest, latest }: OffsetRange,
  byTime: number | undefined,
): number {
  switch (from.kind) {
    case 'earliest':
      return earliest
    case 'latest':
      return latest
    case 'offset':
      return Math.min(Math.max(from.offset, earliest), latest)
    case 'shift':
      return from.by < 0 ? Math.max(latest + from.by, earliest) : Math.min(earliest + from.by, latest)
    case 'time':
      return byTime === undefined || byTime < 0 ? latest : byTime
  }
}
