/**
 * DescribeConfigs v0–4: what topics, brokers, groups and the rest are set to, and where each value comes from. v0 only
 * says whether a value is the default; v1 tells its source and synonyms (KIP-226); v3 adds types and documentation
 * (KIP-569).
 */
import { requireTopicName } from '../../replication/topic-name.ts'
import { describeConfigs } from '../../wire/apis/describe-configs.ts'
import { resourceTypes } from '../../wire/config-resource.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import type { Release } from '../act-as/release.ts'
import { nodeIdOf } from '../configs/alter.ts'
import { type BrokerConfigs, configSources } from '../configs/broker-configs.ts'
import type { BrokerLoggers } from '../configs/broker-loggers.ts'
import {
  type DescribedConfig,
  describeAllBrokers,
  describeBroker,
  describeClientMetrics,
  describeGroup,
  describeTopic,
  type WantedNames,
} from '../configs/describe.ts'
import type { ConfigType } from '../configs/kinds.ts'
import type { Handler } from '../handler.ts'

type Request = RequestOf<typeof describeConfigs>
type Resource = Request['resources'][number]

/** Kafka's numbers of config types (`DescribeConfigsResponse.ConfigType`). */
const configTypes: Readonly<Record<ConfigType, number>> = {
  UNKNOWN: 0,
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  SHORT: 4,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  CLASS: 8,
  PASSWORD: 9,
}

export function describeConfigsHandler(
  configs: BrokerConfigs,
  loggers: BrokerLoggers,
  release?: Release,
): Handler<typeof describeConfigs> {
  return {
    api: describeConfigs,
    handle: (request) => ({
      results: request.resources.map((resource) =>
        describedOrRefused(configs, loggers, request, resource, release),
      ),
    }),
    refuse: (request, error) => ({ results: request.resources.map((resource) => refused(resource, error)) }),
  }
}

function describedOrRefused(
  configs: BrokerConfigs,
  loggers: BrokerLoggers,
  request: Request,
  resource: Resource,
  release: Release | undefined,
) {
  try {
    const { resourceType, resourceName } = resource
    const described = [...configsOf(configs, loggers, resource), ...configsOfRelease(release, resource)]
    return {
      errorCode: NONE,
      errorMessage: null,
      resourceType,
      resourceName,
      configs: described.map((config) => entry(config, request)),
    }
  } catch (error) {
    if (error instanceof KafkaError) return refused(resource, error)
    throw error
  }
}

/** Checks and errors are those of `ConfigHelper.describeConfigs`. */
function configsOf(
  configs: BrokerConfigs,
  loggers: BrokerLoggers,
  { resourceType, resourceName: name, configurationKeys }: Resource,
): DescribedConfig[] {
  const wanted = wantedNames(configurationKeys)
  switch (resourceType) {
    case resourceTypes.TOPIC:
      requireTopicName(name)
      if (!configs.store.topicExists(name))
        throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
      return describeTopic(configs, name, wanted)
    case resourceTypes.BROKER:
      if (name === '') return describeAllBrokers(configs, wanted)
      requireThisBroker(configs, name, ' or empty string,')
      return describeBroker(configs, wanted)
    case resourceTypes.BROKER_LOGGER:
      if (name === '') throw new KafkaError('INVALID_REQUEST', 'Broker id must not be empty')
      requireThisBroker(configs, name, '')
      return describeLoggers(loggers, wanted)
    case resourceTypes.CLIENT_METRICS:
      if (name === '')
        throw new KafkaError('INVALID_REQUEST', 'Client metrics subscription name must not be empty')
      return describeClientMetrics(configs, name, wanted)
    case resourceTypes.GROUP:
      if (name === '') throw new KafkaError('INVALID_REQUEST', 'Group name must not be empty')
      return describeGroup(configs, name, wanted)
    default:
      throw new KafkaError('INVALID_REQUEST', `Unknown resource type ${resourceType}`)
  }
}

/** An empty list asks for all, as no list does (apache/kafka `ConfigHelper.describeConfigs`). */
function wantedNames(configurationKeys: readonly string[] | null): WantedNames {
  return configurationKeys === null || configurationKeys.length === 0 ? null : new Set(configurationKeys)
}

/** What tools tell an older release by: the protocol of its brokers among themselves. */
function configsOfRelease(
  release: Release | undefined,
  { resourceType, resourceName, configurationKeys }: Resource,
): DescribedConfig[] {
  const value = release?.interBrokerProtocol
  if (value === undefined || value === null) return []
  if (resourceType !== resourceTypes.BROKER || resourceName === '') return []
  const name = 'inter.broker.protocol.version'
  if (wantedNames(configurationKeys)?.has(name) === false) return []
  const source = configSources.DEFAULT_CONFIG
  return [
    {
      name,
      value,
      readOnly: true,
      source,
      sensitive: false,
      synonyms: [{ name, value, source }],
      type: 'STRING',
      documentation: 'Version of the protocol that brokers of this release speak among themselves.',
    },
  ]
}

function requireThisBroker(configs: BrokerConfigs, name: string, orWhat: string): void {
  const id = nodeIdOf(name)
  if (id === undefined)
    throw new KafkaError('INVALID_REQUEST', `Broker id must be an integer, but it is: ${name}`)
  if (id !== configs.nodeId)
    throw new KafkaError(
      'INVALID_REQUEST',
      `Unexpected broker id, expected ${configs.nodeId}${orWhat} but received ${name}`,
    )
}

function describeLoggers(loggers: BrokerLoggers, wanted: WantedNames): DescribedConfig[] {
  return [...loggers.levels()]
    .filter(([name]) => wanted === null || wanted.has(name))
    .map(([name, level]) => ({
      name,
      value: level,
      readOnly: false,
      source: configSources.DYNAMIC_BROKER_LOGGER_CONFIG,
      sensitive: false,
      synonyms: [],
      type: 'UNKNOWN',
      documentation: null,
    }))
}

function entry(config: DescribedConfig, { includeSynonyms, includeDocumentation }: Request) {
  return {
    name: config.name,
    value: config.value,
    readOnly: config.readOnly,
    isDefault: config.source === configSources.DEFAULT_CONFIG,
    configSource: config.source,
    isSensitive: config.sensitive,
    synonyms: includeSynonyms ? config.synonyms : [],
    configType: configTypes[config.type],
    documentation: includeDocumentation ? config.documentation : null,
  }
}

function refused({ resourceType, resourceName }: Resource, error: KafkaError) {
  return { errorCode: error.code, errorMessage: error.message, resourceType, resourceName, configs: [] }
}
