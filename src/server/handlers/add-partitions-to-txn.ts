import { EPOCH_PER_TRANSACTION } from '../../coordinator/transactions/end-transaction.ts'
import {
  includes,
  type PartitionsByTopic,
  type ProducerIdentity,
} from '../../coordinator/transactions/transaction.ts'
import type { TransactionCoordinator } from '../../coordinator/transactions/transaction-coordinator.ts'
import { addPartitionsToTxn } from '../../wire/apis/add-partitions-to-txn.ts'
import { errorCodes, KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'
import { knownFencing } from '../transactions/fencing.ts'

type Request = RequestOf<typeof addPartitionsToTxn>
type Asked = Request['transactions'][number]
type TopicResults = NonNullable<ResponseOf<typeof addPartitionsToTxn>['resultsByTopicV3AndBelow']>

const FIRST_TO_KNOW_FENCING = 2
const FIRST_BATCHED_VERSION = 4

/** Tells whether a partition exists. */
type FindPartition = (topic: string, partition: number) => object | undefined

/**
 * Adds partitions to transactions, or checks that they are in them. If one partition of a transaction doesn't exist
 * none is added. Source: apache/kafka `KafkaApis.handleAddPartitionsToTxnRequest`.
 */
export function addPartitionsToTxnHandler(
  transactions: TransactionCoordinator,
  find: FindPartition,
): Handler<typeof addPartitionsToTxn> {
  return {
    api: addPartitionsToTxn,
    async handle(request, { apiVersion }) {
      const asked = apiVersion >= FIRST_BATCHED_VERSION ? request.transactions : [oldStyle(request)]
      const results = await Promise.all(asked.map((each) => answer(each, apiVersion, transactions, find)))
      if (apiVersion < FIRST_BATCHED_VERSION) return { resultsByTopicV3AndBelow: results[0] ?? [] }
      return {
        errorCode: NONE,
        resultsByTransaction: asked.map(({ transactionalId }, at) => ({
          transactionalId,
          topicResults: results[at] ?? [],
        })),
      }
    },
    refuse(request, error, { apiVersion }) {
      if (apiVersion >= FIRST_BATCHED_VERSION) return { errorCode: error.code, resultsByTransaction: [] }
      return { resultsByTopicV3AndBelow: allAnswered(oldStyle(request), error.code) }
    },
  }
}

function oldStyle(request: Request): Asked {
  return {
    transactionalId: request.v3AndBelowTransactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
    verifyOnly: false,
    topics: request.v3AndBelowTopics,
  }
}

async function answer(
  asked: Asked,
  apiVersion: number,
  transactions: TransactionCoordinator,
  find: FindPartition,
): Promise<TopicResults> {
  if (hasUnknown(asked, find)) return unknownAnswered(asked, find)
  try {
    if (asked.transactionalId === '') throw new KafkaError('INVALID_REQUEST')
    const member = { transactionalId: asked.transactionalId, ...identityOf(asked) }
    if (asked.verifyOnly) return verified(asked, await verify(transactions, member))
    const transactionVersion = apiVersion >= FIRST_BATCHED_VERSION ? EPOCH_PER_TRANSACTION : 0
    await add(transactions, { ...member, partitions: partitionsOf(asked), transactionVersion })
    return allAnswered(asked, NONE)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return allAnswered(asked, errorCodes[knownFencing(error, apiVersion, FIRST_TO_KNOW_FENCING)])
  }
}

function identityOf({ producerId, producerEpoch }: ProducerIdentity): ProducerIdentity {
  return { producerId, producerEpoch }
}

function add(
  transactions: TransactionCoordinator,
  intent: Parameters<TransactionCoordinator['addPartitions']>[0],
): Promise<void> {
  return new Promise((resolve, reject) => {
    transactions.addPartitions(intent, (error) => (error === undefined ? resolve() : reject(error)))
  })
}

function verify(
  transactions: TransactionCoordinator,
  member: Parameters<TransactionCoordinator['verify']>[0],
): Promise<PartitionsByTopic> {
  return new Promise((resolve, reject) => {
    transactions.verify(member, (found) => (found instanceof KafkaError ? reject(found) : resolve(found)))
  })
}

function partitionsOf({ topics }: Asked): PartitionsByTopic {
  const partitions = new Map<string, Set<number>>()
  for (const { name, partitions: indexes } of topics)
    partitions.set(name, new Set([...(partitions.get(name) ?? []), ...indexes]))
  return partitions
}

function hasUnknown({ topics }: Asked, find: FindPartition): boolean {
  return topics.some(({ name, partitions }) => partitions.some((index) => find(name, index) === undefined))
}

function unknownAnswered(asked: Asked, find: FindPartition): TopicResults {
  return resultsOf(asked, (topic, index) =>
    find(topic, index) === undefined
      ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION
      : errorCodes.OPERATION_NOT_ATTEMPTED,
  )
}

function verified(asked: Asked, found: PartitionsByTopic): TopicResults {
  return resultsOf(asked, (topic, index) =>
    includes(found, topic, index) ? NONE : errorCodes.TRANSACTION_ABORTABLE,
  )
}

function allAnswered(asked: Asked, errorCode: number): TopicResults {
  return resultsOf(asked, () => errorCode)
}

function resultsOf({ topics }: Asked, codeOf: (topic: string, index: number) => number): TopicResults {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: codeOf(name, partitionIndex),
    })),
  }))
}
