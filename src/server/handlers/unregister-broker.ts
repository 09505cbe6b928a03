import type { MetadataImage } from '../../replication/metadata/image.ts'
import { unregisterBroker } from '../../wire/apis/unregister-broker.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'

/**
 * UnregisterBroker v0: forgets a broker that is gone for good. One that lives registers itself anew, so there is nothing
 * to do for it (in Kafka it would be of no use until it is started again).
 */
export function unregisterBrokerHandler(image: () => MetadataImage): Handler<typeof unregisterBroker> {
  return {
    api: unregisterBroker,
    handle({ brokerId }) {
      if (!image().brokers.has(brokerId))
        throw new KafkaError('BROKER_ID_NOT_REGISTERED', `Broker ID ${brokerId} is not currently registered`)
      return { errorCode: NONE, errorMessage: '' }
    },
    refuse: (_request, error) => ({ errorCode: error.code, errorMessage: error.message }),
  }
}
