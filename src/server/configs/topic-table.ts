/** Topic configs and the broker configs from which a topic takes what it doesn't set (`ServerTopicConfigSynonyms`). */
import type { BrokerConfigName } from './broker-table.ts'
import type { ConfigDefinition } from './definition.ts'
import { topicConfigs } from './tables/topic-configs.ts'

export const topicTable = topicConfigs

export type TopicConfigName = keyof typeof topicTable

const definitions: ReadonlyMap<string, ConfigDefinition> = new Map(Object.entries(topicTable))

export const topicConfigNames: readonly string[] = [...definitions.keys()].sort()

export function topicDefinition(name: string): ConfigDefinition | undefined {
  return definitions.get(name)
}

/** A broker config that a topic config follows; its value times `factor` is that of the topic config. */
export interface TopicSynonym {
  readonly name: BrokerConfigName
  readonly factor: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const sameNamed = [
  'compression.gzip.level',
  'compression.lz4.level',
  'compression.type',
  'compression.zstd.level',
  'max.decompressed.message.bytes',
  'min.insync.replicas',
  'unclean.leader.election.enable',
] as const satisfies readonly (BrokerConfigName & TopicConfigName)[]

const otherNamed = {
  'cleanup.policy': [as('log.cleanup.policy')],
  'delete.retention.ms': [as('log.cleaner.delete.retention.ms')],
  'file.delete.delay.ms': [as('log.segment.delete.delay.ms')],
  'flush.messages': [as('log.flush.interval.messages')],
  'flush.ms': [as('log.flush.interval.ms'), as('log.flush.scheduler.interval.ms')],
  'index.interval.bytes': [as('log.index.interval.bytes')],
  'local.retention.bytes': [as('log.local.retention.bytes')],
  'local.retention.ms': [as('log.local.retention.ms')],
  'max.compaction.lag.ms': [as('log.cleaner.max.compaction.lag.ms')],
  'max.message.bytes': [as('message.max.bytes')],
  'message.timestamp.after.max.ms': [as('log.message.timestamp.after.max.ms')],
  'message.timestamp.before.max.ms': [as('log.message.timestamp.before.max.ms')],
  'message.timestamp.type': [as('log.message.timestamp.type')],
  'min.cleanable.dirty.ratio': [as('log.cleaner.min.cleanable.ratio')],
  'min.compaction.lag.ms': [as('log.cleaner.min.compaction.lag.ms')],
  preallocate: [as('log.preallocate')],
  'remote.copy.lag.bytes': [as('log.remote.copy.lag.bytes')],
  'remote.copy.lag.ms': [as('log.remote.copy.lag.ms')],
  'retention.bytes': [as('log.retention.bytes')],
  'retention.ms': [
    as('log.retention.ms'),
    as('log.retention.minutes', MINUTE_MS),
    as('log.retention.hours', HOUR_MS),
  ],
  'segment.bytes': [as('log.segment.bytes')],
  'segment.index.bytes': [as('log.index.size.max.bytes')],
  'segment.jitter.ms': [as('log.roll.jitter.ms'), as('log.roll.jitter.hours', HOUR_MS)],
  'segment.ms': [as('log.roll.ms'), as('log.roll.hours', HOUR_MS)],
} satisfies Partial<Record<TopicConfigName, readonly TopicSynonym[]>>

const synonyms: ReadonlyMap<string, readonly TopicSynonym[]> = new Map([
  ...sameNamed.map((name): [string, readonly TopicSynonym[]] => [name, [as(name)]]),
  ...Object.entries(otherNamed),
])

/** The broker configs that a topic config follows, the strongest first; none for what only topics have. */
export function topicSynonyms(name: string): readonly TopicSynonym[] {
  return synonyms.get(name) ?? []
}

function as(name: BrokerConfigName, factor = 1): TopicSynonym {
  return { name, factor }
}
