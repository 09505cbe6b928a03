/** Every config of a resource as DescribeConfigs and CreateTopics show it (`ConfigHelper.scala`, KIP-226, KIP-525). */
import { type BrokerConfigs, type ConfigSynonym, configSources } from './broker-configs.ts'
import { brokerConfigNames, brokerDefinition } from './broker-table.ts'
import type { ConfigDefinition } from './definition.ts'
import {
  brokerConfigHasEffect,
  documentationOf,
  groupConfigHasEffect,
  topicConfigHasEffect,
} from './effect.ts'
import {
  clientMetricsConfigNames,
  clientMetricsDefinition,
  groupConfigNames,
  groupDefinition,
  groupSynonym,
} from './group-table.ts'
import type { ConfigType } from './kinds.ts'
import { topicConfigText } from './topic-config.ts'
import { topicConfigNames, topicDefinition, topicSynonyms } from './topic-table.ts'

export interface DescribedConfig {
  readonly name: string
  /** `null` for what is not set and for what must not be seen. */
  readonly value: string | null
  readonly readOnly: boolean
  /** One of `configSources`. */
  readonly source: number
  readonly sensitive: boolean
  /** Every place where a value is set, the one that counts first. */
  readonly synonyms: readonly DescribedSynonym[]
  readonly type: ConfigType
  readonly documentation: string | null
}

export interface DescribedSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

/** Names to describe; `null` for all. */
export type WantedNames = ReadonlySet<string> | null

export function describeTopic(configs: BrokerConfigs, topic: string, wanted: WantedNames): DescribedConfig[] {
  const overrides = configs.store.overrides('topic', topic)
  return selected(topicConfigNames, topicDefinition, overrides, wanted).map((definition) => {
    const { name } = definition
    const broker = topicSynonyms(name)[0]
    const synonyms = [
      ...ownSynonym(overrides, name, configSources.DYNAMIC_TOPIC_CONFIG),
      ...(broker === undefined ? [] : brokerChain(configs, broker.name)),
    ]
    return {
      name,
      value: topicConfigText(configs, overrides, name) ?? definition.default,
      readOnly: false,
      source: synonyms[0]?.source ?? configSources.DEFAULT_CONFIG,
      sensitive: false,
      synonyms,
      type: definition.kind.type,
      documentation: documentationOf(definition, topicConfigHasEffect(name)),
    }
  })
}

/** What CreateTopics v5+ shows of a new topic, or of one that is only validated. */
export function createdTopicConfigs(
  configs: BrokerConfigs,
  overrides: ReadonlyMap<string, string>,
): { name: string; value: string | null; readOnly: boolean; configSource: number; isSensitive: boolean }[] {
  return selected(topicConfigNames, topicDefinition, overrides, null).map(({ name, default: byDefault }) => ({
    name,
    value: topicConfigText(configs, overrides, name) ?? byDefault,
    readOnly: false,
    configSource: overrides.has(name)
      ? configSources.DYNAMIC_TOPIC_CONFIG
      : (configs.synonyms(topicSynonyms(name)[0]?.name ?? '')[0]?.source ?? configSources.DEFAULT_CONFIG),
    isSensitive: false,
  }))
}

/** All configs of this broker, and what is set on it under names that Kafka doesn't know. */
export function describeBroker(configs: BrokerConfigs, wanted: WantedNames): DescribedConfig[] {
  const set = [configs.ownOverrides(), configs.sharedOverrides(), configs.properties]
  const shown = new Set([
    ...brokerConfigNames.filter((name) => brokerDefinition(name)?.internal === false),
    ...set.flatMap((overrides) => [...overrides.keys()]),
  ])
  return sortedNames(shown, wanted).map((name) =>
    describedBrokerConfig(name, configs.text(name), brokerChain(configs, name)),
  )
}

/** What is set for all brokers, and nothing else. */
export function describeAllBrokers(configs: BrokerConfigs, wanted: WantedNames): DescribedConfig[] {
  const overrides = configs.sharedOverrides()
  return sortedNames(new Set(overrides.keys()), wanted).map((name) => {
    const own = ownSynonym(overrides, name, configSources.DYNAMIC_DEFAULT_BROKER_CONFIG)
    return describedBrokerConfig(name, overrides.get(name) ?? null, own)
  })
}

