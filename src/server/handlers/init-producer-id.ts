import type { ProducerIds } from '../../replication/producer-ids.ts'
import { initProducerId } from '../../wire/apis/init-producer-id.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

const NO_PRODUCER_ID = -1
const NO_PRODUCER_EPOCH = -1

/**
 * Gives an idempotent producer its id. Without a transactional id every request gets a new one, with epoch 0: the
 * broker keeps nothing by which it could know the producer again.
 */
export function initProducerIdHandler(producerIds: ProducerIds): Handler<typeof initProducerId> {
  return {
    api: initProducerId,
    async handle(request) {
      requireSane(request)
      if (request.transactionalId !== null)
        throw new KafkaError('COORDINATOR_NOT_AVAILABLE', 'Transactions are not served yet.')
      return { errorCode: NONE, producerId: await producerIds.next(), producerEpoch: 0 }
    },
    refuse: (_request, error) => ({
      errorCode: error.code,
      producerId: NO_PRODUCER_ID,
      producerEpoch: NO_PRODUCER_EPOCH,
    }),
  }
}

/** Source: apache/kafka `KafkaApis.handleInitProducerIdRequest`, `TransactionCoordinator.handleInitProducerId`. */
function requireSane({ transactionalId, producerId, producerEpoch }: RequestOf<typeof initProducerId>): void {
  if (transactionalId === '') throw new KafkaError('INVALID_REQUEST')
  if ((producerId === NO_PRODUCER_ID) !== (producerEpoch === NO_PRODUCER_EPOCH))
    throw new KafkaError('INVALID_REQUEST')
}
