import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import type { TransactionCoordinator } from '../../coordinator/transactions/transaction-coordinator.ts'
import { CONSUMER_OFFSETS } from '../../replication/topic-name.ts'
import { addOffsetsToTxn } from '../../wire/apis/add-offsets-to-txn.ts'
import { errorCodes, KafkaError, NONE } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'
import { knownFencing } from '../transactions/fencing.ts'

const FIRST_TO_KNOW_FENCING = 2

/**
 * Adds the partition with a group's offsets to a transaction, before TxnOffsetCommit writes to it.
 * Source: apache/kafka `KafkaApis.handleAddOffsetsToTxnRequest`.
 */
export function addOffsetsToTxnHandler(
  transactions: TransactionCoordinator,
  groups: Pick<GroupCoordinator, 'partitionOf'>,
): Handler<typeof addOffsetsToTxn> {
  return {
    api: addOffsetsToTxn,
    handle({ transactionalId, producerId, producerEpoch, groupId }) {
      if (transactionalId === '') throw new KafkaError('INVALID_REQUEST')
      const partitions = new Map([[CONSUMER_OFFSETS, new Set([groups.partitionOf(groupId)])]])
      const intent = { transactionalId, producerId, producerEpoch, partitions, transactionVersion: 0 }
      return new Promise((resolve, reject) => {
        transactions.addPartitions(intent, (error) =>
          error === undefined ? resolve({ errorCode: NONE }) : reject(error),
        )
      })
    },
    refuse: (_request, error, { apiVersion }) => ({
      errorCode: errorCodes[knownFencing(error, apiVersion, FIRST_TO_KNOW_FENCING)],
    }),
  }
}
