import type { TransactionCoordinator } from '../../coordinator/transactions/transaction-coordinator.ts'
import { describeTransactions } from '../../wire/apis/describe-transactions.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { ResponseOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

type Described = ResponseOf<typeof describeTransactions>['transactionStates'][number]

/** Shows the state of transactional ids (KIP-664). */
export function describeTransactionsHandler(
  transactions: TransactionCoordinator,
): Handler<typeof describeTransactions> {
  return {
    api: describeTransactions,
    async handle({ transactionalIds }) {
      const described = transactionalIds.map((transactionalId) => describe(transactionalId, transactions))
      return { transactionStates: await Promise.all(described) }
    },
    refuse: ({ transactionalIds }, error) => ({
      transactionStates: transactionalIds.map((transactionalId) => refused(transactionalId, error)),
    }),
  }
}

async function describe(transactionalId: string, transactions: TransactionCoordinator): Promise<Described> {
  try {
    if (transactionalId === '') throw new KafkaError('INVALID_REQUEST')
    const transaction = await transactions.describe(transactionalId)
    if (transaction === undefined) throw new KafkaError('TRANSACTIONAL_ID_NOT_FOUND')
    return {
      errorCode: NONE,
      transactionalId,
      transactionState: transaction.phase,
      transactionTimeoutMs: transaction.timeoutMs,
      transactionStartTimeMs: transaction.startMs,
      producerId: transaction.producerId,
      producerEpoch: transaction.producerEpoch,
      topics: [...transaction.partitions].map(([topic, partitions]) => ({
        topic,
        partitions: [...partitions],
      })),
    }
  } catch (error) {
    if (error instanceof KafkaError) return refused(transactionalId, error)
    throw error
  }
}

function refused(transactionalId: string, error: KafkaError): Described {
  return {
    errorCode: error.code,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  }
}
