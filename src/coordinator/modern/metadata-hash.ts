import { crc32c } from '../../wire/crc32c.ts'
import type { GroupTopic, GroupTopics } from '../group-topics.ts'

/**
 * A hash of everything about the subscribed topics that an assignment rests on: which exist, their ids, how many
 * partitions they have and in which racks those lie (KIP-1101). 0 without topics.
 */
export function metadataHash(names: Iterable<string>, cluster: GroupTopics): bigint {
  const hashes: string[] = []
  for (const name of [...names].sort()) {
    const topic = cluster.topics.get(name)
    if (topic !== undefined) hashes.push(topicText(topic, cluster))
  }
  return hashes.length === 0 ? 0n : hash64(hashes.join('\n'))
}

function topicText({ id, name, partitions }: GroupTopic, { brokers }: GroupTopics): string {
  const racks = partitions.map(({ replicas }) =>
    replicas
      .map((broker) => brokers.get(broker)?.rack ?? '')
      .sort()
      .join(','),
  )
  return [id, name, partitions.length, ...racks].join(' ')
}

function hash64(text: string): bigint {
  const bytes = Buffer.from(text)
  const reversed = Buffer.from(bytes).reverse()
  return BigInt.asIntN(64, (BigInt(crc32c(bytes)) << 32n) | BigInt(crc32c(reversed)))
}
