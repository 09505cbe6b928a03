/**
 * A partition takes part in a transaction only with the coordinator's consent (KIP-890): what is common to those who
 * write records and those who commit offsets. Source: apache/kafka `AddPartitionsToTxnManager.java`, `UnifiedLog.java`.
 */
import type { TransactionMember } from '../../coordinator/transactions/add-partitions.ts'
import { EPOCH_PER_TRANSACTION } from '../../coordinator/transactions/end-transaction.ts'
import {
  includes,
  type PartitionsByTopic,
  type ProducerIdentity,
} from '../../coordinator/transactions/transaction.ts'
import type { TransactionCoordinator } from '../../coordinator/transactions/transaction-coordinator.ts'
import type { Partition } from '../../replication/partition.ts'
import { KafkaError } from '../../wire/errors.ts'

type Transactions = Pick<TransactionCoordinator, 'addPartitions' | 'verify'>

/**
 * Whether a producer, in its epoch, has no open transaction in a partition's log yet. For newer clients the partition is
 * added then (`adds`); older ones must have added it, which is looked at while
 * `transaction.partition.verification.enable` is set.
 */
export function needsConsent(
  partition: Partition,
  { producerId, producerEpoch }: ProducerIdentity,
  adds: boolean,
  verifyPartitions: () => boolean,
): boolean {
  if (!adds && !verifyPartitions()) return false
  const entry = partition.log.producers.get(producerId)
  return entry?.transactionFirstOffset === undefined || entry.epoch !== producerEpoch
}

/** Asks for all of these partitions. Calls back, perhaps at once, with a way to find out why one is refused. */
export function askConsent(
  transactions: Transactions,
  member: TransactionMember,
  partitions: PartitionsByTopic,
  adds: boolean,
  told: (refusalOf: (topic: string, partition: number) => KafkaError | undefined) => void,
): void {
  if (adds) {
    const intent = { ...member, partitions, transactionVersion: EPOCH_PER_TRANSACTION }
    transactions.addPartitions(intent, (error) => told(() => error))
    return
  }
  transactions.verify(member, (found) =>
    told((topic, partition) => {
      if (found instanceof KafkaError) return found
      return includes(found, topic, partition) ? undefined : new KafkaError('TRANSACTION_ABORTABLE')
    }),
  )
}

/** The coordinator's refusal in words that clients of the API know: they expect another error for a stale epoch. */
export function consentError(error: KafkaError, knowsAbortable: boolean): KafkaError {
  if (error.error === 'PRODUCER_FENCED') return new KafkaError('INVALID_PRODUCER_EPOCH')
  if (error.error === 'TRANSACTION_ABORTABLE' && !knowsAbortable)
    return new KafkaError('INVALID_TXN_STATE', 'Partition was not added to the transaction')
  return error
}
