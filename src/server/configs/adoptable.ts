/**
 * Configs that another broker has left, when its data folder is taken over. Each was valid there; what isn't here, because
 * another release of Kafka had it or because it needs what this broker doesn't have, is left out and told of.
 */
import type { ConfigChange } from '../../replication/controller.ts'
import type { Logger } from '../../runtime/log.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { BrokerConfigs } from './broker-configs.ts'
import {
  validBrokerOverrides,
  validClientMetricsOverrides,
  validGroupOverrides,
  validTopicOverrides,
} from './validate.ts'

export function adoptableConfigs(found: ConfigChange, configs: BrokerConfigs, logger: Logger): ConfigChange {
  const overrides = new Map<string, string>()
  for (const [config, value] of found.overrides)
    try {
      const valid = validOverrides(found, configs, new Map([[config, value]]))
      for (const [name, text] of valid) overrides.set(name, text)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const { resourceType, name } = found
      logger.warn({ resourceType, name, config, value, reason: error.message }, 'A config is not taken over.')
    }
  return { ...found, overrides }
}

function validOverrides(
  { resourceType, name }: ConfigChange,
  configs: BrokerConfigs,
  overrides: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  switch (resourceType) {
    case 'topic':
      return validTopicOverrides(overrides)
    case 'broker':
      return validBrokerOverrides(overrides, name === '')
    case 'group':
      return validGroupOverrides(configs, overrides)
    case 'client-metrics':
      return validClientMetricsOverrides(overrides)
  }
}
