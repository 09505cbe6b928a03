import { type ByteStream, type ListenAddress, type Listener, type Network, NetworkError } from './network.ts'

/** A network inside the process: no ports are opened, and every chunk arrives in a later turn, in order. */
export class MemoryNetwork implements Network {
  readonly #listeners = new Map<number, (stream: ByteStream) => void>()
  #nextPort = 49_152

  async listen(address: ListenAddress, onConnection: (stream: ByteStream) => void): Promise<Listener> {
    const port = address.port === 0 ? this.#freePort() : address.port
    if (this.#listeners.has(port))
      throw new NetworkError('ADDRESS_IN_USE', `can't listen on ${address.host}:${port}: the port is in use`)
    this.#listeners.set(port, onConnection)
    return {
      address: { host: address.host, port },
      close: async () => {
        this.#listeners.delete(port)
      },
    }
  }

  async connect({ host, port }: { host: string; port: number }): Promise<ByteStream> {
    const accept = this.#listeners.get(port)
    if (accept === undefined)
      throw new NetworkError('REFUSED', `can't connect to ${host}:${port}: nobody listens there`)
    const [client, server] = streamPair({ host, port: this.#freePort() }, { host, port })
    accept(server)
    return client
  }

  #freePort(): number {
    return this.#nextPort++
  }
}

/** Two streams, each the other's end. */
export function streamPair(client: ListenAddress, server: ListenAddress): [ByteStream, ByteStream] {
  const one = new MemoryStream(client, server)
  const other = new MemoryStream(server, client)
  one.peer = other
  other.peer = one
  return [one, other]
}

class MemoryStream implements ByteStream {
  onData: (chunk: Buffer) => void = () => undefined
  place: () => Buffer | undefined = () => undefined
  onClose: (error?: Error) => void = () => undefined
  peer: MemoryStream | undefined
  #arrived: { chunk: Buffer; taken: () => void }[] = []
  #pendingBytes = 0
  #paused = false
  #closed = false

  constructor(
    readonly local: ListenAddress,
    readonly remote: ListenAddress,
  ) {}

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  write(chunks: readonly Buffer[], done?: () => void): void {
    const { peer } = this
    if (this.#closed || peer === undefined) {
      done?.()
      return
    }
    const bytes = Buffer.concat(chunks)
    this.#pendingBytes += bytes.length
    peer.#receive(bytes, () => {
      this.#pendingBytes -= bytes.length
      done?.()
    })
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    queueMicrotask(() => this.#deliver())
  }

  end(): void {
    queueMicrotask(() => this.destroy())
  }

  destroy(error?: Error): void {
    if (this.#closed) return
    this.#closed = true
    queueMicrotask(() => {
      this.onClose(error)
      this.peer?.destroy()
    })
  }

  #receive(chunk: Buffer, taken: () => void): void {
    this.#arrived.push({ chunk, taken })
    queueMicrotask(() => this.#deliver())
  }

  #deliver(): void {
    while (!this.#paused) {
      const next = this.#arrived.shift()
      if (next === undefined) return
      next.taken()
      if (!this.#closed) this.onData(next.chunk)
    }
  }
}
