/**
 * The keys and values of the metadata store. Values are JSON; what is read back is parsed here, once, into these
 * shapes.
 *
 *     /brokers/<id>                    who lives and where it listens (leased)
 *     /cluster                         the cluster's id
 *     /topics/<name>                   topic id
 *     /partitions/<topic id>/<index>   leader, leader epoch, in-sync replicas, replicas
 *     /configs/<type>/<name>           overrides, by config name
 *     /producer-ids                    the first producer id that was not handed out yet
 *     /features/<name>                 the finalized level of a feature
 *     /client-quotas/…, /scram/…       see client-records.ts
 */
import { MetadataMalformed } from './metadata-malformed.ts'

export interface BrokerRecord {
  readonly rack: string | null
  readonly listeners: readonly BrokerListener[]
}

export interface BrokerListener {
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface TopicRecord {
  readonly id: string
}

export interface PartitionRecord {
  readonly leader: number
  readonly leaderEpoch: number
  readonly isr: readonly number[]
  readonly replicas: readonly number[]
}

export type ConfigResourceType = 'topic' | 'broker' | 'group' | 'client-metrics'

export const BROKERS = '/brokers/'
export const TOPICS = '/topics/'
export const PARTITIONS = '/partitions/'
export const CONFIGS = '/configs/'
export const CLUSTER = '/cluster'
export const PRODUCER_IDS = '/producer-ids'
export const FEATURES = '/features/'

export function topicKey(name: string): string {
  return `${TOPICS}${name}`
}

export function partitionKey(topicId: string, index: number): string {
  return `${PARTITIONS}${topicId}/${index}`
}

export function configKey(type: ConfigResourceType, name: string): string {
  return `${CONFIGS}${type}/${name}`
}

export function featureKey(name: string): string {
  return `${FEATURES}${name}`
}

/** Splits the key of a partition into topic id and index. */
export function parsePartitionKey(key: string): { topicId: string; index: number } {
  const slash = key.lastIndexOf('/')
  return { topicId: key.slice(PARTITIONS.length, slash), index: Number(key.slice(slash + 1)) }
}

export function parseBroker(value: string): BrokerRecord {
  const { rack, listeners } = parseObject('broker', value)
  if (!Array.isArray(listeners)) throw new MetadataMalformed('broker', value)
  return {
    rack: typeof rack === 'string' ? rack : null,
    listeners: listeners.map((listener: unknown) => parseListener(listener, value)),
  }
}

function parseListener(listener: unknown, value: string): BrokerListener {
  if (!isObject(listener)) throw new MetadataMalformed('listener', value)
  const { name, host, port } = listener
  if (typeof name !== 'string' || typeof host !== 'string' || typeof port !== 'number')
    throw new MetadataMalformed('listener', value)
  return { name, host, port }
}

export function parseTopic(value: string): TopicRecord {
  const { id } = parseObject('topic', value)
  if (typeof id !== 'string') throw new MetadataMalformed('topic', value)
  return { id }
}

export function parsePartition(value: string): PartitionRecord {
  const { leader, leaderEpoch, isr, replicas } = parseObject('partition', value)
  if (typeof leader !== 'number' || typeof leaderEpoch !== 'number')
    throw new MetadataMalformed('partition', value)
  if (!isNumbers(isr) || !isNumbers(replicas)) throw new MetadataMalformed('partition', value)
  return { leader, leaderEpoch, isr, replicas }
}

export function parseConfigs(value: string): ReadonlyMap<string, string> {
  return new Map(Object.entries(parseObject('config', value)).map(([name, text]) => [name, String(text)]))
}

export function parseFeatureLevel(value: string): number {
  const level = Number(value)
  if (!Number.isInteger(level)) throw new MetadataMalformed('feature level', value)
  return level
}

function parseObject(what: string, value: string): Readonly<Record<string, unknown>> {
  const parsed: unknown = JSON.parse(value)
  if (!isObject(parsed)) throw new MetadataMalformed(what, value)
  return parsed
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number')
}
