/**
 * IncrementalAlterConfigs v0–1 (KIP-339): sets, deletes, appends to and subtracts from single configs and leaves the
 * others alone. v1 is flexible.
 */
import { incrementalAlterConfigs } from '../../wire/apis/incremental-alter-configs.ts'
import { alterResources, refusedAlteration } from '../configs/apply.ts'
import type { BrokerConfigs } from '../configs/broker-configs.ts'
import type { BrokerLoggers } from '../configs/broker-loggers.ts'
import type { Handler } from '../handler.ts'

export function incrementalAlterConfigsHandler(
  configs: BrokerConfigs,
  loggers: BrokerLoggers,
): Handler<typeof incrementalAlterConfigs> {
  return {
    api: incrementalAlterConfigs,
    async handle({ resources, validateOnly }) {
      return {
        responses: await alterResources(configs, loggers, resources, { replaces: false, validateOnly }),
      }
    },
    refuse: ({ resources }, error) => ({
      responses: resources.map((resource) => refusedAlteration(resource, error)),
    }),
  }
}
