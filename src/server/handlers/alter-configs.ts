/**
 * AlterConfigs v0–2: sets the configs of a resource; what isn't named goes back to its default. v1 is v0 under
 * quotas that answer before they throttle, v2 is flexible. IncrementalAlterConfigs (KIP-339) is the one to prefer.
 */
import { alterConfigs } from '../../wire/apis/alter-configs.ts'
import { configOperations } from '../configs/alter.ts'
import { alterResources, refusedAlteration } from '../configs/apply.ts'
import type { BrokerConfigs } from '../configs/broker-configs.ts'
import type { BrokerLoggers } from '../configs/broker-loggers.ts'
import type { Handler } from '../handler.ts'

export function alterConfigsHandler(
  configs: BrokerConfigs,
  loggers: BrokerLoggers,
): Handler<typeof alterConfigs> {
  return {
    api: alterConfigs,
    async handle({ resources, validateOnly }) {
      const alterations = resources.map((resource) => ({
        ...resource,
        configs: resource.configs.map((config) => ({ ...config, configOperation: configOperations.SET })),
      }))
      return {
        responses: await alterResources(configs, loggers, alterations, { replaces: true, validateOnly }),
      }
    },
    refuse: ({ resources }, error) => ({
      responses: resources.map((resource) => refusedAlteration(resource, error)),
    }),
  }
}
