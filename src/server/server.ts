import type { BufferPool } from '../runtime/buffer-pool.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { Logger } from '../runtime/log.ts'
import type { ByteStream, ListenAddress, Listener, Network } from '../runtime/network.ts'
import { Connection, type ConnectionHost, type ConnectionLimits, plainHost } from './connection.ts'
import type { Dispatcher } from './dispatch.ts'
import type { Exchange } from './exchange.ts'
import { MemoryPool } from './memory-pool.ts'

export interface ServerLimits extends ConnectionLimits {
  /** Memory of all requests under way. */
  readonly requestMemoryBytes: number
  readonly maxConnections: number
  readonly maxConnectionsPerIp: number
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>
  /** `connections.max.idle.ms`; negative for never. */
  readonly maxIdleMs: number
  /** A client that takes none of its answers for so long is given up. */
  readonly slowReaderMs: number
  /** A client that holds memory for a request and sends nothing of it for so long is given up if others wait for it. */
  readonly slowWriterMs: number
  /** So is one whose request, beyond that time, arrives more slowly than this. */
  readonly slowWriterBytesPerSecond: number
}

export interface ServerOptions {
  readonly clock: Clock
  readonly network: Network
  readonly logger: Logger
  readonly limits: ServerLimits
  /** Memory for requests that don't come in one piece. */
  readonly buffers: BufferPool
  /** Told of a new connection: how long to keep it waiting before it is closed, 0 to let it in. */
  readonly delayOf?: (clientHost: string) => number
}

/** How often connections are looked at: whether they are idle, whether their clients read. */
const SWEEP_MS = 5_000
/** Connections that are kept waiting because their address comes too often; more of them are closed at once. */
const MAX_TURNED_AWAY = 1_000
/** How long closing waits for clients to take their last answers. */
const LAST_ANSWERS_MS = 1_000

interface Watched {
  idleSinceMs: number
  unsentBytes: number
  stuckSinceMs: number
  receivedBytes: number
  arrivedMs: number
  receivedRequests: number
  /** When the request that is arriving was first seen. */
  requestSinceMs: number
}

/** Accepts connections and keeps them within limits. */
export class Server implements ConnectionHost {
  limits: ServerLimits
  readonly requestMemory: MemoryPool
  readonly buffers: BufferPool
  readonly logger: Logger
  readonly #clock: Clock
  readonly #network: Network
  readonly #delayOf: (clientHost: string) => number
  /** Connections that come too often; each is closed when its time is over. */
  readonly #turnedAway = new Map<ByteStream, Timer>()
  readonly #connections = new Map<Connection, Watched>()
  readonly #perIp = new Map<string, number>()
  #listeners: Listener[] = []
  #dispatcher: Pick<Dispatcher, 'dispatch'> | undefined
  /** Accepted before the broker was ready; nothing of theirs is read yet. */
  #early: { stream: ByteStream; listener: string }[] = []
  #nextConnectionId = 1
  #sweeper: Timer | undefined
  #listenersClosed: Promise<unknown> = Promise.resolve()

  constructor({ clock, network, logger, limits, buffers, delayOf = () => 0 }: ServerOptions) {
    this.limits = limits
    this.buffers = buffers
    this.logger = logger
    this.requestMemory = new MemoryPool(limits.requestMemoryBytes)
    this.#clock = clock
    this.#network = network
    this.#delayOf = delayOf
  }

