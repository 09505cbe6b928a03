/**
 * What an operator can set about every kind of modern group, for all groups or for one: the names of Kafka's configs
 * stand behind each field, with the kind in place of `*`.
 */
export interface ModernGroupConfig {
  /** group.*.session.timeout.ms; of the group: *.session.timeout.ms */
  readonly sessionTimeoutMs: number
  /** group.*.heartbeat.interval.ms; of the group: *.heartbeat.interval.ms */
  readonly heartbeatIntervalMs: number
  /** group.*.assignment.interval.ms; of the group: *.assignment.interval.ms */
  readonly assignmentIntervalMs: number
  /** group.*.max.size */
  readonly maxSize: number
  /** group.coordinator.rebalance.protocols names the kind, and what else it needs is there. */
  readonly isEnabled: boolean
}