export function describeGroup(configs: BrokerConfigs, group: string, wanted: WantedNames): DescribedConfig[] {
  const overrides = configs.store.overrides('group', group)
  return selected(groupConfigNames, groupDefinition, overrides, wanted).map((definition) => {
    const { name } = definition
    const broker = groupSynonym(name)
    const synonyms = [
      ...ownSynonym(overrides, name, configSources.GROUP_CONFIG),
      ...(broker === undefined ? defaultSynonym(definition) : brokerChain(configs, broker)),
    ]
    return {
      name,
      value: synonyms[0]?.value ?? definition.default,
      readOnly: false,
      source: synonyms[0]?.source ?? configSources.DEFAULT_CONFIG,
      sensitive: false,
      synonyms,
      type: definition.kind.type,
      documentation: documentationOf(definition, groupConfigHasEffect(name)),
    }
  })
}

/** A client metrics subscription; one that nobody made yet has the defaults. */
export function describeClientMetrics(
  configs: BrokerConfigs,
  subscription: string,
  wanted: WantedNames,
): DescribedConfig[] {
  const overrides = configs.store.overrides('client-metrics', subscription)
  return selected(clientMetricsConfigNames, clientMetricsDefinition, overrides, wanted).map((definition) => {
    const synonyms = ownSynonym(overrides, definition.name, configSources.CLIENT_METRICS_CONFIG)
    return {
      name: definition.name,
      value: synonyms[0]?.value ?? definition.default,
      readOnly: false,
      source: synonyms[0]?.source ?? configSources.DEFAULT_CONFIG,
      sensitive: false,
      synonyms,
      type: definition.kind.type,
      documentation: documentationOf(definition, true),
    }
  })
}

function describedBrokerConfig(
  name: string,
  value: string | null,
  chain: readonly ConfigSynonym[],
): DescribedConfig {
  const definition = brokerDefinition(name)
  // What nobody knows may be a secret (`AbstractKafkaConfig.maybeSensitive`).
  const sensitive = definition === undefined || definition.kind.type === 'PASSWORD'
  return {
    name,
    value: sensitive ? null : value,
    readOnly: definition?.name !== name || definition.mode === 'read-only',
    source: chain[0]?.source ?? configSources.DEFAULT_CONFIG,
    sensitive,
    synonyms: sensitive ? chain.map((synonym) => ({ ...synonym, value: null })) : chain,
    type: definition?.kind.type ?? 'UNKNOWN',
    documentation:
      definition === undefined ? null : documentationOf(definition, brokerConfigHasEffect(definition.name)),
  }
}

/**
 * The places of a broker config as Kafka lists them: what stands in for it is left out as long as the config itself
 * has no value further up (`ConfigHelper.configSynonyms`), so `log.retention.hours=72` alone shows as default.
 */
function brokerChain(configs: BrokerConfigs, name: string): ConfigSynonym[] {
  const all = configs.synonyms(name)
  const first = all.findIndex((synonym) => synonym.name === name)
  return first === -1 ? [] : all.slice(first)
}

function ownSynonym(
  overrides: ReadonlyMap<string, string>,
  name: string,
  source: number,
): readonly ConfigSynonym[] {
  const value = overrides.get(name)
  return value === undefined ? [] : [{ name, value, source }]
}

function defaultSynonym({ name, default: value }: ConfigDefinition): readonly ConfigSynonym[] {
  return value === null ? [] : [{ name, value, source: configSources.DEFAULT_CONFIG }]
}

/** Definitions to show: those asked for, without internal ones that nobody set. */
function selected(
  names: readonly string[],
  definitionOf: (name: string) => ConfigDefinition | undefined,
  overrides: ReadonlyMap<string, string>,
  wanted: WantedNames,
): ConfigDefinition[] {
  return names.flatMap((name) => {
    const definition = definitionOf(name)
    if (definition === undefined || (wanted !== null && !wanted.has(name))) return []
    return definition.internal && !overrides.has(name) ? [] : [definition]
  })
}

function sortedNames(names: ReadonlySet<string>, wanted: WantedNames): string[] {
  return [...names].filter((name) => wanted === null || wanted.has(name)).sort()
}
