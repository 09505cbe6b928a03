import { KafkaError } from '../wire/errors.ts'
import type { ClusterMetadata } from './cluster-metadata.ts'
import type { MetadataImage, PartitionImage } from './metadata/image.ts'
import { type PartitionRecord, partitionKey } from './metadata/records.ts'

export interface ElectionPlace {
  readonly topic: string
  readonly partition: number
}

/** `preferred`: the first of the replicas leads again. `unclean`: a replica that lives leads, though it may lack records. */
export type ElectionKind = 'preferred' | 'unclean'

/** Nothing when the leader was elected, else why not. */
export type ElectionResult = KafkaError | undefined

/** Elections that somebody asks for. Rules and errors are those of apache/kafka `ReplicationControlManager.electLeaders`. */
export class Elections {
  constructor(private readonly metadata: ClusterMetadata) {}

  get image(): MetadataImage {
    return this.metadata.image
  }

  /** Holds an election for each place; the results are in their order. */
  async elect(kind: ElectionKind, places: readonly ElectionPlace[]): Promise<ElectionResult[]> {
    return await Promise.all(places.map((place) => this.#elect(kind, place)))
  }

  async #elect(kind: ElectionKind, place: ElectionPlace): Promise<ElectionResult> {
    const topic = this.image.topics.get(place.topic)
    if (topic === undefined)
      return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `No such topic as ${place.topic}`)
    const partition = topic.partitions[place.partition]
    if (partition === undefined)
      return new KafkaError(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `No such partition as ${place.topic}-${place.partition}`,
      )
    const elected = kind === 'preferred' ? preferred(partition, this.image) : unclean(partition, this.image)
    if (elected instanceof KafkaError) return elected
    const key = partitionKey(topic.id, place.partition)
    const applied = await this.metadata.commit({
      compares: [{ key, modRevision: partition.partitionEpoch }],
      puts: [{ key, value: JSON.stringify(elected) }],
    })
    // Somebody else changed the partition meanwhile: look again.
    return applied ? undefined : this.#elect(kind, place)
  }
}

function preferred(partition: PartitionImage, { brokers }: MetadataImage): PartitionRecord | KafkaError {
  const { leader, leaderEpoch, isr, replicas } = partition
  const [first] = replicas
  if (first === leader) return notNeeded()
  if (first === undefined || !brokers.has(first) || !isr.includes(first))
    return new KafkaError(
      'PREFERRED_LEADER_NOT_AVAILABLE',
      'The preferred leader was not available for the topic partition.',
    )
  return { leader: first, leaderEpoch: leaderEpoch + 1, isr, replicas }
}

function unclean(partition: PartitionImage, { brokers }: MetadataImage): PartitionRecord | KafkaError {
  const { leader, leaderEpoch, isr, replicas } = partition
  if (brokers.has(leader)) return notNeeded()
  const inSync = replicas.find((replica) => brokers.has(replica) && isr.includes(replica))
  const elected = inSync ?? replicas.find((replica) => brokers.has(replica))
  if (elected === undefined)
    return new KafkaError(
      'ELIGIBLE_LEADERS_NOT_AVAILABLE',
      'Eligible topic partition leaders are not available.',
    )
  // Whoever was in sync with the old leader is not with one that may lack records.
  return {
    leader: elected,
    leaderEpoch: leaderEpoch + 1,
    isr: inSync === undefined ? [elected] : isr,
    replicas,
  }
}

function notNeeded(): KafkaError {
  return new KafkaError('ELECTION_NOT_NEEDED', 'Leader election not needed for topic partition.')
}
