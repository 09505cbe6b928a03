/**
 * Decides what AlterConfigs and IncrementalAlterConfigs change, resource by resource, without changing anything. The
 * order of checks and their errors are those of Kafka (`ConfigAdminManager.preprocess` on the broker, then
 * `ConfigurationControlManager` on the controller).
 */
import type { ConfigChange } from '../../replication/controller.ts'
import type { ConfigResourceType } from '../../replication/metadata/records.ts'
import { requireTopicName } from '../../replication/topic-name.ts'
import { resourceTypes } from '../../wire/config-resource.ts'
import { KafkaError } from '../../wire/errors.ts'
import { MAX_STRING_BYTES } from '../../wire/schema/layout.ts'
import type { BrokerConfigs } from './broker-configs.ts'
import {
  type BrokerLoggers,
  type BrokerLogLevel,
  brokerLogLevels,
  isBrokerLogLevel,
} from './broker-loggers.ts'
import { brokerDefinition } from './broker-table.ts'
import { splitList } from './kinds.ts'
import { scaled } from './topic-config.ts'
import { topicDefinition, topicSynonyms } from './topic-table.ts'
import {
  validBrokerOverrides,
  validClientMetricsOverrides,
  validGroupOverrides,
  validTopicOverrides,
} from './validate.ts'

/** Kafka's numbers of operations (`AlterConfigOp.OpType`). */
export const configOperations = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

export interface Alteration {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly ConfigOperation[]
}

export interface ConfigOperation {
  readonly name: string
  readonly value: string | null
  /** One of `configOperations`. */
  readonly configOperation: number
}

export interface LoggerChange {
  readonly logger: string
  readonly level: BrokerLogLevel | null
}

/** What one resource of a request comes to. */
export type Decision =
  | { readonly error: KafkaError }
  | { readonly change: ConfigChange }
  | { readonly loggers: readonly LoggerChange[] }

/**
 * One decision for each alteration, in their order. With `replaces`, overrides that an alteration doesn't name go
 * away (AlterConfigs); else they stay (IncrementalAlterConfigs).
 */
export function decideAlterations(
  configs: BrokerConfigs,
  loggers: BrokerLoggers,
  alterations: readonly Alteration[],
  replaces: boolean,
): Decision[] {
  const counts = new Map<string, number>()
  for (const each of alterations) counts.set(keyOf(each), (counts.get(keyOf(each)) ?? 0) + 1)
  return alterations.map((alteration) => {
    try {
      if ((counts.get(keyOf(alteration)) ?? 0) > 1)
        throw new KafkaError('INVALID_REQUEST', 'Each resource must appear at most once.')
      refuseAmbiguous(alteration.configs)
      return decide(configs, loggers, alteration, replaces)
    } catch (error) {
      if (error instanceof KafkaError) return { error }
      throw error
    }
  })
}

function decide(
  configs: BrokerConfigs,
  loggers: BrokerLoggers,
  alteration: Alteration,
  replaces: boolean,
): Decision {
  const { resourceType, resourceName: name } = alteration
  switch (resourceType) {
    case resourceTypes.TOPIC:
      return { change: topicChange(configs, alteration, replaces) }
    case resourceTypes.BROKER:
      return { change: brokerChange(configs, alteration, replaces) }
    case resourceTypes.BROKER_LOGGER:
      if (replaces) break
      requireThisNode(configs, name, 'node')
      return { loggers: alteration.configs.map((operation) => loggerChange(loggers, operation)) }
    case resourceTypes.CLIENT_METRICS: {
      const overrides = altered(configs, 'client-metrics', name, alteration.configs, replaces)
      if (name === '') throw new KafkaError('INVALID_REQUEST', "Subscription name can't be empty")
      return change('client-metrics', name, validClientMetricsOverrides(overrides))
    }
    case resourceTypes.GROUP: {
      const overrides = altered(configs, 'group', name, alteration.configs, replaces)
      if (name === '') throw new KafkaError('INVALID_REQUEST', 'Default group resources are not allowed.')
      return change('group', name, validGroupOverrides(configs, overrides))
    }
  }
  throw new KafkaError('INVALID_REQUEST', `Unknown resource type ${resourceType}`)
}

function topicChange(configs: BrokerConfigs, alteration: Alteration, replaces: boolean): ConfigChange {
  const name = alteration.resourceName
  const overrides = altered(configs, 'topic', name, alteration.configs, replaces)
  if (name === '') throw new KafkaError('INVALID_REQUEST', 'Default topic resources are not allowed.')
  requireTopicName(name)
  const valid = validTopicOverrides(overrides)
  if (!configs.store.topicExists(name))
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
  return { resourceType: 'topic', name, overrides: valid }
}

function brokerChange(configs: BrokerConfigs, alteration: Alteration, replaces: boolean): ConfigChange {
  const ofAllBrokers = alteration.resourceName === ''
  if (!ofAllBrokers) requireThisNode(configs, alteration.resourceName, 'broker')
  const name = ofAllBrokers ? '' : String(configs.nodeId)
  const overrides = altered(configs, 'broker', name, alteration.configs, replaces)
  return { resourceType: 'broker', name, overrides: validBrokerOverrides(overrides, ofAllBrokers) }
}

