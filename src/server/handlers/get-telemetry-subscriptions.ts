import { getTelemetrySubscriptions } from '../../wire/apis/get-telemetry-subscriptions.ts'
import { NONE } from '../../wire/errors.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import type { Handler } from '../handler.ts'
import type { ClientTelemetry } from '../telemetry/client-telemetry.ts'

/** zstd, lz4, gzip, snappy: the one that is liked best comes first. */
const acceptedCompressionTypes = [4, 3, 1, 2]

/** GetTelemetrySubscriptions v0: tells a client which of its metrics are wanted, and how often (KIP-714). */
export function getTelemetrySubscriptionsHandler(
  telemetry: ClientTelemetry,
): Handler<typeof getTelemetrySubscriptions> {
  return {
    api: getTelemetrySubscriptions,
    handle({ clientInstanceId: asked }, context) {
      const { metrics, ...told } = telemetry.subscribe(asked, context)
      return {
        errorCode: NONE,
        ...told,
        acceptedCompressionTypes,
        telemetryMaxBytes: telemetry.maxBytes,
        deltaTemporality: true,
        requestedMetrics: metrics,
      }
    },
    refuse: (_request, error) => ({
      errorCode: error.code,
      clientInstanceId: ZERO_UUID,
      subscriptionId: 0,
      acceptedCompressionTypes: [],
      pushIntervalMs: 0,
      telemetryMaxBytes: 0,
      deltaTemporality: false,
      requestedMetrics: [],
    }),
  }
}
