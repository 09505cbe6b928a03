/**
 * Profiles: defaults other than Kafka's. `instant`, the default, awaits nothing that it need not and lets tests ask
 * for timeouts of milliseconds; `realistic` keeps Kafka's own timings, for code that is to meet them. What an operator
 * sets wins over both.
 */
import type { BrokerConfigName } from './broker-table.ts'

export type Profile = 'instant' | 'realistic'

type Defaults = Partial<Record<BrokerConfigName, string>>

const instant: Defaults = {
  'group.consumer.assignment.interval.ms': '0',
  'group.consumer.heartbeat.interval.ms': '250',
  'group.consumer.min.heartbeat.interval.ms': '1',
  'group.consumer.min.session.timeout.ms': '1',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '1',
  'group.share.assignment.interval.ms': '0',
  'group.share.min.heartbeat.interval.ms': '1',
  'group.share.min.session.timeout.ms': '1',
  'group.streams.assignment.interval.ms': '0',
  'group.streams.heartbeat.interval.ms': '250',
  'group.streams.initial.rebalance.delay.ms': '0',
  'group.streams.min.heartbeat.interval.ms': '1',
  'group.streams.min.session.timeout.ms': '1',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '100',
}

const realistic: Defaults = {
  'odradek.group.evict.on.close': 'false',
  'odradek.log.cleaner.eager': 'false',
  'odradek.profile': 'realistic',
}

/** The defaults of a profile where they are not those of the tables. */
export function profileDefaults(profile: Profile): ReadonlyMap<string, string> {
  return new Map(Object.entries(profile === 'instant' ? instant : realistic))
}
