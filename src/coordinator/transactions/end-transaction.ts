/**
 * Ending a transaction: the outcome is decided and written down, then markers tell it to every partition, then the
 * transaction is complete. With transactions v2 (KIP-890) every end raises the producer's epoch, so that a late write
 * can't slip into the next transaction; a retry of the end is known by its epoch, one behind.
 *
 * Source: apache/kafka `TransactionCoordinator.endTransaction`, `endTransactionWithTV1`,
 * `TransactionMetadata.prepareAbortOrCommit`, `prepareComplete`.
 */
import { KafkaError } from '../../wire/errors.ts'
import type { TransactionMember } from './add-partitions.ts'
import {
  isEnding,
  isEpochExhausted,
  isLastClientEpoch,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  noPartitions,
  type Step,
  stepOf,
  type Transaction,
} from './transaction.ts'

/** The version from which on every end raises the epoch. */
export const EPOCH_PER_TRANSACTION = 2

export interface EndTransaction extends TransactionMember {
  readonly committed: boolean
  readonly transactionVersion: number
}

/**
 * The Prepare step that is to be written; nothing when the transaction has ended in this way before. Throws
 * INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS, INVALID_TXN_STATE.
 */
export function endTransaction(
  transaction: Transaction | undefined,
  request: EndTransaction,
  freshProducerId: number | undefined,
  nowMs: number,
): Step {
  if (transaction === undefined) throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
  return request.transactionVersion >= EPOCH_PER_TRANSACTION
    ? endWithNewEpoch(transaction, request, freshProducerId, nowMs)
    : { next: endInSameEpoch(transaction, request, nowMs) }
}

function endInSameEpoch(
  transaction: Transaction,
  request: EndTransaction,
  nowMs: number,
): Transaction | undefined {
  if (transaction.producerId !== request.producerId) throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
  if (transaction.producerEpoch !== request.producerEpoch) throw new KafkaError('PRODUCER_FENCED')
  if (isEnding(transaction)) throw new KafkaError('CONCURRENT_TRANSACTIONS')
  if (transaction.phase === 'Ongoing') return prepare(transaction, request.committed, 0, nowMs)
  if (transaction.phase === completePhase(request.committed)) return undefined
  throw new KafkaError('INVALID_TXN_STATE')
}

function endWithNewEpoch(
  transaction: Transaction,
  request: EndTransaction,
  freshProducerId: number | undefined,
  nowMs: number,
): Step {
  // First of all: the producer may know an id or epoch that it only has once the transaction is complete (KAFKA-18575).
  if (isEnding(transaction)) throw new KafkaError('CONCURRENT_TRANSACTIONS')
  const { phase, producerId, producerEpoch } = transaction
  const hasEnded = phase === 'CompleteCommit' || phase === 'CompleteAbort'
  const isOverflow =
    transaction.previousProducerId === request.producerId &&
    isLastClientEpoch(request.producerEpoch) &&
    producerEpoch === 0
  if (producerId !== request.producerId && !isOverflow) throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
  const isRetry = hasEnded && (isOverflow || producerEpoch === request.producerEpoch + 1)
  if (!isRetry && producerEpoch !== request.producerEpoch) throw new KafkaError('PRODUCER_FENCED')
  if (isRetry) {
    if (phase === completePhase(request.committed)) return { next: undefined }
    throw new KafkaError('INVALID_TXN_STATE')
  }
  // Nothing was added, so nothing can be committed; an abort is good for a fresh epoch.
  if (phase !== 'Ongoing' && request.committed) throw new KafkaError('INVALID_TXN_STATE')
  if (isEpochExhausted(producerEpoch) && freshProducerId === undefined) return 'needs producer id'
  return { next: prepareWithNewEpoch(transaction, request.committed, freshProducerId, nowMs) }
}

/**
 * Aborts an open transaction against the will of its producer, which is fenced: it took too long, or another producer
 * has come. Its epoch is raised whatever the version; this epoch is never given to a client.
 */
export function fence(
  transaction: Transaction,
  transactionVersion: number,
  freshProducerId: number | undefined,
  nowMs: number,
): Step {
  if (transactionVersion < EPOCH_PER_TRANSACTION) {
    const fenced = { producerEpoch: transaction.producerEpoch + 1, lastProducerEpoch: NO_PRODUCER_EPOCH }
    return { next: prepare({ ...transaction, ...fenced }, false, 0, nowMs) }
  }
  if (isEpochExhausted(transaction.producerEpoch) && freshProducerId === undefined) return 'needs producer id'
  return { next: prepareWithNewEpoch(transaction, false, freshProducerId, nowMs) }
}

/** The step after the last marker. */
export function complete(transaction: Transaction, nowMs: number): Transaction {
  const { nextProducerId, clientTransactionVersion } = transaction
  const isRotated = clientTransactionVersion >= EPOCH_PER_TRANSACTION && nextProducerId !== NO_PRODUCER_ID
  return stepOf(transaction, {
    ...(isRotated ? { producerId: nextProducerId, producerEpoch: 0 } : {}),
    nextProducerId: NO_PRODUCER_ID,
    phase: completePhase(transaction.phase === 'PrepareCommit'),
    partitions: noPartitions,
    lastUpdateMs: nowMs,
  })
}

function prepareWithNewEpoch(
  transaction: Transaction,
  committed: boolean,
  freshProducerId: number | undefined,
  nowMs: number,
): Transaction {
  const { producerEpoch, phase, startMs } = transaction
  return stepOf(prepare(transaction, committed, EPOCH_PER_TRANSACTION, nowMs), {
    producerEpoch: producerEpoch + 1,
    lastProducerEpoch: producerEpoch,
    nextProducerId: isEpochExhausted(producerEpoch) ? (freshProducerId ?? NO_PRODUCER_ID) : NO_PRODUCER_ID,
    startMs: phase === 'Ongoing' ? startMs : nowMs,
  })
}

function prepare(
  transaction: Transaction,
  committed: boolean,
  clientTransactionVersion: number,
  nowMs: number,
): Transaction {
  return stepOf(transaction, {
    phase: committed ? 'PrepareCommit' : 'PrepareAbort',
    nextProducerId: NO_PRODUCER_ID,
    lastUpdateMs: nowMs,
    clientTransactionVersion,
  })
}

function completePhase(committed: boolean): 'CompleteCommit' | 'CompleteAbort' {
  return committed ? 'CompleteCommit' : 'CompleteAbort'
}
