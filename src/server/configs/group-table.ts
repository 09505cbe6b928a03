/** Configs of groups and of client metrics subscriptions, each a resource of its own in DescribeConfigs. */
import { type BrokerConfigName, brokerTable } from './broker-table.ts'
import type { ConfigDefinition } from './definition.ts'
import { clientMetricsConfigs } from './tables/client-metrics-configs.ts'
import { groupResourceConfigs } from './tables/group-resource-configs.ts'

const groupDefinitions: ReadonlyMap<string, ConfigDefinition> = new Map(Object.entries(groupResourceConfigs))
const metricsDefinitions: ReadonlyMap<string, ConfigDefinition> = new Map(
  Object.entries(clientMetricsConfigs),
)

export const groupConfigNames: readonly string[] = [...groupDefinitions.keys()].sort()
export const clientMetricsConfigNames: readonly string[] = [...metricsDefinitions.keys()].sort()

export function groupDefinition(name: string): ConfigDefinition | undefined {
  return groupDefinitions.get(name)
}

export function clientMetricsDefinition(name: string): ConfigDefinition | undefined {
  return metricsDefinitions.get(name)
}

/** The broker config that a group config follows (`GroupConfig.ALL_GROUP_CONFIG_SYNONYMS`). */
export function groupSynonym(name: string): string | undefined {
  if (name === 'streams.assignor.name') return 'group.streams.assignors'
  const synonym = `group.${name}`
  return Object.hasOwn(brokerTable, synonym) ? synonym : undefined
}

/** Broker configs between which a group's own value must lie. */
interface GroupBounds {
  readonly name: keyof typeof groupResourceConfigs
  readonly min?: BrokerConfigName
  readonly max?: BrokerConfigName
}

export const groupBounds: readonly GroupBounds[] = [
  between(
    'consumer.session.timeout.ms',
    'group.consumer.min.session.timeout.ms',
    'group.consumer.max.session.timeout.ms',
  ),
  between(
    'consumer.heartbeat.interval.ms',
    'group.consumer.min.heartbeat.interval.ms',
    'group.consumer.max.heartbeat.interval.ms',
  ),
  between(
    'consumer.assignment.interval.ms',
    'group.consumer.min.assignment.interval.ms',
    'group.consumer.max.assignment.interval.ms',
  ),
  between(
    'share.session.timeout.ms',
    'group.share.min.session.timeout.ms',
    'group.share.max.session.timeout.ms',
  ),
  between(
    'share.heartbeat.interval.ms',
    'group.share.min.heartbeat.interval.ms',
    'group.share.max.heartbeat.interval.ms',
  ),
  between(
    'share.assignment.interval.ms',
    'group.share.min.assignment.interval.ms',
    'group.share.max.assignment.interval.ms',
  ),
  between(
    'share.record.lock.duration.ms',
    'group.share.min.record.lock.duration.ms',
    'group.share.max.record.lock.duration.ms',
  ),
  between(
    'share.delivery.count.limit',
    'group.share.min.delivery.count.limit',
    'group.share.max.delivery.count.limit',
  ),
  between(
    'share.partition.max.record.locks',
    'group.share.min.partition.max.record.locks',
    'group.share.max.partition.max.record.locks',
  ),
  between(
    'streams.session.timeout.ms',
    'group.streams.min.session.timeout.ms',
    'group.streams.max.session.timeout.ms',
  ),
  between(
    'streams.heartbeat.interval.ms',
    'group.streams.min.heartbeat.interval.ms',
    'group.streams.max.heartbeat.interval.ms',
  ),
  between(
    'streams.assignment.interval.ms',
    'group.streams.min.assignment.interval.ms',
    'group.streams.max.assignment.interval.ms',
  ),
  { name: 'streams.num.standby.replicas', max: 'group.streams.max.standby.replicas' },
  { name: 'streams.num.warmup.replicas', max: 'group.streams.max.warmup.replicas' },
  { name: 'streams.task.offset.interval.ms', min: 'group.streams.min.task.offset.interval.ms' },
]

/** The bounds as they are now. */
export function limitsOf({ min, max }: GroupBounds, brokerText: (name: string) => string | null) {
  return {
    least: Number((min && brokerText(min)) ?? Number.NEGATIVE_INFINITY),
    most: Number((max && brokerText(max)) ?? Number.POSITIVE_INFINITY),
  }
}

/**
 * What a broker says of groups must lie within its own bounds, or it doesn't start; one line for each that doesn't, in
 * Kafka's words (apache/kafka `GroupCoordinatorConfig`, `ShareGroupConfig`).
 */
export function brokerOutOfBounds(brokerText: (name: string) => string | null): string[] {
  return groupBounds.flatMap((bounds) => {
    const { name, min, max } = bounds
    const { least, most } = limitsOf(bounds, brokerText)
    const synonym = groupSynonym(name)
    if (synonym === undefined) return []
    const value = Number(brokerText(synonym))
    if (least > most) return [`${max} must be greater than or equal to ${min}`]
    if (value < least) return [`${synonym} must be greater than or equal to ${min}`]
    return value > most ? [`${synonym} must be less than or equal to ${max}`] : []
  })
}

function between(name: GroupBounds['name'], min: BrokerConfigName, max: BrokerConfigName) {
  return { name, min, max }
}
