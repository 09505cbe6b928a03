import type { BufferPool } from '../runtime/buffer-pool.ts'
import type { Logger } from '../runtime/log.ts'
import type { ByteStream, ListenAddress } from '../runtime/network.ts'
import { FrameSplitter } from '../wire/frame.ts'
import { WireError } from '../wire/wire-error.ts'
import { Exchange } from './exchange.ts'
import type { ConnectionInfo } from './handler.ts'
import type { MemoryPool } from './memory-pool.ts'

/** Requests from this size on come into memory that is used again. */
const POOLED_BYTES = 48 * 1024

export interface ConnectionLimits {
  /** `socket.request.max.bytes` */
  readonly maxFrameBytes: number
  /** Requests that one connection may have under way; further ones are not read from the socket. */
  readonly maxInFlightRequests: number
  /** Answers that a client has not taken; beyond it, nothing more is read from the client. */
  readonly maxUnsentBytes: number
}

/** What a connection needs from the server around it. */
export interface ConnectionHost {
  readonly limits: ConnectionLimits
  readonly requestMemory: MemoryPool
  readonly buffers: BufferPool
  readonly logger: Logger
  /** Works on one frame; calls `connection.answered(exchange)` now or later. Throws WireError on malformed bytes. */
  dispatch(frame: Buffer, exchange: Exchange, connection: Connection): void
  closed(connection: Connection): void
}

/**
 * One client's connection: takes frames in, keeps answers in the order of their requests, and writes all that are
 * ready in one go. It reads no further while too many requests are under way, while the memory for requests is used
 * up, or while the client doesn't take its answers.
 */
export class Connection implements ConnectionInfo {
  readonly clientHost: string
  readonly clientPort: number
  readonly local: ListenAddress
  software: { readonly name: string; readonly version: string } | undefined
  /** Whether anything came or went since a sweep last asked. */
  active = true
  /** All that ever came; tells whether a request still arrives. */
  receivedBytes = 0
  /** Requests that ever came whole; tells whether it is still the same one that arrives. */
  receivedRequests = 0
  readonly #stream: ByteStream
  readonly #host: ConnectionHost
  readonly #splitter: FrameSplitter
  readonly #closeCallbacks = new Set<() => void>()
  /** In request order. */
  readonly #inFlight: Exchange[] = []
  /** Memory that was granted after a wait, for the frame that waits at the splitter. */
  #grantedBytes = 0
  /** Memory of the frame that is being taken in. */
  #admittedBytes = 0
  #giveUpWaiting: (() => void) | undefined
  #answers: Buffer[] = []
  #answered: Exchange[] = []
  #flushScheduled = false
  #closed = false
  #isStopped = false
  #mutes = 0

