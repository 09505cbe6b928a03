/** Records of `__transaction_state`: Kafka's format, both ways. Source: apache/kafka `TransactionLog.java`. */
import { transactionLogRecord } from '../../wire/messages/transaction-coordinator/transaction-log-record.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import {
  NO_PRODUCER_EPOCH,
  noPartitions,
  type PartitionsByTopic,
  type Transaction,
  transactionPhases,
} from './transaction.ts'

/** Flexible values are written once the cluster has agreed on `transaction.version` 1 (KIP-890). */
export function transactionRecord(transaction: Transaction, transactionVersion: number): CoordinatorRecord {
  const version = transactionVersion >= 1 ? 1 : 0
  const { transactionalId, phase, partitions } = transaction
  return {
    key: transactionLogRecord.encodeKey({ transactionalId }),
    value: transactionLogRecord.encodeValue(
      {
        producerId: transaction.producerId,
        previousProducerId: transaction.previousProducerId,
        nextProducerId: transaction.nextProducerId,
        producerEpoch: transaction.producerEpoch,
        transactionTimeoutMs: transaction.timeoutMs,
        transactionStatus: transactionPhases.indexOf(phase),
        transactionPartitions: phase === 'Empty' ? null : partitionRows(partitions),
        transactionLastUpdateTimestampMs: transaction.lastUpdateMs,
        transactionStartTimestampMs: transaction.startMs,
        clientTransactionVersion: transaction.clientTransactionVersion,
      },
      version,
    ),
  }
}

/** A record that forgets a transactional id. */
export function transactionTombstone(transactionalId: string): CoordinatorRecord {
  return { key: transactionLogRecord.encodeKey({ transactionalId }), value: null }
}

export interface TransactionRecord {
  readonly transactionalId: string
  /** Nothing where the id is forgotten. */
  readonly transaction: Transaction | undefined
}

/** Throws WireError for what is no record of this topic. */
export function parseTransactionRecord({ key, value }: CoordinatorRecord): TransactionRecord {
  const { transactionalId } = transactionLogRecord.decodeKey(key)
  if (value === null) return { transactionalId, transaction: undefined }
  const read = transactionLogRecord.decodeValue(value)
  const phase = transactionPhases[read.transactionStatus]
  if (phase === undefined) throw new WireError(`no transaction has the state ${read.transactionStatus}`)
  return {
    transactionalId,
    transaction: {
      transactionalId,
      producerId: read.producerId,
      previousProducerId: read.previousProducerId,
      nextProducerId: read.nextProducerId,
      producerEpoch: read.producerEpoch,
      lastProducerEpoch: NO_PRODUCER_EPOCH,
      timeoutMs: read.transactionTimeoutMs,
      phase,
      partitions: partitionsOf(read.transactionPartitions),
      startMs: read.transactionStartTimestampMs,
      lastUpdateMs: read.transactionLastUpdateTimestampMs,
      clientTransactionVersion: read.clientTransactionVersion,
    },
  }
}

function partitionRows(partitions: PartitionsByTopic) {
  return [...partitions].map(([topic, indexes]) => ({ topic, partitionIds: [...indexes] }))
}

function partitionsOf(
  rows: readonly { readonly topic: string; readonly partitionIds: readonly number[] }[] | null,
): PartitionsByTopic {
  if (rows === null || rows.length === 0) return noPartitions
  return new Map(rows.map(({ topic, partitionIds }) => [topic, new Set(partitionIds)]))
}
