/**
 * Which overrides a resource may have: known names, values in range, configs that agree with each other
 * (`LogConfig.validate`, `DynamicBrokerConfig.validateConfigs`, `GroupConfig.validate`, `ClientMetricsConfigs.validate`).
 * Each function gives the overrides in Kafka's spelling or throws the KafkaError that Kafka answers with.
 */
import { KafkaError } from '../../wire/errors.ts'
import type { BrokerConfigs } from './broker-configs.ts'
import { brokerDefinition } from './broker-table.ts'
import type { ConfigDefinition } from './definition.ts'
import {
  clientMetricsDefinition,
  groupBounds,
  groupDefinition,
  groupSynonym,
  limitsOf,
} from './group-table.ts'
import { splitList } from './kinds.ts'
import { topicDefinition, topicTable } from './topic-table.ts'

type Overrides = ReadonlyMap<string, string>

/** Takes `null` values as CreateTopics may carry them, and refuses them. */
export function validTopicOverrides(
  overrides: ReadonlyMap<string, string | null>,
): ReadonlyMap<string, string> {
  const unset = [...overrides].filter(([, value]) => value === null).map(([name]) => name)
  if (unset.length > 0)
    throw new KafkaError('INVALID_CONFIG', `Null value not supported for topic configs: ${unset.join(', ')}`)
  const set = new Map([...overrides].map(([name, value]) => [name, value ?? '']))
  refuseUnknown('topic', set, topicDefinition)
  const valid = canonical(set, topicDefinition)
  const minLagMs = topicTable['min.compaction.lag.ms'].read(valid.get('min.compaction.lag.ms') ?? null)
  const maxLagMs = topicTable['max.compaction.lag.ms'].read(valid.get('max.compaction.lag.ms') ?? null)
  if (minLagMs > maxLagMs)
    throw new KafkaError(
      'INVALID_CONFIG',
      `conflict topic config setting min.compaction.lag.ms (${minLagMs}) > max.compaction.lag.ms (${maxLagMs})`,
    )
  if (valid.get('remote.storage.enable') === 'true')
    throw new KafkaError(
      'INVALID_CONFIG',
      'Tiered Storage is disabled in the broker: a topic cannot turn on remote.storage.enable.',
    )
  return valid
}

/** Security settings that may change only for one listener (`DynamicBrokerConfig.DYNAMIC_SECURITY_CONFIGS`). */
const perListener: ReadonlySet<string> = new Set([
  'ssl.key.password',
  'ssl.keystore.certificate.chain',
  'ssl.keystore.key',
  'ssl.keystore.location',
  'ssl.keystore.password',
  'ssl.keystore.type',
  'ssl.truststore.certificates',
  'ssl.truststore.location',
  'ssl.truststore.password',
  'ssl.truststore.type',
])

/**
 * Overrides of one broker, or of all brokers when `ofAllBrokers`. Unknown names pass, as plug-ins may have configs of
 * their own; what is wrong is refused with INVALID_REQUEST, not INVALID_CONFIG as elsewhere.
 */
export function validBrokerOverrides(overrides: Overrides, ofAllBrokers: boolean): Overrides {
  const names = [...overrides.keys()]
  refuseNames(
    names.filter((name) => ownMode(name) === 'read-only'),
    'Cannot update these configs dynamically',
  )
  refuseNames(
    names.filter((name) => perListener.has(name)),
    'These security configs can be updated only for one listener, with the prefix listener.name.<listener>.',
  )
  let valid: Overrides
  try {
    valid = canonical(overrides, brokerDefinition)
  } catch (error) {
    throw error instanceof KafkaError ? new KafkaError('INVALID_REQUEST', error.message) : error
  }
  if (ofAllBrokers)
    refuseNames(
      names.filter((name) => brokerDefinition(name)?.mode === 'per-broker'),
      'Cannot update these configs at default cluster level, broker id must be specified',
    )
  return valid
}

