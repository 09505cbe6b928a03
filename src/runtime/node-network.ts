import { connect as connectSocket, createServer, type OnReadOpts, type Server, Socket } from 'node:net'
import {
  type ByteStream,
  type ListenAddress,
  type Listener,
  type Network,
  NetworkError,
  type NetworkErrorCode,
} from './network.ts'

const codesBySystemError: Readonly<Record<string, NetworkErrorCode>> = {
  EADDRINUSE: 'ADDRESS_IN_USE',
  EADDRNOTAVAIL: 'ADDRESS_UNAVAILABLE',
  EAFNOSUPPORT: 'ADDRESS_UNAVAILABLE',
  ENOTFOUND: 'ADDRESS_UNAVAILABLE',
  EAI_AGAIN: 'ADDRESS_UNAVAILABLE',
  EACCES: 'NO_PERMISSION',
  ECONNREFUSED: 'REFUSED',
}

/** TCP sockets of this machine. */
export const nodeNetwork: Network = {
  listen(address, onConnection) {
    const server = createServer({ noDelay: true, keepAlive: true, pauseOnConnect: true }, (socket) =>
      onConnection(acceptedStream(socket)),
    )
    return listening(server, address)
  },

  connect({ host, port }) {
    return new Promise((resolve, reject) => {
      const socket = connectSocket({ host, port, noDelay: true })
      const fail = (error: Error) => reject(networkError(error, `can't connect to ${host}:${port}`))
      socket.once('error', fail)
      socket.once('connect', () => {
        socket.off('error', fail)
        resolve(connectedStream(socket))
      })
    })
  },
}

function listening(server: Server, address: ListenAddress): Promise<Listener> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(networkError(error, `can't listen on ${address.host}:${address.port}`)),
    )
    // `ipv6Only` keeps "::1" and "127.0.0.1" two listeners, as a dual-stack localhost needs; "::" stays both.
    server.listen({ host: address.host, port: address.port, ipv6Only: address.host === '::1' }, () => {
      const bound = server.address()
      const port = typeof bound === 'object' && bound !== null ? bound.port : address.port
      resolve({ address: { host: address.host, port }, close: () => closed(server) })
    })
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}

function networkError(cause: Error, what: string): NetworkError {
  const systemCode = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  return new NetworkError(codesBySystemError[systemCode] ?? 'IO', `${what}: ${reason(systemCode, cause)}`, {
    cause,
  })
}

function reason(systemCode: string, cause: Error): string {
  switch (systemCode) {
    case 'EADDRINUSE':
      return 'the port is in use'
    case 'EACCES':
      return 'not permitted'
    case 'ECONNREFUSED':
      return 'nobody listens there'
    default:
      return cause.message
  }
}

/** What arrives for nowhere in particular. It is done with before anything else arrives, so all streams share it. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

/** `socket` was accepted and reads nothing yet. */
function acceptedStream(socket: Socket): ByteStream {
  const addresses = addressesOf(socket)
  let stream: SocketStream | undefined
  const reading = readingInto(socket, {
    buffer: () => stream?.place() ?? scratch,
    callback: (sizeBytes, { buffer, byteOffset }) => {
      stream?.onData(Buffer.from(buffer, byteOffset, sizeBytes))
      return true
    },
  })
  if (reading === undefined) return connectedStream(socket)
  stream = new SocketStream(reading, addresses)
  return stream
}

function connectedStream(socket: Socket): ByteStream {
  const stream = new SocketStream(socket, addressesOf(socket))
  socket.on('data', (chunk) => stream.onData(chunk))
  socket.resume()
  return stream
}

/**
 * The same connection as a socket that reads into memory of ours: fresh memory for every read costs more than the reading.
 * Node has that (`onread`) for sockets that connect, not for those that a server accepts; so the accepted one hands its
 * handle over, by a way that Node uses itself and doesn't document. Undefined if this Node has no such way.
 */
function readingInto(accepted: Socket, onread: OnReadOpts): Socket | undefined {
  const handle: unknown = Reflect.get(accepted, '_handle')
  if (typeof handle !== 'object' || handle === null || !('useUserBuffer' in handle)) return undefined
  Reflect.set(accepted, '_handle', null)
  accepted.destroy()
  const options = { handle, onread, readable: true, writable: true }
  return new Socket(options)
}

interface Addresses {
  readonly remote: ListenAddress
  readonly local: ListenAddress
}

function addressesOf(socket: Socket): Addresses {
  return {
    remote: { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 },
    local: { host: socket.localAddress ?? '', port: socket.localPort ?? 0 },
  }
}

/** A TCP socket as a byte stream. */
class SocketStream implements ByteStream {
  readonly remote: ListenAddress
  readonly local: ListenAddress
  onData: (chunk: Buffer) => void = () => undefined
  place: () => Buffer | undefined = () => undefined
  onClose: (error?: Error) => void = () => undefined
  readonly #socket: Socket
  #error: Error | undefined

  constructor(socket: Socket, { remote, local }: Addresses) {
    this.#socket = socket
    this.remote = remote
    this.local = local
    socket.on('error', (error) => {
      this.#error = error
    })
    socket.on('close', () => this.onClose(this.#error))
  }

  get pendingBytes(): number {
    return this.#socket.writableLength
  }

  write(chunks: readonly Buffer[], done?: () => void): void {
    const last = chunks.length - 1
    if (this.#socket.destroyed || last < 0) {
      done?.()
      return
    }
    // Corked, Node hands all chunks to the kernel in one writev.
    if (last > 0) this.#socket.cork()
    for (let index = 0; index < last; index++) this.#socket.write(chunks[index] ?? Buffer.alloc(0))
    this.#socket.write(chunks[last] ?? Buffer.alloc(0), done)
    if (last > 0) this.#socket.uncork()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    // Not `end`: a client that never closes its own side would keep the socket half open for ever.
    this.#socket.destroySoon()
  }

  destroy(error?: Error): void {
    this.#socket.destroy(error)
  }
}