/** The overrides after all operations, not yet validated. */
function altered(
  configs: BrokerConfigs,
  resource: ConfigResourceType,
  resourceName: string,
  operations: readonly ConfigOperation[],
  replaces: boolean,
): Map<string, string> {
  const overrides = new Map(replaces ? [] : configs.store.overrides(resource, resourceName))
  for (const { name, value, configOperation } of operations) {
    const text = value ?? ''
    switch (configOperation) {
      case configOperations.SET:
        overrides.set(name, text)
        break
      case configOperations.DELETE:
        overrides.delete(name)
        break
      case configOperations.APPEND: {
        const items = listToAlter(configs, resource, overrides, name, 'APPEND')
        overrides.set(name, fitting([...new Set([...items, ...splitList(text)])].join(',')))
        break
      }
      case configOperations.SUBTRACT: {
        const items = listToAlter(configs, resource, overrides, name, 'SUBTRACT')
        const leaving = splitList(text)
        overrides.set(name, items.filter((item) => !leaving.includes(item)).join(','))
        break
      }
      default:
        throw new KafkaError('INVALID_REQUEST', `Unknown operation ${configOperation} for config ${name}`)
    }
  }
  return overrides
}

/** A value is as long as a string can be. Source: apache/kafka `ConfigurationControlManager.validateAlterConfig`. */
function fitting(value: string): string {
  if (Buffer.byteLength(value) > MAX_STRING_BYTES)
    throw new KafkaError(
      'INVALID_CONFIG',
      `The configuration value cannot be added because it exceeds the maximum value size of ${MAX_STRING_BYTES} bytes.`,
    )
  return value
}

/**
 * The list that APPEND adds to or SUBTRACT takes from: what is set, or else what the broker was started with, or the
 * default. Kafka knows list types of topics and brokers only, so lists of other resources can only be set.
 */
function listToAlter(
  configs: BrokerConfigs,
  resource: ConfigResourceType,
  overrides: ReadonlyMap<string, string>,
  name: string,
  operation: 'APPEND' | 'SUBTRACT',
): string[] {
  if (resource === 'broker') {
    const definition = brokerDefinition(name)
    if (definition === undefined) throw new KafkaError('INVALID_CONFIG', `Unknown config name: ${name}`)
    if (definition.kind.type !== 'LIST')
      throw new KafkaError(
        'INVALID_CONFIG',
        `Config value ${operation.toLowerCase()} is not allowed for config key: ${name}`,
      )
    return splitList(overrides.get(name) ?? configs.staticText(name) ?? '')
  }
  const definition = resource === 'topic' ? topicDefinition(name) : undefined
  if (definition?.kind.type !== 'LIST')
    throw new KafkaError('INVALID_CONFIG', `Can't ${operation} to key ${name} because its type is not LIST.`)
  return splitList(overrides.get(name) ?? staticTopicText(configs, name) ?? definition.default ?? '')
}

function staticTopicText(configs: BrokerConfigs, name: string): string | null {
  for (const synonym of topicSynonyms(name)) {
    const text = configs.staticText(synonym.name)
    if (text !== null) return scaled(text, synonym.factor)
  }
  return null
}

function loggerChange(
  loggers: BrokerLoggers,
  { name, value, configOperation }: ConfigOperation,
): LoggerChange {
  if (configOperation !== configOperations.SET && configOperation !== configOperations.DELETE) {
    const operation = configOperation === configOperations.APPEND ? 'APPEND' : 'SUBTRACT'
    throw new KafkaError(
      'INVALID_REQUEST',
      `${operation} operation is not allowed for the BROKER_LOGGER resource`,
    )
  }
  if (!loggers.levels().has(name)) throw new KafkaError('INVALID_CONFIG', `Logger ${name} does not exist!`)
  if (configOperation === configOperations.DELETE) {
    if (name === 'root')
      throw new KafkaError('INVALID_REQUEST', 'Removing the log level of the root logger is not allowed')
    return { logger: name, level: null }
  }
  if (value === null || !isBrokerLogLevel(value))
    throw new KafkaError(
      'INVALID_CONFIG',
      `Cannot set the log level of ${name} to ${value}, which is none of ${brokerLogLevels.join(', ')}`,
    )
  return { logger: name, level: value }
}

function refuseAmbiguous(operations: readonly ConfigOperation[]): void {
  if (new Set(operations.map((operation) => operation.name)).size !== operations.length)
    throw new KafkaError('INVALID_REQUEST', 'Error due to duplicate config keys')
  const unset = operations.filter(
    (operation) => operation.value === null && operation.configOperation !== configOperations.DELETE,
  )
  if (unset.length > 0)
    throw new KafkaError(
      'INVALID_REQUEST',
      `Null value not supported for : ${unset.map((operation) => operation.name).join(', ')}`,
    )
}

/** Brokers and their loggers are altered through the broker itself. */
function requireThisNode(configs: BrokerConfigs, name: string, what: 'broker' | 'node'): void {
  const id = nodeIdOf(name)
  if (id === undefined)
    throw new KafkaError('INVALID_REQUEST', `Node id must be an integer, but it is: ${name}`)
  if (id !== configs.nodeId)
    throw new KafkaError(
      'INVALID_REQUEST',
      `Unexpected ${what} id, expected ${configs.nodeId}, but received ${name}`,
    )
}

/** The number that a broker's resource name stands for; nothing when it is none. */
export function nodeIdOf(name: string): number | undefined {
  return /^[+-]?\d{1,10}$/.test(name) ? Number(name) : undefined
}

function change(
  resourceType: ConfigResourceType,
  name: string,
  overrides: ReadonlyMap<string, string>,
): Decision {
  return { change: { resourceType, name, overrides } }
}

function keyOf({ resourceType, resourceName }: Alteration): string {
  return `${resourceType} ${resourceName}`
}
