/**
 * Every broker config: Kafka's, by area, and Odradek's own. Names, types, defaults, ranges and update modes are those
 * of Kafka 4.4 (`AbstractKafkaConfig.CONFIG_DEF`, `DynamicBrokerConfig`); `test/golden/configs` holds them to it.
 */
import type { ConfigDefinition } from './definition.ts'
import { controllerConfigs } from './tables/controller-configs.ts'
import { groupConfigs } from './tables/group-configs.ts'
import { logConfigs } from './tables/log-configs.ts'
import { networkConfigs } from './tables/network-configs.ts'
import { nodeConfigs } from './tables/node-configs.ts'
import { odradekConfigs } from './tables/odradek-configs.ts'
import { quotaConfigs } from './tables/quota-configs.ts'
import { remoteLogConfigs } from './tables/remote-log-configs.ts'
import { replicationConfigs } from './tables/replication-configs.ts'
import { saslConfigs } from './tables/sasl-configs.ts'
import { shareConfigs } from './tables/share-configs.ts'
import { sslConfigs } from './tables/ssl-configs.ts'
import { transactionConfigs } from './tables/transaction-configs.ts'

export const brokerTable = {
  ...nodeConfigs,
  ...networkConfigs,
  ...logConfigs,
  ...replicationConfigs,
  ...groupConfigs,
  ...shareConfigs,
  ...transactionConfigs,
  ...quotaConfigs,
  ...sslConfigs,
  ...saslConfigs,
  ...controllerConfigs,
  ...remoteLogConfigs,
  ...odradekConfigs,
}

export type BrokerConfigName = keyof typeof brokerTable

const definitions: ReadonlyMap<string, ConfigDefinition> = new Map(Object.entries(brokerTable))

export const brokerConfigNames: readonly string[] = [...definitions.keys()].sort()

/**
 * The definition of a broker config; a listener's own setting (`listener.name.<listener>.<config>`, KIP-226) has that
 * of the config it overrides. Nothing for names that Kafka doesn't know.
 */
export function brokerDefinition(name: string): ConfigDefinition | undefined {
  return definitions.get(name) ?? definitions.get(withoutListener(name))
}

/** The config behind a listener's own setting; other names come back as they are. */
export function withoutListener(name: string): string {
  return /^listener\.name\.[^.]*\.(.*)$/.exec(name)?.[1] ?? name
}

const timeChains: readonly (readonly BrokerConfigName[])[] = [
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
]

/**
 * Names that stand in for a broker config, the strongest first (`DynamicBrokerConfig.brokerConfigSynonyms`): coarser
 * units of the same time, or the config behind a listener's own one.
 */
export function brokerSynonyms(name: string): readonly string[] {
  if (name === 'log.flush.interval.ms') return [name, 'log.flush.scheduler.interval.ms']
  const chain = timeChains.find((names) => names.some((each) => each === name))
  if (chain !== undefined) return chain
  const base = withoutListener(name)
  return base === name ? [name] : [name, base]
}
