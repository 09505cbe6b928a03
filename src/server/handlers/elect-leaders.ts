/**
 * ElectLeaders v0–2: has the preferred replicas lead again (KIP-183), or, from v1 on, any replica that lives where nobody
 * leads (KIP-460). Without a list it is about all partitions, and tells only of those that needed an election.
 */
import type { ElectionResult, Elections } from '../../replication/elections.ts'
import type { MetadataImage } from '../../replication/metadata/image.ts'
import { electLeaders } from '../../wire/apis/elect-leaders.ts'
import { errorCodes, KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

type Request = RequestOf<typeof electLeaders>

/** Kafka's numbers of elections (`ElectionType`). */
const electionTypes = ['preferred', 'unclean'] as const

export function electLeadersHandler(elections: Elections): Handler<typeof electLeaders> {
  return {
    api: electLeaders,
    async handle({ electionType, topicPartitions }) {
      if (topicPartitions?.length === 0) return { errorCode: NONE, replicaElectionResults: [] }
      const type = electionTypes[electionType]
      if (type === undefined) throw new KafkaError('INVALID_REQUEST', `Unknown election type ${electionType}`)
      const asked = topicPartitions ?? everyPartition(elections.image)
      const results = await elections.elect(
        type,
        asked.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition }))),
      )
      let next = 0
      return {
        errorCode: NONE,
        replicaElectionResults: asked.map(({ topic, partitions }) => {
          const rows = partitions.map((partitionId) => row(partitionId, results[next++]))
          return { topic, partitionResult: topicPartitions === null ? rows.filter(wasNeeded) : rows }
        }),
      }
    },
    refuse: ({ topicPartitions }, error) => ({
      errorCode: error.code,
      replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
        topic,
        partitionResult: partitions.map((partitionId) => row(partitionId, error)),
      })),
    }),
  }
}

function everyPartition(image: MetadataImage): NonNullable<Request['topicPartitions']> {
  return [...image.topics.values()].map(({ name, partitions }) => ({
    topic: name,
    partitions: [...partitions.keys()],
  }))
}

function row(partitionId: number, result: ElectionResult | undefined) {
  return {
    partitionId,
    errorCode: result?.code ?? NONE,
    errorMessage: result === undefined ? null : result.message,
  }
}

function wasNeeded({ errorCode }: { readonly errorCode: number }): boolean {
  return errorCode !== errorCodes.ELECTION_NOT_NEEDED
}
