import { pushTelemetry } from '../../wire/apis/push-telemetry.ts'
import { NONE } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'
import type { ClientTelemetry } from '../telemetry/client-telemetry.ts'

/** PushTelemetry v0: takes the metrics that a client was asked for (KIP-714). */
export function pushTelemetryHandler(telemetry: ClientTelemetry): Handler<typeof pushTelemetry> {
  return {
    api: pushTelemetry,
    handle(request, context) {
      telemetry.push(request, context)
      return { errorCode: NONE }
    },
    refuse: (_request, error) => ({ errorCode: error.code }),
  }
}
