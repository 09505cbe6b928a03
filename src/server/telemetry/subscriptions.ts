import { splitList } from '../configs/kinds.ts'
import { clientMetricsConfigs } from '../configs/tables/client-metrics-configs.ts'

/** What is known of a client, by the names under which a subscription may pick clients (KIP-714). */
export type ClientAttributes = ReadonlyMap<string, string>

/** The metrics that a client is asked for, and how often. */
export interface WantedMetrics {
  /** Prefixes of names; `*` alone for all; none for nobody's interest. */
  readonly metrics: readonly string[]
  readonly pushIntervalMs: number
}

interface Subscription {
  readonly metrics: readonly string[]
  readonly intervalMs: number
  readonly patterns: readonly (readonly [attribute: string, pattern: RegExp])[]
}

const ALL = '*'
const defaultIntervalMs = clientMetricsConfigs['interval.ms'].read(null)

/** The client metrics subscriptions that are set, out of their configs. */
export class Subscriptions {
  readonly #subscriptions: readonly Subscription[]

  constructor(configs: Iterable<ReadonlyMap<string, string>>) {
    this.#subscriptions = [...configs].map(subscription)
  }

  /** All that any subscription wants of a client, as often as the most eager one wants it. */
  wantedOf(client: ClientAttributes): WantedMetrics {
    const matching = this.#subscriptions.filter(({ patterns }) =>
      patterns.every(([attribute, pattern]) => pattern.test(client.get(attribute) ?? '')),
    )
    const metrics = new Set(matching.flatMap((each) => each.metrics))
    return {
      metrics: metrics.has(ALL) ? [ALL] : [...metrics],
      pushIntervalMs: Math.min(defaultIntervalMs, ...matching.map(({ intervalMs }) => intervalMs)),
    }
  }
}

function subscription(configs: ReadonlyMap<string, string>): Subscription {
  return {
    metrics: splitList(configs.get('metrics') ?? ''),
    intervalMs: clientMetricsConfigs['interval.ms'].read(configs.get('interval.ms') ?? null),
    patterns: splitList(configs.get('match') ?? '').map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at).trim(), new RegExp(`^(?:${pair.slice(at + 1).trim()})$`, 'u')]
    }),
  }
}
