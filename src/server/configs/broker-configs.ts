/**
 * What is set on one broker, layer upon layer: for this broker, for all brokers, at start, by default (KIP-226).
 * Typed views of it are kept until a layer changes.
 */
import { turns } from '../../runtime/in-turn.ts'
import { type BrokerConfig, readBrokerConfig } from './broker-config.ts'
import { brokerDefinition, brokerSynonyms, brokerTable } from './broker-table.ts'
import type { ConfigStore } from './config-store.ts'
import { brokerOutOfBounds } from './group-table.ts'
import { type Profile, profileDefaults } from './profile.ts'
import { ConfigError, refuseInvalidProperties } from './properties.ts'
import { readTopicConfig, type TopicConfig, topicConfigText } from './topic-config.ts'

/** Where a value comes from, as DescribeConfigs numbers it (`DescribeConfigsResponse.ConfigSource`). */
export const configSources = {
  UNKNOWN: 0,
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  CLIENT_METRICS_CONFIG: 7,
  GROUP_CONFIG: 8,
} as const

/** One place where a config, or one that stands in for it, has a value. */
export interface ConfigSynonym {
  readonly name: string
  readonly value: string
  /** One of `configSources`. */
  readonly source: number
}

export interface BrokerConfigsOptions {
  readonly nodeId: number
  /** Where the properties don't name one. */
  readonly profile?: Profile
  /** What the broker is started with. Unknown names, bad values and contradictions are refused with one `ConfigError`. */
  readonly properties?: ReadonlyMap<string, string>
  readonly store: ConfigStore
}

export class BrokerConfigs {
  readonly nodeId: number
  readonly store: ConfigStore
  /**
   * A change that is decided on what is set, and takes a while to be made, must not be decided before the change ahead of
   * it is visible.
   */
  readonly inTurn = turns()
  /** What the broker was started with, in Kafka's spelling. */
  readonly properties: ReadonlyMap<string, string>
  private readonly defaults: ReadonlyMap<string, string>
  private broker: { own: Overrides; shared: Overrides; config: BrokerConfig } | undefined
  private topics = new WeakMap<Overrides, TopicConfig>()

  constructor({ nodeId, profile = 'instant', properties = new Map(), store }: BrokerConfigsOptions) {
    const id = String(nodeId)
    this.nodeId = nodeId
    this.store = store
    // Kafka too shows the older name of the node id as set.
    this.properties = refuseInvalidProperties(new Map([...properties, ['node.id', id], ['broker.id', id]]))
    const named = this.properties.get('odradek.profile')
    this.defaults = profileDefaults(
      named === undefined ? profile : brokerTable['odradek.profile'].read(named),
    )
    const problems = brokerOutOfBounds((name) => this.staticText(name))
    if (problems.length > 0) throw new ConfigError(problems.join('\n'))
  }

  /** The broker's configs as typed values; the same object until one is changed. */
  current(): BrokerConfig {
    const own = this.ownOverrides()
    const shared = this.sharedOverrides()
    if (this.broker?.own !== own || this.broker.shared !== shared) {
      const config = readBrokerConfig((definition) => definition.read(this.text(definition.name)))
      this.broker = { own, shared, config }
      this.topics = new WeakMap()
    }
    return this.broker.config
  }

  /** The effective configs of a topic as typed values; the same object until one is changed. */
  topic(name: string): TopicConfig {
    return this.topicWith(this.store.overrides('topic', name))
  }

  /** The effective configs of a topic that has these overrides. */
  topicWith(overrides: ReadonlyMap<string, string>): TopicConfig {
    this.current()
    const known = this.topics.get(overrides)
    if (known !== undefined) return known
    const config = readTopicConfig((definition) =>
      definition.read(topicConfigText(this, overrides, definition.name)),
    )
    this.topics.set(overrides, config)
    return config
  }

  /** The effective text of one broker config, without what stands in for it; `null` where nothing is set. */
  text(name: string): string | null {
    return this.ownOverrides().get(name) ?? this.sharedOverrides().get(name) ?? this.staticText(name)
  }

  /** What the broker was started with, or the default. */
  staticText(name: string): string | null {
    return this.properties.get(name) ?? this.defaultText(name)
  }

  /** Every place where a config or a synonym of it has a value, the one that counts first. */
  synonyms(name: string): ConfigSynonym[] {
    const names = brokerSynonyms(name)
    return [
      ...valuesIn(names, (each) => this.ownOverrides().get(each), configSources.DYNAMIC_BROKER_CONFIG),
      ...valuesIn(
        names,
        (each) => this.sharedOverrides().get(each),
        configSources.DYNAMIC_DEFAULT_BROKER_CONFIG,
      ),
      ...valuesIn(names, (each) => this.properties.get(each), configSources.STATIC_BROKER_CONFIG),
      ...valuesIn(names, (each) => this.defaultText(each) ?? undefined, configSources.DEFAULT_CONFIG),
    ]
  }

  /** What is set for this broker alone. */
  ownOverrides(): ReadonlyMap<string, string> {
    return this.store.overrides('broker', String(this.nodeId))
  }

  /** What is set for all brokers. */
  sharedOverrides(): ReadonlyMap<string, string> {
    return this.store.overrides('broker', '')
  }

  private defaultText(name: string): string | null {
    const byProfile = this.defaults.get(name)
    if (byProfile !== undefined) return byProfile
    const definition = brokerDefinition(name)
    return definition?.name === name ? definition.default : null
  }
}

type Overrides = ReadonlyMap<string, string>

function valuesIn(
  names: readonly string[],
  textOf: (name: string) => string | undefined,
  source: number,
): ConfigSynonym[] {
  return names.flatMap((name) => {
    const value = textOf(name)
    return value === undefined ? [] : [{ name, value, source }]
  })
}
