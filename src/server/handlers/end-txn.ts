import { EPOCH_PER_TRANSACTION } from '../../coordinator/transactions/end-transaction.ts'
import type { TransactionCoordinator } from '../../coordinator/transactions/transaction-coordinator.ts'
import { endTxn } from '../../wire/apis/end-txn.ts'
import { errorCodes, KafkaError, NONE } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'
import { knownFencing } from '../transactions/fencing.ts'

const FIRST_TO_KNOW_FENCING = 2
const FIRST_WITH_NEW_EPOCH = 5

/**
 * Commits or aborts a transaction. It is answered when the outcome is certain and every partition that is at hand knows
 * it: who reads committed records then finds them. Source: apache/kafka `KafkaApis.handleEndTxnRequest`.
 */
export function endTxnHandler(transactions: TransactionCoordinator): Handler<typeof endTxn> {
  return {
    api: endTxn,
    async handle({ transactionalId, producerId, producerEpoch, committed }, { apiVersion }) {
      if (transactionalId === '') throw new KafkaError('INVALID_REQUEST')
      const transactionVersion = apiVersion >= FIRST_WITH_NEW_EPOCH ? EPOCH_PER_TRANSACTION : 0
      const intent = { transactionalId, producerId, producerEpoch, committed, transactionVersion }
      return { errorCode: NONE, ...(await transactions.endTransaction(intent)) }
    },
    refuse: (_request, error, { apiVersion }) => ({
      errorCode: errorCodes[knownFencing(error, apiVersion, FIRST_TO_KNOW_FENCING)],
    }),
  }
}
