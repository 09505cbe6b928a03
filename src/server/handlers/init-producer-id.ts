import type { InitProducer } from '../../coordinator/transactions/init-producer.ts'
import type { TransactionConfig } from '../../coordinator/transactions/transaction-config.ts'
import type { TransactionCoordinator } from '../../coordinator/transactions/transaction-coordinator.ts'
import type { ProducerIds } from '../../replication/producer-ids.ts'
import { initProducerId } from '../../wire/apis/init-producer-id.ts'
import { errorCodes, KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'
import { knownFencing } from '../transactions/fencing.ts'

type Request = RequestOf<typeof initProducerId>

const NO_PRODUCER_ID = -1
const NO_PRODUCER_EPOCH = -1
const FIRST_TO_KNOW_FENCING = 4
/** Stands for no timeout: whoever ends such a transaction is another system (KIP-939). */
const NEVER_MS = 0x7fff_ffff

/**
 * Gives a producer its id. Without a transactional id every request gets a new one, with epoch 0: the broker keeps
 * nothing by which it could know the producer again. With one it gets the next epoch of that id.
 */
export function initProducerIdHandler(
  producerIds: ProducerIds,
  transactions: TransactionCoordinator,
  config: () => TransactionConfig,
): Handler<typeof initProducerId> {
  return {
    api: initProducerId,
    async handle(request) {
      const intent = intentOf(request, config())
      const identity =
        intent === undefined
          ? { producerId: await producerIds.next(), producerEpoch: 0 }
          : await transactions.initProducer(intent)
      return { errorCode: NONE, ...identity }
    },
    refuse: (_request, error, { apiVersion }) => ({
      errorCode: errorCodes[knownFencing(error, apiVersion, FIRST_TO_KNOW_FENCING)],
      producerId: NO_PRODUCER_ID,
      producerEpoch: NO_PRODUCER_EPOCH,
    }),
  }
}

/**
 * What is asked of the coordinator; nothing for a producer without transactions.
 * Source: apache/kafka `KafkaApis.handleInitProducerIdRequest`, `TransactionCoordinator.handleInitProducerId`.
 */
function intentOf(request: Request, config: TransactionConfig): InitProducer | undefined {
  const { transactionalId, producerId, producerEpoch, enable2Pc, transactionTimeoutMs } = request
  if ((producerId === NO_PRODUCER_ID) !== (producerEpoch === NO_PRODUCER_EPOCH))
    throw new KafkaError('INVALID_REQUEST')
  if (transactionalId === null) return undefined
  if (transactionalId === '') throw new KafkaError('INVALID_REQUEST')
  if (enable2Pc && !config.twoPhaseCommitEnable)
    throw new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'Two-phase commit is not enabled.')
  if (request.keepPreparedTxn) throw new KafkaError('UNSUPPORTED_VERSION')
  const isInBounds = transactionTimeoutMs > 0 && transactionTimeoutMs <= config.maxTimeoutMs
  if (!enable2Pc && !isInBounds) throw new KafkaError('INVALID_TRANSACTION_TIMEOUT')
  return {
    transactionalId,
    timeoutMs: enable2Pc ? NEVER_MS : transactionTimeoutMs,
    expected: producerId === NO_PRODUCER_ID ? undefined : { producerId, producerEpoch },
  }
}
