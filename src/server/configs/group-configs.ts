import type { BrokerConfig, ReadConfig } from './broker-config.ts'
import type { BrokerConfigs } from './broker-configs.ts'
import { groupBounds, groupSynonym, limitsOf } from './group-table.ts'

/**
 * The effective configs of groups of one kind, typed: what a group sets itself, else what its broker says, else the
 * default. Each is read anew only when something of it has changed.
 */
export class GroupConfigs<Config> {
  readonly #configs: BrokerConfigs
  readonly #read: (read: ReadConfig, broker: BrokerConfig) => Config
  readonly #known = new WeakMap<ReadonlyMap<string, string>, { broker: object; config: Config }>()

  constructor(configs: BrokerConfigs, read: (read: ReadConfig, broker: BrokerConfig) => Config) {
    this.#configs = configs
    this.#read = read
  }

  /** The same object until something of it has changed; groups that set nothing have one in common. */
  of(groupId: string): Config {
    const broker = this.#configs.current()
    const overrides = this.#configs.store.overrides('group', groupId)
    const known = this.#known.get(overrides)
    if (known?.broker === broker) return known.config
    const config = this.#read((definition) => definition.read(this.#text(definition.name, overrides)), broker)
    this.#known.set(overrides, { broker, config })
    return config
  }

  #text(name: string, overrides: ReadonlyMap<string, string>): string | null {
    const own = overrides.get(name)
    const brokerText = (by: string) => this.#configs.text(by)
    if (own !== undefined) return bounded(name, own, brokerText)
    const synonym = groupSynonym(name)
    return synonym === undefined ? null : brokerText(synonym)
  }
}

/** Bounds of the broker bind also what was set before they were moved (apache/kafka `GroupConfig.evaluate`). */
function bounded(name: string, own: string, brokerText: (name: string) => string | null): string {
  const bounds = groupBounds.find((each) => each.name === name)
  if (bounds === undefined) return own
  const { least, most } = limitsOf(bounds, brokerText)
  return String(Math.min(Math.max(Number(own), least), most))
}
