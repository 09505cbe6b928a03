/** The effective configs of one share group, typed: what it sets itself, else what its broker says, else the default. */

import type { ReadConfig } from './broker-config.ts'
import type { BrokerConfigs } from './broker-configs.ts'
import { groupSynonym } from './group-table.ts'
import { groupResourceConfigs } from './tables/group-resource-configs.ts'

export type ShareGroupConfig = ReturnType<typeof readShareGroupConfig>

/** Where a share group begins in a partition that it has not read. */
export type ShareOffsetReset =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  /** At the first record that is not older than this. */
  | { readonly kind: 'by_duration'; readonly durationMs: number }

export function readShareGroupConfig(read: ReadConfig) {
  return {
    lockDurationMs: read(groupResourceConfigs['share.record.lock.duration.ms']),
    maxDeliveries: read(groupResourceConfigs['share.delivery.count.limit']),
    maxLocks: read(groupResourceConfigs['share.partition.max.record.locks']),
    sessionTimeoutMs: read(groupResourceConfigs['share.session.timeout.ms']),
    heartbeatIntervalMs: read(groupResourceConfigs['share.heartbeat.interval.ms']),
    offsetReset: offsetReset(read(groupResourceConfigs['share.auto.offset.reset'])),
    readsCommitted: read(groupResourceConfigs['share.isolation.level']) === 'read_committed',
    renewAcknowledgeEnable: read(groupResourceConfigs['share.renew.acknowledge.enable']),
  } as const
}

/** Gives the configs of share groups, each read anew only when something of it has changed. */
export class ShareGroupConfigs {
  readonly #configs: BrokerConfigs
  #known = new WeakMap<ReadonlyMap<string, string>, { broker: object; config: ShareGroupConfig }>()

  constructor(configs: BrokerConfigs) {
    this.#configs = configs
  }

  of(groupId: string): ShareGroupConfig {
    const broker = this.#configs.current()
    const overrides = this.#configs.store.overrides('group', groupId)
    const known = this.#known.get(overrides)
    if (known?.broker === broker) return known.config
    const config = readShareGroupConfig((definition) => {
      const synonym = groupSynonym(definition.name)
      const text = overrides.get(definition.name)
      return definition.read(text ?? (synonym === undefined ? null : this.#configs.text(synonym)))
    })
    this.#known.set(overrides, { broker, config })
    return config
  }
}

const UNITS_MS = { D: 86_400_000, H: 3_600_000, M: 60_000, S: 1000 } as const

/** The text has been checked: `by_duration:` goes before an ISO 8601 duration. */
function offsetReset(text: string): ShareOffsetReset {
  if (text === 'earliest' || text === 'latest') return { kind: text }
  let durationMs = 0
  const duration = text.toUpperCase().replace(/^BY_DURATION:/, '')
  for (const [, amount, unit] of duration.matchAll(/([\d.]+)([DHMS])/g))
    if (unit === 'D' || unit === 'H' || unit === 'M' || unit === 'S')
      durationMs += Number(amount) * UNITS_MS[unit]
  return { kind: 'by_duration', durationMs }
}
