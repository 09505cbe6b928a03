/**
 * AlterPartitionReassignments v0–1: gives partitions other replicas, or calls such a move off (KIP-455). The replicas of
 * a lone broker can only stay where they are, which is answered as done; every other wish names a broker that isn't there.
 * v1 can forbid that the number of replicas changes (KIP-860).
 *
 * Source: apache/kafka `ReplicationControlManager.alterPartitionReassignments`, and what a single node of it answers.
 */
import type { MetadataImage, PartitionImage } from '../../replication/metadata/image.ts'
import { brokerIds } from '../../replication/topic-plan.ts'
import { alterPartitionReassignments } from '../../wire/apis/alter-partition-reassignments.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

type Request = RequestOf<typeof alterPartitionReassignments>
type Wish = Request['topics'][number]['partitions'][number]

export function alterPartitionReassignmentsHandler(
  image: () => MetadataImage,
): Handler<typeof alterPartitionReassignments> {
  return {
    api: alterPartitionReassignments,
    handle: ({ topics, allowReplicationFactorChange }) => ({
      allowReplicationFactorChange,
      errorCode: NONE,
      errorMessage: topics.length === 0 ? '' : null,
      responses: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((wish) =>
          row(wish, errorOf(image(), name, wish, allowReplicationFactorChange)),
        ),
      })),
    }),
    refuse: ({ topics, allowReplicationFactorChange }, error) => ({
      allowReplicationFactorChange,
      errorCode: error.code,
      errorMessage: error.message,
      responses: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((wish) => row(wish, error)),
      })),
    }),
  }
}

/** Why a wish can't be fulfilled; nothing when the partition is as wished already. */
function errorOf(
  image: MetadataImage,
  name: string,
  { partitionIndex, replicas }: Wish,
  mayChangeCount: boolean,
): KafkaError | undefined {
  const topic = image.topics.get(name)
  if (topic === undefined)
    return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find a topic named ${name}.`)
  const partition = topic.partitions[partitionIndex]
  if (partition === undefined)
    return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find partition ${name}:${partitionIndex}.`)
  if (replicas === null) return new KafkaError('NO_REASSIGNMENT_IN_PROGRESS')
  return refusalOf(image, partition, replicas, mayChangeCount)
}

function refusalOf(
  image: MetadataImage,
  partition: PartitionImage,
  replicas: readonly number[],
  mayChangeCount: boolean,
): KafkaError | undefined {
  const refused = (why: string) => new KafkaError('INVALID_REPLICA_ASSIGNMENT', why)
  if (replicas.length === 0) return refused('The manual partition assignment includes an empty replica list.')
  const sorted = [...replicas].sort((one, other) => one - other)
  const double = sorted.find((id, at) => id === sorted[at + 1])
  if (double !== undefined)
    return refused(`The manual partition assignment includes the broker ${double} more than once.`)
  const stranger = sorted.find((id) => !brokerIds(image).includes(id))
  if (stranger !== undefined)
    return refused(
      `The manual partition assignment includes broker ${stranger}, but no such broker is registered.`,
    )
  if (!mayChangeCount && replicas.length !== partition.replicas.length)
    return new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `The replication factor is changed from ${partition.replicas.length} to ${replicas.length}`,
    )
  return replicas.every((id, at) => id === partition.replicas[at])
    ? undefined
    : refused('This broker has nothing to copy the partition from.')
}

function row({ partitionIndex }: Wish, error: KafkaError | undefined) {
  // Kafka leaves the message away where the code says it all.
  const says = error !== undefined && error.message !== error.error
  return { partitionIndex, errorCode: error?.code ?? NONE, errorMessage: says ? error.message : null }
}