  /** Takes over limits that were changed; connections that there are stay. The memory for requests stays what it was. */
  configure(limits: ServerLimits): void {
    this.limits = limits
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Listens on an address; connections wait until `serve`. */
  async listen(name: string, address: ListenAddress): Promise<Listener> {
    const listener = await this.#network.listen(address, (stream) => this.#accept(stream, name))
    this.#listeners.push(listener)
    return listener
  }

  /** From now on requests are answered. */
  serve(dispatcher: Pick<Dispatcher, 'dispatch'>): void {
    this.#dispatcher = dispatcher
    const early = this.#early
    this.#early = []
    for (const { stream, listener } of early) {
      stream.resume()
      this.#open(stream, listener)
    }
    this.#sweeper = this.#clock.setTimer(SWEEP_MS, () => this.#sweep())
  }

  dispatch(frame: Buffer, exchange: Exchange, connection: Connection): void {
    this.#dispatcher?.dispatch(frame, exchange, connection)
  }

  closed(connection: Connection): void {
    if (!this.#connections.delete(connection)) return
    const count = (this.#perIp.get(connection.clientHost) ?? 1) - 1
    if (count === 0) this.#perIp.delete(connection.clientHost)
    else this.#perIp.set(connection.clientHost, count)
  }

  /** Takes no more connections and requests in; those under way are still answered. */
  stopReading(): void {
    const closing = this.#listeners.map((listener) => listener.close())
    this.#listenersClosed = Promise.all([this.#listenersClosed, ...closing])
    this.#listeners = []
    for (const { stream } of this.#early.splice(0)) stream.destroy()
    for (const stream of [...this.#turnedAway.keys()]) stream.destroy()
    for (const connection of this.#connections.keys()) connection.stopReading()
  }

  /**
   * Accepts no more, and drops everybody. What was acknowledged is in the logs; clients ask again for the rest. One that
   * doesn't take its last answers is not waited for.
   */
  async close(): Promise<void> {
    this.stopReading()
    this.#sweeper?.cancel()
    for (const connection of [...this.#connections.keys()]) connection.end()
    const patience = this.#clock.setTimer(LAST_ANSWERS_MS, () => {
      for (const connection of [...this.#connections.keys()])
        connection.close('the client does not take its last answers')
    })
    await this.#listenersClosed
    patience.cancel()
  }

  #accept(stream: ByteStream, listener: string): void {
    if (this.#dispatcher !== undefined) {
      this.#open(stream, listener)
      return
    }
    stream.pause()
    const early = { stream, listener }
    this.#early.push(early)
    stream.onClose = () => {
      this.#early = this.#early.filter((other) => other !== early)
    }
  }

  #open(stream: ByteStream, listener: string): void {
    const delayMs = this.#delayOf(plainHost(stream.remote.host))
    if (delayMs > 0) this.#turnAway(stream, delayMs)
    else this.#letIn(stream, listener)
  }

  /** A client that is closed at once would be back at once. */
  #turnAway(stream: ByteStream, delayMs: number): void {
    if (this.#turnedAway.size >= MAX_TURNED_AWAY) {
      stream.destroy()
      return
    }
    stream.pause()
    const close = () => {
      this.#turnedAway.get(stream)?.cancel()
      this.#turnedAway.delete(stream)
      stream.destroy()
    }
    stream.onClose = close
    this.#turnedAway.set(stream, this.#clock.setTimer(delayMs, close))
  }

  #letIn(stream: ByteStream, listener: string): void {
    const connection = new Connection(this.#nextConnectionId++, listener, stream, this)
    const { clientHost } = connection
    const count = (this.#perIp.get(clientHost) ?? 0) + 1
    this.#perIp.set(clientHost, count)
    const nowMs = this.#clock.monotonicMs()
    const watched = {
      idleSinceMs: nowMs,
      unsentBytes: 0,
      stuckSinceMs: nowMs,
      receivedBytes: 0,
      arrivedMs: nowMs,
      receivedRequests: 0,
      requestSinceMs: nowMs,
    }
    this.#connections.set(connection, watched)
    if (this.#connections.size > this.limits.maxConnections) connection.close('too many connections')
    else if (count > this.#maxFrom(clientHost)) connection.close('too many connections from this address')
  }

  #maxFrom(clientHost: string): number {
    const { maxConnectionsPerIp, maxConnectionsPerIpOverrides } = this.limits
    return maxConnectionsPerIpOverrides.get(clientHost.slice(1)) ?? maxConnectionsPerIp
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [connection, watched] of this.#connections) this.#look(connection, watched, nowMs)
    this.#sweeper = this.#clock.setTimer(SWEEP_MS, () => this.#sweep())
  }

  /** Whether memory is held for a request that comes not at all, or by so few bytes that it would be held for ever. */
  #isSlowWriter(connection: Connection, watched: Watched, nowMs: number): boolean {
    const { slowWriterMs, slowWriterBytesPerSecond } = this.limits
    const { receivedBytes, receivedRequests, receivingBytes } = connection
    const isNext = receivingBytes === 0 || receivedRequests !== watched.receivedRequests
    if (isNext) watched.requestSinceMs = nowMs
    if (isNext || receivedBytes !== watched.receivedBytes) watched.arrivedMs = nowMs
    watched.receivedBytes = receivedBytes
    watched.receivedRequests = receivedRequests
    const allowedMs = slowWriterMs + (receivingBytes / slowWriterBytesPerSecond) * 1000
    return nowMs - watched.arrivedMs > slowWriterMs || nowMs - watched.requestSinceMs > allowedMs
  }

  #look(connection: Connection, watched: Watched, nowMs: number): void {
    const { maxIdleMs, slowReaderMs } = this.limits
    if (connection.active || connection.inFlightRequests > 0) watched.idleSinceMs = nowMs
    connection.active = false
    const { unsentBytes } = connection
    if (unsentBytes === 0 || unsentBytes !== watched.unsentBytes) watched.stuckSinceMs = nowMs
    watched.unsentBytes = unsentBytes
    if (this.#isSlowWriter(connection, watched, nowMs) && this.requestMemory.isScarce)
      connection.close('its request does not arrive, and others wait for the memory')
    else if (nowMs - watched.stuckSinceMs > slowReaderMs)
      connection.close('the client does not read its answers')
    else if (maxIdleMs >= 0 && unsentBytes === 0 && nowMs - watched.idleSinceMs > maxIdleMs)
      connection.close('idle for too long')
  }
}
