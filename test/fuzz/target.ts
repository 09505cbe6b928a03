/** The broker that is fuzzed: in this process, on a network and a disk in memory, or any that listens on a port. */
import type { Clock } from '../../src/runtime/clock.ts'
import type { LogFields, Logger } from '../../src/runtime/log.ts'
import { MemoryDisk } from '../../src/runtime/memory-disk.ts'
import { MemoryNetwork } from '../../src/runtime/memory-network.ts'
import type { ByteStream } from '../../src/runtime/network.ts'
import { nodeClock } from '../../src/runtime/node-clock.ts'
import { nodeNetwork } from '../../src/runtime/node-network.ts'
import { SeededRandom } from '../../src/runtime/seeded-random.ts'
import { type BrokerLoad, BrokerNode } from '../../src/server/broker.ts'
import { rootLogger } from '../../src/server/configs/broker-loggers.ts'
import { EncodeError } from '../../src/wire/encode-error.ts'

export interface Target {
  connect(): Promise<ByteStream>
  /** What is under way, where that can be seen. */
  load(): BrokerLoad | undefined
  /** Bytes that the broker's files have, where they are kept in this process's memory. */
  diskBytes(): number
  close(): Promise<void>
}

export interface LogLine {
  readonly level: 'warn' | 'error'
  readonly fields: LogFields
  readonly message: string
}

const DISK_BYTES = 16 * 1024 ** 3

/** What keeps the state that frames may legitimately build up small, and waits short. */
const properties = new Map([
  ['num.partitions', '2'],
  ['log.segment.bytes', '1048576'],
  ['group.max.session.timeout.ms', '10000'],
  ['offsets.topic.num.partitions', '4'],
  ['log.initial.task.delay.ms', '0'],
])

export interface InProcessOptions {
  readonly seed: number
  readonly onBug: (error: unknown) => void
  readonly onLog?: (line: LogLine) => void
  readonly configs?: Readonly<Record<string, string>>
  readonly clock?: Clock
}

export async function inProcess({
  seed,
  onBug,
  onLog,
  configs,
  clock = nodeClock,
}: InProcessOptions): Promise<Target> {
  const network = new MemoryNetwork()
  const disk = new MemoryDisk({ capacityBytes: DISK_BYTES })
  const random = new SeededRandom(seed)
  const logger = listeningLogger((line) => {
    if (line.fields.err instanceof EncodeError) onBug(line.fields.err)
    onLog?.(line)
  })
  const node = await BrokerNode.start({
    runtime: { clock, disk, network, random, logger },
    loggers: rootLogger(
      () => 'WARN',
      () => undefined,
    ),
    host: '127.0.0.1',
    port: 9092,
    nodeId: 1,
    clusterId: undefined,
    advertised: undefined,
    profile: 'instant',
    properties: new Map([...properties, ...Object.entries(configs ?? {})]),
    dataPath: 'memory',
    acceptLoss: false,
    onBug,
  })
  return {
    connect: () => network.connect({ host: '127.0.0.1', port: 9092 }),
    load: () => node.load,
    diskBytes: () => DISK_BYTES - (disk.space()?.freeBytes ?? 0),
    close: () => node.close(),
  }
}

export function overTcp(port: number): Target {
  return {
    connect: () => nodeNetwork.connect({ host: '127.0.0.1', port }),
    load: () => undefined,
    diskBytes: () => 0,
    close: async () => undefined,
  }
}

/** Passes on what somebody should look at. */
function listeningLogger(onLog: (line: LogLine) => void): Logger {
  return {
    enabled: (level) => level === 'warn' || level === 'error',
    debug: () => undefined,
    info: () => undefined,
    warn: (fields, message) => onLog({ level: 'warn', fields, message }),
    error: (fields, message) => onLog({ level: 'error', fields, message }),
  }
}
