import type { TransactionCoordinator } from '../../coordinator/transactions/transaction-coordinator.ts'
import { describeTransactions } from '../../wire/apis/describe-transactions.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { ResponseOf } from '../../wire/schema/api.ts'
import { answerEach } from '../answer-each.ts'
import type { Handler } from '../handler.ts'

type Described = ResponseOf<typeof describeTransactions>['transactionStates'][number]

/** Shows the state of transactional ids (KIP-664). */
export function describeTransactionsHandler(
  transactions: TransactionCoordinator,
): Handler<typeof describeTransactions> {
  return {
    api: describeTransactions,
    async handle({ transactionalIds }) {
      const described = (transactionalId: string) => describe(transactionalId, transactions)
      return { transactionStates: await answerEach(transactionalIds, described, refused) }
    },
    refuse: ({ transactionalIds }, error) => ({
      transactionStates: transactionalIds.map((transactionalId) => refused(transactionalId, error)),
    }),
  }
}

async function describe(transactionalId: string, transactions: TransactionCoordinator): Promise<Described> {
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
