/**
 * Adding partitions to a transaction, which begins with the first of them, and checking whether partitions are in it.
 *
 * Source: apache/kafka `TransactionCoordinator.handleAddPartitionsToTransaction`, `handleVerifyPartitionsInTransaction`.
 */
import { KafkaError } from '../../wire/errors.ts'
import {
  includesAll,
  isEnding,
  type PartitionsByTopic,
  type ProducerIdentity,
  stepOf,
  type Transaction,
  union,
} from './transaction.ts'

export interface TransactionMember extends ProducerIdentity {
  readonly transactionalId: string
}

export interface AddPartitions extends TransactionMember {
  readonly partitions: PartitionsByTopic
  /** 2 when the partition is added by a write to it (KIP-890), else 0. */
  readonly transactionVersion: number
}

/**
 * What is to be written; nothing when all partitions are in the transaction already. Throws CONCURRENT_TRANSACTIONS,
 * INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED.
 */
export function addPartitions(
  transaction: Transaction | undefined,
  request: AddPartitions,
  nowMs: number,
): Transaction | undefined {
  if (transaction === undefined) throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
  // First of all: while a transaction ends its producer may be about to get another id or epoch (KAFKA-18575).
  if (isEnding(transaction)) throw new KafkaError('CONCURRENT_TRANSACTIONS')
  requireProducer(transaction, request)
  const isOpen = transaction.phase === 'Ongoing'
  if (isOpen && includesAll(transaction.partitions, request.partitions)) return undefined
  return stepOf(transaction, {
    phase: 'Ongoing',
    partitions: union(transaction.partitions, request.partitions),
    startMs: isOpen ? transaction.startMs : nowMs,
    lastUpdateMs: nowMs,
    clientTransactionVersion: request.transactionVersion,
  })
}

/**
 * The partitions of the transaction, for whoever wants to know whether one is in it. Throws
 * INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS.
 */
export function verifiedPartitions(
  transaction: Transaction | undefined,
  request: TransactionMember,
): PartitionsByTopic {
  if (transaction === undefined) throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
  requireProducer(transaction, request)
  if (isEnding(transaction)) throw new KafkaError('CONCURRENT_TRANSACTIONS')
  return transaction.partitions
}

function requireProducer(transaction: Transaction, { producerId, producerEpoch }: ProducerIdentity): void {
  if (transaction.producerId !== producerId) throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
  if (transaction.producerEpoch !== producerEpoch) throw new KafkaError('PRODUCER_FENCED')
}
