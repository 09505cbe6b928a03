import { unregisterController } from '../../wire/apis/unregister-controller.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'

/** UnregisterController v0: forgets a controller that is gone for good. The only one there is is this broker. */
export function unregisterControllerHandler(nodeId: number): Handler<typeof unregisterController> {
  return {
    api: unregisterController,
    handle({ controllerId }) {
      if (controllerId === nodeId)
        throw new KafkaError('INVALID_REQUEST', 'Controller cannot unregister itself while it is active.')
      throw new KafkaError(
        'CONTROLLER_ID_NOT_REGISTERED',
        `Controller ID ${controllerId} is not currently registered.`,
      )
    },
    refuse: (_request, error) => ({ errorCode: error.code, errorMessage: error.message }),
  }
}
