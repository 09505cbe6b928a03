import type { Admin, MemberDescription } from 'kafkajs'
import type { KafkaClient } from '../client/kafka-client.ts'
import { kafkaErrorName } from '../failure.ts'

export interface GroupDescription {
  readonly group: string
  readonly state: string
  readonly members: readonly { readonly id: string; readonly client: string; readonly host: string }[]
  /** Sum over the partitions whose lag is known. */
  readonly lag: number
  readonly partitions: readonly GroupPartition[]
}

/** One partition that the group has committed for, or that a member holds. */
export interface GroupPartition {
  readonly topic: string
  readonly partition: number
  /** `null` if nothing is committed. */
  readonly committed: number | null
  /** The offset after the last record; `null` if the topic is gone. */
  readonly end: number | null
  readonly lag: number | null
  readonly member: string | null
  readonly host: string | null
}

export async function describeGroup(
  admin: Admin,
  client: KafkaClient,
  group: string,
): Promise<GroupDescription> {
  const description = (await admin.describeGroups([group])).groups[0]
  const members = description?.members ?? []
  const owners = ownersOf(members, client)
  const committed = await committedOffsets(admin, group)
  const ends = await endOffsets(admin, new Set([...keysOf(committed), ...keysOf(owners)]))
  const partitions = partitionsOf(committed, owners, ends)
  return {
    group,
    state: description?.state ?? 'Unknown',
    members: members.map(({ memberId, clientId, clientHost }) => ({
      id: memberId,
      client: clientId,
      host: clientHost.replace(/^\//, ''),
    })),
    lag: partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    partitions,
  }
}

/** Something for each partition of each topic. */
type ByPartition<Value> = ReadonlyMap<string, ReadonlyMap<number, Value>>

function keysOf(table: ByPartition<unknown>): Iterable<string> {
  return table.keys()
}

/** Who was assigned which partition; members of other protocols than the consumer's have none. */
function ownersOf(
  members: readonly MemberDescription[],
  { kafkaJs }: KafkaClient,
): ByPartition<MemberDescription> {
  const owners = new Map<string, Map<number, MemberDescription>>()
  for (const member of members) {
    const decoded = kafkaJs.AssignerProtocol.MemberAssignment.decode(member.memberAssignment)
    for (const [topic, partitions] of Object.entries(decoded?.assignment ?? {})) {
      const ofTopic = owners.get(topic) ?? new Map<number, MemberDescription>()
      for (const partition of partitions) ofTopic.set(partition, member)
      owners.set(topic, ofTopic)
    }
  }
  return owners
}

export async function committedOffsets(admin: Admin, group: string): Promise<ByPartition<number>> {
  const committed = new Map<string, Map<number, number>>()
  for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group })) {
    const known = partitions.filter(({ offset }) => offset !== '-1')
    committed.set(topic, new Map(known.map(({ partition, offset }) => [partition, Number(offset)])))
  }
  return committed
}

async function endOffsets(admin: Admin, topics: ReadonlySet<string>): Promise<ByPartition<number>> {
  const ends = new Map<string, Map<number, number>>()
  for (const topic of topics) {
    try {
      const offsets = await admin.fetchTopicOffsets(topic)
      ends.set(topic, new Map(offsets.map(({ partition, high }) => [partition, Number(high)])))
    } catch (error) {
      // What was committed outlives its topic.
      if (kafkaErrorName(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
    }
  }
  return ends
}

function partitionsOf(
  committed: ByPartition<number>,
  owners: ByPartition<MemberDescription>,
  ends: ByPartition<number>,
): GroupPartition[] {
  const rows: GroupPartition[] = []
  for (const topic of [...new Set([...keysOf(committed), ...keysOf(owners)])].sort()) {
    const numbers = new Set([...(committed.get(topic)?.keys() ?? []), ...(owners.get(topic)?.keys() ?? [])])
    for (const partition of [...numbers].sort((a, b) => a - b)) {
      const offset = committed.get(topic)?.get(partition) ?? null
      const end = ends.get(topic)?.get(partition) ?? null
      const owner = owners.get(topic)?.get(partition)
      rows.push({
        topic,
        partition,
        committed: offset,
        end,
        lag: offset === null || end === null ? null : Math.max(0, end - offset),
        member: owner?.memberId ?? null,
        host: owner?.clientHost.replace(/^\//, '') ?? null,
      })
    }
  }
  return rows
}
