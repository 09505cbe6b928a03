/** The effective configs of one streams group, typed: what it sets itself, else what its broker says, else the default. */
import type { StreamsGroupConfig } from '../../coordinator/streams/config.ts'
import type { ReadConfig } from './broker-config.ts'
import type { BrokerConfigs } from './broker-configs.ts'
import { brokerTable } from './broker-table.ts'
import { groupBounds, groupSynonym } from './group-table.ts'
import { groupResourceConfigs as table } from './tables/group-resource-configs.ts'

/** What a group may set for itself. */
export function readStreamsGroupConfig(read: ReadConfig) {
  return {
    sessionTimeoutMs: read(table['streams.session.timeout.ms']),
    heartbeatIntervalMs: read(table['streams.heartbeat.interval.ms']),
    assignmentIntervalMs: read(table['streams.assignment.interval.ms']),
    initialRebalanceDelayMs: read(table['streams.initial.rebalance.delay.ms']),
    standbyReplicas: read(table['streams.num.standby.replicas']),
    rackAwareTags: read(table['streams.rack.aware.assignment.tags']),
    taskOffsetIntervalMs: read(table['streams.task.offset.interval.ms']),
    acceptableRecoveryLag: read(table['streams.acceptable.recovery.lag']),
  } as const
}

type OfGroup = Omit<StreamsGroupConfig, 'isEnabled'>

/** Gives the configs of streams groups, each read anew only when something of it has changed. */
export class StreamsGroupConfigs {
  readonly #configs: BrokerConfigs
  readonly #isFinalized: () => boolean
  #known = new WeakMap<ReadonlyMap<string, string>, { broker: object; config: OfGroup }>()

  /** `isFinalized` tells whether the cluster has agreed to have streams groups. */
  constructor(configs: BrokerConfigs, isFinalized: () => boolean) {
    this.#configs = configs
    this.#isFinalized = isFinalized
  }

  of(groupId: string): StreamsGroupConfig {
    const { isSpoken } = this.#configs.current().streams
    return { ...this.#ofGroup(groupId), isEnabled: isSpoken && this.#isFinalized() }
  }

  #ofGroup(groupId: string): OfGroup {
    const broker = this.#configs.current()
    const overrides = this.#configs.store.overrides('group', groupId)
    const known = this.#known.get(overrides)
    if (known?.broker === broker) return known.config
    const read = readStreamsGroupConfig((definition) => {
      const synonym = groupSynonym(definition.name)
      const text = overrides.get(definition.name)
      return definition.read(text ?? (synonym === undefined ? null : this.#configs.text(synonym)))
    })
    const config = {
      ...read,
      sessionTimeoutMs: this.#bounded('streams.session.timeout.ms', read.sessionTimeoutMs),
      heartbeatIntervalMs: this.#bounded('streams.heartbeat.interval.ms', read.heartbeatIntervalMs),
      assignmentIntervalMs: this.#bounded('streams.assignment.interval.ms', read.assignmentIntervalMs),
      standbyReplicas: this.#bounded('streams.num.standby.replicas', read.standbyReplicas),
      taskOffsetIntervalMs: this.#bounded('streams.task.offset.interval.ms', read.taskOffsetIntervalMs),
      maxSize: broker.streams.maxSize,
    }
    this.#known.set(overrides, { broker, config })
    return config
  }

  /** Bounds of the broker bind what a group has set before they were moved (apache/kafka `GroupConfigManager`). */
  #bounded(name: keyof typeof table, value: number): number {
    const bounds = groupBounds.find((each) => each.name === name)
    const bound = (by: keyof typeof brokerTable | undefined) =>
      by === undefined ? undefined : Number(this.#configs.text(by) ?? brokerTable[by].default)
    const least = bound(bounds?.min) ?? Number.NEGATIVE_INFINITY
    const most = bound(bounds?.max) ?? Number.POSITIVE_INFINITY
    return Math.min(Math.max(value, least), most)
  }
}
