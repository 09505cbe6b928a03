/** Sockets, as the broker sees them. */
export interface Network {
  /**
   * Listens on one address. `port` 0 takes a free one. Fails with a `NetworkError` (`ADDRESS_IN_USE`, …).
   * `onConnection` is called once per accepted stream, before any of its data.
   */
  listen(address: ListenAddress, onConnection: (stream: ByteStream) => void): Promise<Listener>
  /** Connects to an address; the stream is ready for writing when the promise resolves. */
  connect(address: { host: string; port: number }): Promise<ByteStream>
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

export interface Listener {
  /** Where it really listens: the port that was taken when 0 was asked. */
  readonly address: ListenAddress
  /** Accepts no more. Streams already accepted stay open. */
  close(): Promise<void>
}

/** A two-way stream of bytes: a TCP connection, a TLS session, or two ends joined in memory. */
export interface ByteStream {
  /** The other end and this end, for logs and for answering with the address that the client used. */
  readonly remote: ListenAddress
  readonly local: ListenAddress
  /** Called for every chunk that arrives. The chunk belongs to the receiver until it returns; copy what must stay. */
  onData: (chunk: Buffer) => void
  /**
   * Asked where the next bytes should go, if the receiver has a place for them. What then arrives is handed over as the
   * filled part of that place, so that nothing needs copying. A stream that can't do that hands over chunks of its own.
   */
  place: () => Buffer | undefined
  /** Called once when the stream is gone, from either side, with the error if there was one. */
  onClose: (error?: Error) => void
  /**
   * Sends `chunks` in one go. The chunks must not change until `done` is called: after they were handed to the
   * platform, or after the stream was closed.
   */
  write(chunks: readonly Buffer[], done?: () => void): void
  /** Bytes that were written but not yet taken by the platform. */
  readonly pendingBytes: number
  /** Stops and restarts `onData`; meanwhile the other end is slowed by flow control. */
  pause(): void
  resume(): void
  /** Sends what is pending, then closes. */
  end(): void
  /** Closes at once and forgets what is pending. */
  destroy(error?: Error): void
}

export type NetworkErrorCode = 'ADDRESS_IN_USE' | 'ADDRESS_UNAVAILABLE' | 'NO_PERMISSION' | 'REFUSED' | 'IO'

export class NetworkError extends Error {
  override readonly name = 'NetworkError'

  constructor(
    readonly code: NetworkErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
