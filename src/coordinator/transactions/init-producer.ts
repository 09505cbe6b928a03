/**
 * InitProducerId with a transactional id: the producer gets the next epoch, and whoever had the one before is fenced.
 * An open transaction is aborted first. A producer that tells who it was may only go on if nobody has come since
 * (KIP-360).
 *
 * Source: apache/kafka `TransactionCoordinator.prepareInitProducerIdTransit`,
 * `TransactionMetadata.prepareIncrementProducerEpoch`, `prepareProducerIdRotation`.
 */
import { KafkaError } from '../../wire/errors.ts'
import {
  isEnding,
  isEpochExhausted,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_TIMESTAMP,
  noPartitions,
  type ProducerIdentity,
  type Step,
  stepOf,
  type Transaction,
} from './transaction.ts'

export interface InitProducer {
  readonly transactionalId: string
  readonly timeoutMs: number
  /** Who the producer says it was. */
  readonly expected: ProducerIdentity | undefined
}

/**
 * Throws CONCURRENT_TRANSACTIONS while the transaction is open or ending (whoever decides this has to `fence` an open
 * one) and PRODUCER_FENCED.
 */
export function initProducer(
  transaction: Transaction | undefined,
  request: InitProducer,
  freshProducerId: number | undefined,
  nowMs: number,
): Step {
  if (transaction === undefined) {
    if (freshProducerId === undefined) return 'needs producer id'
    return { next: begin(blank(request, freshProducerId), request, {}, nowMs) }
  }
  if (isEnding(transaction)) throw new KafkaError('CONCURRENT_TRANSACTIONS')
  requireOwner(transaction, request.expected)
  if (transaction.phase === 'Ongoing') throw new KafkaError('CONCURRENT_TRANSACTIONS')
  const { expected } = request
  const { producerEpoch, lastProducerEpoch } = transaction
  if (
    isEpochExhausted(producerEpoch) &&
    (expected === undefined || expected.producerEpoch === producerEpoch)
  ) {
    if (freshProducerId === undefined) return 'needs producer id'
    const rotated = {
      producerId: freshProducerId,
      producerEpoch: 0,
      lastProducerEpoch: expected === undefined ? NO_PRODUCER_EPOCH : producerEpoch,
    }
    return { next: begin(transaction, request, rotated, nowMs) }
  }
  if (expected === undefined)
    return { next: begin(transaction, request, raised(producerEpoch, NO_PRODUCER_EPOCH), nowMs) }
  if (expected.producerEpoch === producerEpoch)
    return { next: begin(transaction, request, raised(producerEpoch, producerEpoch), nowMs) }
  // The same request once more, whose answer was lost: nobody else can have asked since.
  if (expected.producerEpoch === lastProducerEpoch) return { next: begin(transaction, request, {}, nowMs) }
  throw new KafkaError('PRODUCER_FENCED')
}

/** PRODUCER_FENCED for a producer that tells an identity which is not, or no longer, the id's. */
export function requireOwner(transaction: Transaction, expected: ProducerIdentity | undefined): void {
  if (expected === undefined || expected.producerId === transaction.producerId) return
  const isRetryOfRotation =
    expected.producerId === transaction.previousProducerId && isEpochExhausted(expected.producerEpoch)
  if (!isRetryOfRotation) throw new KafkaError('PRODUCER_FENCED')
}

function raised(producerEpoch: number, lastProducerEpoch: number): Partial<Transaction> {
  return { producerEpoch: producerEpoch + 1, lastProducerEpoch }
}

function begin(
  transaction: Transaction,
  { timeoutMs }: InitProducer,
  changes: Partial<Transaction>,
  nowMs: number,
): Transaction {
  return stepOf(transaction, {
    ...changes,
    phase: 'Empty',
    timeoutMs,
    partitions: noPartitions,
    startMs: NO_TIMESTAMP,
    lastUpdateMs: nowMs,
  })
}

/** A transactional id that nobody has used before, with its first epoch. */
function blank({ transactionalId, timeoutMs }: InitProducer, producerId: number): Transaction {
  return {
    transactionalId,
    producerId,
    previousProducerId: NO_PRODUCER_ID,
    nextProducerId: NO_PRODUCER_ID,
    producerEpoch: 0,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    timeoutMs,
    phase: 'Empty',
    partitions: noPartitions,
    startMs: NO_TIMESTAMP,
    lastUpdateMs: NO_TIMESTAMP,
    clientTransactionVersion: 0,
  }
}
