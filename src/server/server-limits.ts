import type { BrokerConfig } from './configs/broker-config.ts'
import type { ServerLimits } from './server.ts'

/** Clients have five requests under way at most (Java) or as many as they like (kafkajs); more than this gains nothing. */
const MAX_IN_FLIGHT_REQUESTS = 64
/** Answers waiting for a client that doesn't read: enough to keep a fast one busy. */
const MAX_UNSENT_BYTES = 8 * 1024 * 1024
const SLOW_READER_MS = 120_000
const SLOW_WRITER_MS = 10_000
/** The slowest links that people work over have more. */
const SLOW_WRITER_BYTES_PER_SECOND = 32 * 1024

/** The limits of connections, as the broker's configs say. */
export function serverLimits({ network }: BrokerConfig): ServerLimits {
  return {
    maxFrameBytes: network.socketRequestMaxBytes,
    maxInFlightRequests: MAX_IN_FLIGHT_REQUESTS,
    maxUnsentBytes: MAX_UNSENT_BYTES,
    requestMemoryBytes: network.requestMemoryBytes,
    maxConnections: network.maxConnections,
    maxConnectionsPerIp: network.maxConnectionsPerIp,
    maxConnectionsPerIpOverrides: network.maxConnectionsPerIpOverrides,
    maxIdleMs: network.connectionsMaxIdleMs,
    slowReaderMs: SLOW_READER_MS,
    slowWriterMs: SLOW_WRITER_MS,
    slowWriterBytesPerSecond: SLOW_WRITER_BYTES_PER_SECOND,
  }
}
