/** One figure that is measured. */
export interface Figure {
  readonly part: Part
  readonly title: string
  readonly unit: string
  /** What our broker is to reach on the machine that the goals were set on (2 virtual processors, shared with the load). */
  readonly goal?: Bound
  /** What our figure divided by Kafka's is to be. */
  readonly againstKafka?: Bound
}

export type Bound = { readonly atLeast: number } | { readonly atMost: number }

export const parts = [
  'start',
  'produce',
  'fetch',
  'small',
  'latency',
  'kafkajs',
  'memory',
  'partitions',
] as const

export type Part = (typeof parts)[number]

const A_TENTH = { atMost: 0.1 } as const
const MORE_IN = { atLeast: 1.5 } as const
const HALF = { atMost: 0.5 } as const
const AS_MUCH_OUT = { atLeast: 1 } as const

/** Everything that is measured, in the order of the report. MB and GB are powers of ten. */
export const figures = {
  'start.process': figure('start', 'process start to first Metadata answer', 'ms', { atMost: 120 }, A_TENTH),
  'start.node': figure('start', 'for comparison: node -e 0, start to end', 'ms'),
  'start.import': figure('start', 'in process: import of the package', 'ms'),
  'start.inProcess': figure('start', 'in process: first startBroker()', 'ms', { atMost: 20 }),
  'start.inProcessAgain': figure('start', 'in process: second startBroker()', 'ms', { atMost: 20 }),
  'start.resident': figure('start', 'resident memory, idle', 'MB', { atMost: 70 }, A_TENTH),

  'produce.1m.rate': figure('produce', '1 MiB requests, 1 KiB records', 'MB/s', { atLeast: 500 }, MORE_IN),
  'produce.1m.records': figure('produce', '', 'records/s'),
  'produce.1m.cpu': figure('produce', '  processor of the broker', 's/GB', undefined, HALF),
  'produce.1m.loader': figure('produce', '  processor of the load', 's/GB'),
  'produce.1m.p99': figure('produce', '  time to answer, p99', 'ms'),
  'produce.240k.rate': figure('produce', '240 KB requests, 1 KiB records', 'MB/s', undefined, MORE_IN),
  'produce.240k.records': figure('produce', '', 'records/s'),
  'produce.240k.cpu': figure('produce', '  processor of the broker', 's/GB', undefined, HALF),
  'produce.240k.loader': figure('produce', '  processor of the load', 's/GB'),
  'produce.240k.p99': figure('produce', '  time to answer, p99', 'ms'),

  'fetch.tail.rate': figure('fetch', '1 MiB fetches, newest records', 'GB/s', { atLeast: 1.5 }, AS_MUCH_OUT),
  'fetch.tail.records': figure('fetch', '', 'records/s'),
  'fetch.tail.cpu': figure('fetch', '  processor of the broker', 's/GB'),
  'fetch.tail.loader': figure('fetch', '  processor of the load', 's/GB'),
  'fetch.log.rate': figure('fetch', '1 MiB fetches, whole log (page cache)', 'GB/s', undefined, AS_MUCH_OUT),
  'fetch.log.cpu': figure('fetch', '  processor of the broker', 's/GB'),
  'fetch.cold.rate': figure(
    'fetch',
    '1 MiB fetches, whole log from disk, once',
    'GB/s',
    undefined,
    AS_MUCH_OUT,
  ),
  'fetch.cold.cpu': figure('fetch', '  processor of the broker', 's/GB'),

  'small.rate': figure('small', '100 B requests, 64 connections × 5', 'requests/s', { atLeast: 80_000 }),
  'small.cpu': figure('small', '  processor of the broker', 'µs/request'),
  'small.loader': figure('small', '  processor of the load', 'µs/request'),
  'small.p50': figure('small', '  time to answer, p50', 'ms'),
  'small.p99': figure('small', '  time to answer, p99', 'ms'),

  'latency.produce.p50': figure('latency', 'one 100 B produce at a time, p50', 'ms', { atMost: 0.2 }),
  'latency.produce.p99': figure('latency', '  p99', 'ms'),
  'latency.endToEnd.p50': figure('latency', 'sent to fetched, 100 B, reader waiting, p50', 'ms'),
  'latency.endToEnd.p99': figure('latency', '  p99', 'ms'),

  'kafkajs.produce.rate': figure('kafkajs', 'kafkajs produce, 1 KiB records, 200 a send', 'MB/s'),
  'kafkajs.produce.records': figure('kafkajs', '', 'records/s'),
  'kafkajs.fetch.rate': figure('kafkajs', 'kafkajs consume', 'MB/s'),
  'kafkajs.fetch.records': figure('kafkajs', '', 'records/s'),

  'memory.afterLoad': figure('memory', 'resident, 1 s after the loads above', 'MB', undefined, A_TENTH),

  'partitions.create': figure(
    'partitions',
    '10,000 partitions: CreateTopics answered',
    'ms',
    undefined,
    A_TENTH,
  ),
  'partitions.led': figure('partitions', '  all leaders visible', 'ms', undefined, A_TENTH),
  'partitions.listed': figure('partitions', '  Metadata of all topics', 'ms', undefined, A_TENTH),
  'partitions.resident': figure('partitions', '  resident memory, at once', 'MB', undefined, A_TENTH),
  'partitions.rested': figure('partitions', '  resident memory, 20 s later', 'MB', undefined, A_TENTH),
  'partitions.stop': figure('partitions', '  clean stop', 'ms', undefined, A_TENTH),
  'partitions.restart': figure('partitions', '  start to full Metadata', 'ms', undefined, A_TENTH),
} as const satisfies Record<string, Figure>

export type FigureId = keyof typeof figures

export const figureIds: readonly FigureId[] = Object.keys(figures).filter(isFigureId)

/** One measurement. */
export type Sample = readonly [id: FigureId, value: number]

function isFigureId(id: string): id is FigureId {
  return id in figures
}

function figure(part: Part, title: string, unit: string, goal?: Bound, againstKafka?: Bound): Figure {
  return {
    part,
    title,
    unit,
    ...(goal === undefined ? {} : { goal }),
    ...(againstKafka === undefined ? {} : { againstKafka }),
  }
}
