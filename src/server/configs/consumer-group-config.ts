import type { ConsumerGroupConfig } from '../../coordinator/consumer/config.ts'
import { brokerTable } from './broker-table.ts'
import { type GroupConfigName, groupBounds } from './group-table.ts'
import { groupResourceConfigs } from './tables/group-resource-configs.ts'

/**
 * What a consumer group sets for itself goes before what the broker says. Bounds of the broker that were moved since
 * bind it all the same (apache/kafka `GroupConfigManager`).
 */
export function withGroupConfigs(
  broker: ConsumerGroupConfig,
  overrides: ReadonlyMap<string, string>,
  brokerText: (name: string) => string | null,
): ConsumerGroupConfig {
  const effective = (name: GroupConfigName & `consumer.${string}.ms`, fallback: number): number => {
    const text = overrides.get(name)
    if (text === undefined) return fallback
    const bounds = groupBounds.find((each) => each.name === name)
    const bound = (by: keyof typeof brokerTable | undefined) =>
      by === undefined ? undefined : Number(brokerText(by) ?? brokerTable[by].default)
    const least = bound(bounds?.min) ?? Number.NEGATIVE_INFINITY
    const most = bound(bounds?.max) ?? Number.POSITIVE_INFINITY
    return Math.min(Math.max(groupResourceConfigs[name].read(text), least), most)
  }
  return {
    ...broker,
    sessionTimeoutMs: effective('consumer.session.timeout.ms', broker.sessionTimeoutMs),
    heartbeatIntervalMs: effective('consumer.heartbeat.interval.ms', broker.heartbeatIntervalMs),
    assignmentIntervalMs: effective('consumer.assignment.interval.ms', broker.assignmentIntervalMs),
  }
}
