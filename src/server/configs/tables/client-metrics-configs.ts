/** Configs of one client metrics subscription (KIP-714). */
import { ofResource, table } from '../definition.ts'
import { int, list } from '../kinds.ts'

export const clientMetricsConfigs = table({
  'interval.ms': ofResource(int(), '300000', 'How often clients push their metrics.'),
  match: ofResource(list(), '', 'Patterns that pick clients, as name=regular-expression pairs.'),
  metrics: ofResource(list(), '', 'Prefixes of the metrics that clients push; empty means none, `*` all.'),
})