  constructor(
    readonly id: number,
    readonly listener: string,
    stream: ByteStream,
    host: ConnectionHost,
  ) {
    this.#stream = stream
    this.#host = host
    this.clientHost = `/${plainHost(stream.remote.host)}`
    this.clientPort = stream.remote.port
    this.local = { host: plainHost(stream.local.host), port: stream.local.port }
    this.#splitter = new FrameSplitter(
      {
        maxFrameBytes: host.limits.maxFrameBytes,
        reserve: (sizeBytes) => this.#admit(sizeBytes),
        allocate: (sizeBytes) => allocate(sizeBytes, host.buffers),
      },
      (frame) => this.#receive(frame),
    )
    stream.onData = (chunk) => {
      this.receivedBytes += chunk.length
      this.#guarded(() => this.#splitter.push(chunk))
    }
    stream.place = () => this.#splitter.place
    stream.onClose = () => this.#gone()
  }

  get isClosed(): boolean {
    return this.#closed
  }

  get inFlightRequests(): number {
    return this.#inFlight.length
  }

  /** The memory that it has for a request that is not all there yet. */
  get receivingBytes(): number {
    return this.#admittedBytes + this.#grantedBytes
  }

  /** Bytes of answers that the client has not taken yet. */
  get unsentBytes(): number {
    return this.#stream.pendingBytes
  }

  onClose(callback: () => void): () => void {
    if (this.#closed) callback()
    else this.#closeCallbacks.add(callback)
    return () => this.#closeCallbacks.delete(callback)
  }

  close(reason: string): void {
    if (this.#closed) return
    this.#host.logger.warn({ connection: this.id, client: this.clientHost, reason }, 'connection closed')
    this.#stream.destroy()
    this.#gone()
  }

  /** Takes no more requests in. */
  stopReading(): void {
    this.#isStopped = true
    this.#stream.pause()
  }

  /** Takes no request in until `unmute` has been called as often; answers still leave. */
  mute(): void {
    this.#mutes++
  }

  unmute(): void {
    this.#mutes--
    this.#admitMore()
  }

  /** Sends what is ready, then closes. */
  end(): void {
    this.#flush()
    this.#stream.end()
  }

  /** Gives back what is still reserved for a request. */
  releaseMemory(exchange: Exchange): void {
    const { reservedBytes } = exchange
    exchange.reservedBytes = 0
    this.#host.requestMemory.release(reservedBytes)
  }

  /** The exchange has its answer; it leaves as soon as all before it have left. */
  answered(exchange: Exchange): void {
    this.releaseMemory(exchange)
    if (this.#closed) {
      exchange.finish()
      return
    }
    for (let head = this.#inFlight[0]; head?.answer !== undefined; head = this.#inFlight[0]) {
      this.#inFlight.shift()
      for (const chunk of head.answer) this.#answers.push(chunk)
      if (head.sent !== undefined) this.#answered.push(head)
    }
    if (this.#flushScheduled || this.#answers.length === 0) return
    this.#flushScheduled = true
    // Answers that become ready in the same turn, after one write to a log say, leave in one write to the socket.
    queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    this.#flushScheduled = false
    if (this.#answers.length > 0) {
      const chunks = this.#answers
      const exchanges = this.#answered
      this.#answers = []
      if (exchanges.length > 0) this.#answered = []
      this.active = true
      this.#stream.write(chunks, () => this.#sent(exchanges))
    }
    this.#admitMore()
  }

  #sent(exchanges: readonly Exchange[]): void {
    for (const exchange of exchanges) exchange.finish()
    this.active = true
    this.#admitMore()
  }

  /** Whether the next frame may be taken in; if not, `#admitMore` is called when that may have changed. */
  #admit(sizeBytes: number): boolean {
    if (this.#grantedBytes > 0 || (!this.#isBusy() && this.#host.requestMemory.reserve(sizeBytes))) {
      this.#grantedBytes = 0
      this.#admittedBytes = sizeBytes
      return true
    }
    this.#stream.pause()
    if (this.#isBusy()) return false
    this.#giveUpWaiting = this.#host.requestMemory.wait(sizeBytes, () => {
      this.#giveUpWaiting = undefined
      this.#grantedBytes = sizeBytes
      this.#goOn()
    })
    return false
  }

  #isBusy(): boolean {
    const { maxInFlightRequests, maxUnsentBytes } = this.#host.limits
    return (
      this.#mutes > 0 ||
      this.#inFlight.length >= maxInFlightRequests ||
      this.#stream.pendingBytes > maxUnsentBytes
    )
  }

  #admitMore(): void {
    if (!this.#splitter.isHolding || this.#giveUpWaiting !== undefined || this.#isBusy()) return
    this.#goOn()
  }

  #goOn(): void {
    if (this.#closed || this.#isStopped) return
    this.#stream.resume()
    this.#guarded(() => this.#splitter.resume())
  }

  #receive(frame: Buffer): void {
    this.#admittedBytes = 0
    this.receivedRequests++
    const exchange = new Exchange(this, frame.length)
    if (this.#closed) {
      this.releaseMemory(exchange)
      return
    }
    this.active = true
    this.#inFlight.push(exchange)
    try {
      this.#host.dispatch(frame, exchange, this)
    } catch (error) {
      // It will never be answered, which is when memory is given back otherwise.
      this.releaseMemory(exchange)
      throw error
    }
  }

  /** Bytes that can't be understood end the connection, not the broker. */
  #guarded(read: () => void): void {
    try {
      read()
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.close(error.message)
    }
  }

  #gone(): void {
    if (this.#closed) return
    this.#closed = true
    this.#giveUpWaiting?.()
    this.#host.requestMemory.release(this.#grantedBytes + this.#admittedBytes)
    this.#grantedBytes = 0
    this.#admittedBytes = 0
    for (const exchange of this.#inFlight) if (exchange.answer !== undefined) exchange.finish()
    for (const exchange of this.#answered) exchange.finish()
    this.#inFlight.length = 0
    for (const callback of this.#closeCallbacks) callback()
    this.#closeCallbacks.clear()
    this.#host.closed(this)
  }
}

/** The tail cache keeps a large request's memory and gives it back; a small one's is copied from and thrown away. */
function allocate(sizeBytes: number, buffers: BufferPool): Buffer {
  return sizeBytes < POOLED_BYTES ? Buffer.allocUnsafeSlow(sizeBytes) : buffers.take(sizeBytes)
}

/** An IPv4 address that came over a dual-stack socket is shown, and answered with, as what it is. */
export function plainHost(host: string): string {
  return host.startsWith('::ffff:') ? host.slice('::ffff:'.length) : host
}
