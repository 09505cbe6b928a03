/** The loggers of the broker, a resource of DescribeConfigs and IncrementalAlterConfigs (KIP-412). */
export interface BrokerLoggers {
  /** The level of each logger by name; `root` is always there. */
  levels(): ReadonlyMap<string, BrokerLogLevel>
  /** Sets the level of a known logger; `null` lets it follow the root logger again. */
  set(name: string, level: BrokerLogLevel | null): void
}

export const brokerLogLevels = ['DEBUG', 'ERROR', 'FATAL', 'INFO', 'TRACE', 'WARN'] as const

export type BrokerLogLevel = (typeof brokerLogLevels)[number]

export function isBrokerLogLevel(word: string): word is BrokerLogLevel {
  return brokerLogLevels.some((level) => level === word)
}

/** One logger, `root`, whose level is passed on to whoever keeps it. */
export function rootLogger(
  level: () => BrokerLogLevel,
  change: (level: BrokerLogLevel) => void,
): BrokerLoggers {
  return {
    levels: () => new Map([['root', level()]]),
    set(_name, to) {
      if (to !== null) change(to)
    },
  }
}
