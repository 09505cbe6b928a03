import { expect, test } from 'vitest'
import { BufferPool } from '../runtime/buffer-pool.ts'
import { silentLogger } from '../runtime/log.ts'
import { streamPair } from '../runtime/memory-network.ts'
import type { ByteStream, Network } from '../runtime/network.ts'
import { VirtualClock } from '../runtime/virtual-clock.ts'
import { Server, type ServerLimits } from './server.ts'

const limits = {
  maxFrameBytes: 1000,
  maxInFlightRequests: 10,
  maxUnsentBytes: 1000,
  requestMemoryBytes: 10_000,
  maxConnections: 10,
  maxConnectionsPerIp: 10,
  maxConnectionsPerIpOverrides: new Map<string, number>(),
  maxIdleMs: -1,
  slowReaderMs: 120_000,
  slowWriterMs: 10_000,
  slowWriterBytesPerSecond: 1000,
}

/** Sockets as the platform has them: the listener is closed when the last of its streams is. */
class SocketNetwork implements Network {
  accept: (stream: ByteStream) => void = () => undefined
  readonly destroyed = new Set<ByteStream>()
  #close: () => void = () => undefined

  async listen(address: { host: string; port: number }, onConnection: (stream: ByteStream) => void) {
    this.accept = onConnection
    const closed = new Promise<void>((resolve) => {
      this.#close = resolve
    })
    return { address, close: () => closed }
  }

  connect(): Promise<ByteStream> {
    return Promise.reject(new Error('nobody connects from here'))
  }

  /** A client that has stopped reading: what is to be sent to it never leaves. */
  stuckStream(): ByteStream {
    const [, stream] = streamPair({ host: '10.0.0.1', port: 5000 }, { host: '127.0.0.1', port: 9092 })
    const destroy = stream.destroy.bind(stream)
    stream.end = () => undefined
    stream.destroy = (error) => {
      this.destroyed.add(stream)
      destroy(error)
      this.#close()
    }
    return stream
  }
}

async function listening(changed: Partial<ServerLimits> = {}) {
  const [clock, network] = [new VirtualClock(), new SocketNetwork()]
  const server = new Server({
    clock,
    network,
    logger: silentLogger,
    limits: { ...limits, ...changed },
    buffers: new BufferPool(0),
  })
  await server.listen('PLAINTEXT', { host: '127.0.0.1', port: 9092 })
  return { clock, network, server }
}

test('a client that does not read its last answers is not waited for when the broker closes', async () => {
  const { clock, network, server } = await listening()
  server.serve({ dispatch: () => undefined })
  network.accept(network.stuckStream())
  const closing = server.close()
  expect(network.destroyed.size).toBe(0)
  clock.advance(1_000)
  await closing
  expect(network.destroyed.size).toBe(1)
  expect(server.connectionCount).toBe(0)
})

test('a client that is gone before the broker serves leaves nothing behind', async () => {
  const { network, server } = await listening()
  const stream = network.stuckStream()
  network.accept(stream)
  stream.onClose()
  server.serve({ dispatch: () => undefined })
  expect(server.connectionCount).toBe(0)
})

test('a request that trickles in is given up when others wait for its memory, and not before', async () => {
  const { clock, network, server } = await listening({ requestMemoryBytes: 1000 })
  server.serve({ dispatch: () => undefined })
  const [trickling, trickle] = streamPair({ host: '10.0.0.2', port: 1 }, { host: '127.0.0.1', port: 9092 })
  const [waiting, wait] = streamPair({ host: '10.0.0.3', port: 1 }, { host: '127.0.0.1', port: 9092 })
  network.accept(trickle)
  network.accept(wait)
  const length = Buffer.alloc(4)
  length.writeInt32BE(900)
  trickling.write([length])
  const trickleFor = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      trickling.write([Buffer.from('x')])
      await turn()
      clock.advance(1000)
    }
  }
  await trickleFor(60)
  expect(server.connectionCount).toBe(2)
  waiting.write([length])
  await trickleFor(6)
  expect(server.connectionCount).toBe(1)
  expect(server.requestMemory.usedBytes).toBe(900)
})

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
