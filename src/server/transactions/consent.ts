/**
 * A partition takes part in a transaction only with the coordinator's consent (KIP-890): what is common to those who
 * write records and those who commit offsets. Source: apache/kafka `AddPartitionsToTxnManager.java`, `UnifiedLog.java`.
 */
import type { Partition } from '../../replication/partition.ts'
import { KafkaError } from '../../wire/errors.ts'

/** Whether a producer, in this epoch, has an open transaction in a partition's log. */
export function isInTransaction(partition: Partition, producerId: number, producerEpoch: number): boolean {
  const entry = partition.log.producers.get(producerId)
  return entry?.transactionFirstOffset !== undefined && entry.epoch === producerEpoch
}

/** The coordinator's refusal in words that clients of the API know: they expect another error for a stale epoch. */
export function consentError(error: KafkaError, knowsAbortable: boolean): KafkaError {
  if (error.error === 'PRODUCER_FENCED') return new KafkaError('INVALID_PRODUCER_EPOCH')
  if (error.error === 'TRANSACTION_ABORTABLE' && !knowsAbortable)
    return new KafkaError('INVALID_TXN_STATE', 'Partition was not added to the transaction')
  return error
}
