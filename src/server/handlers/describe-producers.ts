import type { Partitions } from '../../replication/partitions.ts'
import { requireTopicName } from '../../replication/topic-name.ts'
import type { ProducerEntry } from '../../storage/producer-entry.ts'
import { describeProducers } from '../../wire/apis/describe-producers.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { ResponseOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

type PartitionAnswer = ResponseOf<typeof describeProducers>['topics'][number]['partitions'][number]
type ActiveProducer = PartitionAnswer['activeProducers'][number]

/** Says which idempotent and transactional producers a partition's leader remembers (KIP-664). */
export function describeProducersHandler(partitions: Partitions): Handler<typeof describeProducers> {
  return {
    api: describeProducers,
    handle: ({ topics }) => ({
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((index) => describe(name, index, partitions)),
      })),
    }),
    refuse: ({ topics }, error) => ({
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((index) => refused(index, error)),
      })),
    }),
  }
}

function describe(topic: string, partitionIndex: number, partitions: Partitions): PartitionAnswer {
  try {
    requireTopicName(topic)
    const partition = partitions.require(topic, partitionIndex)
    partition.requireLeader(-1)
    return {
      partitionIndex,
      errorCode: NONE,
      activeProducers: [...partition.log.producers.entries()].map(activeProducer),
    }
  } catch (error) {
    if (error instanceof KafkaError) return refused(partitionIndex, error)
    throw error
  }
}

function activeProducer(entry: ProducerEntry): ActiveProducer {
  return {
    producerId: entry.producerId,
    producerEpoch: entry.epoch,
    lastSequence: entry.lastSequence,
    lastTimestamp: entry.lastTimestamp,
    coordinatorEpoch: entry.coordinatorEpoch,
    currentTxnStartOffset: entry.transactionFirstOffset ?? -1,
  }
}

function refused(partitionIndex: number, error: KafkaError): PartitionAnswer {
  return { partitionIndex, errorCode: error.code, errorMessage: error.message, activeProducers: [] }
}
