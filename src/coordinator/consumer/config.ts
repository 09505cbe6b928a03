import type { ModernGroupConfig } from '../modern/config.ts'

export const migrationPolicies = ['DISABLED', 'DOWNGRADE', 'UPGRADE', 'BIDIRECTIONAL'] as const
export type MigrationPolicy = (typeof migrationPolicies)[number]

/** What an operator can set about consumer groups alone; the names of Kafka's configs stand behind each field. */
export interface ConsumerGroupConfig extends ModernGroupConfig {
  /** group.consumer.assignors: names, the default first. */
  readonly assignors: readonly string[]
  /** group.consumer.migration.policy */
  readonly migrationPolicy: MigrationPolicy
  /** group.consumer.regex.refresh.interval.ms */
  readonly regexRefreshIntervalMs: number
}

/** Kafka's own values: the `realistic` profile. */
const realisticConsumerConfig: ConsumerGroupConfig = {
  sessionTimeoutMs: 45_000,
  heartbeatIntervalMs: 5_000,
  assignmentIntervalMs: 1_000,
  maxSize: 2_147_483_647,
  assignors: ['uniform', 'range'],
  migrationPolicy: 'BIDIRECTIONAL',
  regexRefreshIntervalMs: 600_000,
  isEnabled: true,
}

/** Members learn of a rebalance at their next heartbeat, so those come often, and nothing is put off. */
export const instantConsumerConfig: ConsumerGroupConfig = {
  ...realisticConsumerConfig,
  heartbeatIntervalMs: 250,
  assignmentIntervalMs: 0,
}

export function mayUpgrade({ migrationPolicy }: ConsumerGroupConfig): boolean {
  return migrationPolicy === 'UPGRADE' || migrationPolicy === 'BIDIRECTIONAL'
}

export function mayDowngrade({ migrationPolicy }: ConsumerGroupConfig): boolean {
  return migrationPolicy === 'DOWNGRADE' || migrationPolicy === 'BIDIRECTIONAL'
}
