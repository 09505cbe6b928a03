import type { Cluster } from 'kafkajs'

/** Names of Kafka's special timestamps in a ListOffsets request. */
const LATEST = -1
const EARLIEST = -2

export interface OffsetRange {
  readonly earliest: number
  readonly latest: number
}

/** The first offset and the one after the last, for each partition; what "last" is depends on the isolation level. */
export async function offsetRanges(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
): Promise<Map<number, OffsetRange>> {
  const [earliest, latest] = await Promise.all([
    offsetsAt(cluster, topic, partitions, EARLIEST),
    offsetsAt(cluster, topic, partitions, LATEST),
  ])
  return new Map(
    partitions.map((partition) => [
      partition,
      { earliest: earliest.get(partition) ?? 0, latest: latest.get(partition) ?? 0 },
    ]),
  )
}

/** The offset of the first record with this timestamp or a later one; -1 where there is none. */
export async function offsetsAt(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  timestampMs: number,
): Promise<Map<number, number>> {
  const asked = partitions.map((partition) => ({ partition }))
  const [answer] = await cluster.fetchTopicsOffset([{ topic, partitions: asked, fromTimestamp: timestampMs }])
  return new Map((answer?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]))
}