export function validGroupOverrides(configs: BrokerConfigs, overrides: Overrides): Overrides {
  refuseUnknown('group', overrides, groupDefinition)
  const valid = canonical(overrides, groupDefinition)
  for (const bounds of groupBounds) {
    const { name } = bounds
    const value = valid.get(name)
    if (value === undefined) continue
    const { least, most } = limitsOf(bounds, (by) => configs.text(by))
    if (Number(value) < least || Number(value) > most)
      throw new KafkaError('INVALID_CONFIG', `${name} must be ${boundsInWords(least, most)}, not ${value}.`)
  }
  for (const kind of ['consumer', 'share', 'streams']) refuseShortSession(configs, valid, kind)
  if (valid.get('errors.deadletterqueue.topic.name')?.startsWith('__') === true)
    throw new KafkaError(
      'INVALID_CONFIG',
      "errors.deadletterqueue.topic.name: DLQ topic name must not start with '__'",
    )
  return valid
}

const MIN_PUSH_INTERVAL_MS = 100
const MAX_PUSH_INTERVAL_MS = 3_600_000

/** What a subscription may pick clients by (`ClientMetricsConfigs.ALLOWED_MATCH_PARAMS`). */
const matchable: ReadonlySet<string> = new Set([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
])

export function validClientMetricsOverrides(overrides: Overrides): Overrides {
  const stranger = [...overrides.keys()].find((name) => clientMetricsDefinition(name) === undefined)
  if (stranger !== undefined)
    throw new KafkaError('INVALID_REQUEST', `Unknown client metrics configuration: ${stranger}`)
  const valid = canonical(overrides, clientMetricsDefinition)
  const intervalMs = Number(valid.get('interval.ms') ?? MIN_PUSH_INTERVAL_MS)
  if (intervalMs < MIN_PUSH_INTERVAL_MS || intervalMs > MAX_PUSH_INTERVAL_MS)
    throw new KafkaError(
      'INVALID_REQUEST',
      `Invalid value ${intervalMs} for interval.ms, expected ${MIN_PUSH_INTERVAL_MS} to ${MAX_PUSH_INTERVAL_MS}`,
    )
  const bad = splitList(valid.get('match') ?? '').find((pattern) => !isClientPattern(pattern))
  if (bad !== undefined) throw new KafkaError('INVALID_CONFIG', `Illegal client matching pattern: ${bad}`)
  return valid
}

function isClientPattern(pattern: string): boolean {
  const [, name, expression] = /^([^=]+)=(.+)$/.exec(pattern) ?? []
  if (name === undefined || expression === undefined || !matchable.has(name.trim())) return false
  try {
    new RegExp(expression.trim(), 'u')
    return true
  } catch {
    return false
  }
}

/** A member that may be silent for less than its heartbeat interval would be removed while it is well. */
function refuseShortSession(configs: BrokerConfigs, overrides: Overrides, kind: string): void {
  const [session, heartbeat] = [`${kind}.session.timeout.ms`, `${kind}.heartbeat.interval.ms`]
  if (!overrides.has(session) && !overrides.has(heartbeat)) return
  const effective = (name: string) => Number(overrides.get(name) ?? configs.text(groupSynonym(name) ?? name))
  if (effective(session) <= effective(heartbeat))
    throw new KafkaError(
      'INVALID_CONFIG',
      `${session} (${effective(session)}) must be greater than ${heartbeat} (${effective(heartbeat)}).`,
    )
}

function boundsInWords(least: number, most: number): string {
  if (least === Number.NEGATIVE_INFINITY) return `at most ${most}`
  if (most === Number.POSITIVE_INFINITY) return `at least ${least}`
  return `in the range ${least} to ${most} inclusive`
}

function refuseUnknown(
  what: string,
  overrides: Overrides,
  definitionOf: (name: string) => ConfigDefinition | undefined,
): void {
  const stranger = [...overrides.keys()].find((name) => definitionOf(name) === undefined)
  if (stranger !== undefined)
    throw new KafkaError('INVALID_CONFIG', `Unknown ${what} config name: ${stranger}`)
}

function refuseNames(names: readonly string[], why: string): void {
  if (names.length > 0) throw new KafkaError('INVALID_REQUEST', `${why}: [${names.join(', ')}]`)
}

/** The update mode of a name as it stands; a listener's own setting has none. */
function ownMode(name: string): string | undefined {
  const definition = brokerDefinition(name)
  return definition?.name === name ? definition.mode : undefined
}

function canonical(
  overrides: Overrides,
  definitionOf: (name: string) => ConfigDefinition | undefined,
): Map<string, string> {
  return new Map(
    [...overrides].map(([name, value]) => [name, definitionOf(name)?.kind.canonical(name, value) ?? value]),
  )
}
