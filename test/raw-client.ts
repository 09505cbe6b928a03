import type { ByteStream, Network } from '../src/runtime/network.ts'
import { encodeRequestFrame, FrameSplitter } from '../src/wire/frame.ts'
import { decodeResponseHeader } from '../src/wire/header.ts'
import type { Api, DecodedResponseOf, EncodableRequestOf } from '../src/wire/schema/api.ts'

/** The broker closed the connection, or never had one. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed'
}

export interface RequestOptions {
  /** Any int32; counted up from 1 when left out. */
  readonly correlationId?: number
  readonly clientId?: string | null
}

interface Expected {
  resolve(frame: Buffer): void
  reject(error: Error): void
}

const MAX_FRAME_BYTES = 0x7fff_ffff

/**
 * A client that hides nothing: one connection, requests in any version, answers in the order in which they come. It is as
 * strict as the strictest client: an answer with another correlation id or with bytes left over is an error.
 */
export class RawClient {
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>
  readonly #stream: ByteStream
  /** Frames that nobody has asked for yet, and those who wait for one. */
  readonly #frames: Buffer[] = []
  readonly #expected: Expected[] = []
  #isClosed = false
  #correlationId = 0

  private constructor(stream: ByteStream) {
    this.#stream = stream
    const splitter = new FrameSplitter({ maxFrameBytes: MAX_FRAME_BYTES }, (frame) =>
      this.#receive(Buffer.from(frame)),
    )
    stream.onData = (chunk) => splitter.push(chunk)
    this.closed = new Promise((resolve) => {
      stream.onClose = () => {
        this.#isClosed = true
        for (const { reject } of this.#expected.splice(0)) reject(new ConnectionClosed('connection closed'))
        resolve()
      }
    })
  }

  static async connect(network: Network, address: { host: string; port: number }): Promise<RawClient> {
    return RawClient.over(await network.connect(address))
  }

  static over(stream: ByteStream): RawClient {
    return new RawClient(stream)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Frames that have come and that nobody has asked for. */
  get unclaimedFrames(): number {
    return this.#frames.length
  }

  /** Sends a request at once and resolves with its answer, so that several may be under way. Rejects with ConnectionClosed. */
  async request<A extends Api>(
    api: A,
    version: number,
    value: EncodableRequestOf<A>,
    options: RequestOptions = {},
  ): Promise<DecodedResponseOf<A>> {
    const correlationId = this.send(api, version, value, options)
    return decodeResponse(api, version, correlationId, await this.nextFrame())
  }

  /** Sends a request of which no answer is awaited here. Returns its correlation id. */
  send<A extends Api>(
    api: A,
    version: number,
    value: EncodableRequestOf<A>,
    options: RequestOptions = {},
  ): number {
    const correlationId = options.correlationId ?? ++this.#correlationId
    const { clientId = 'raw' } = options
    this.write(Buffer.concat(encodeRequestFrame(api, version, correlationId, clientId, value)))
    return correlationId
  }

  /** Sends bytes as they are. */
  write(bytes: Buffer): void {
    this.#stream.write([bytes])
  }

  /** Sends bytes as one frame, behind their length. */
  writeFrame(body: Buffer): void {
    const length = Buffer.alloc(4)
    length.writeInt32BE(body.length)
    this.write(Buffer.concat([length, body]))
  }

  /** The next frame that comes, its length taken off. Rejects with ConnectionClosed. */
  nextFrame(): Promise<Buffer> {
    const frame = this.#frames.shift()
    if (frame !== undefined) return Promise.resolve(frame)
    if (this.#isClosed) return Promise.reject(new ConnectionClosed('connection closed'))
    return new Promise((resolve, reject) => this.#expected.push({ resolve, reject }))
  }

  /** Takes no more of what the broker sends, and takes it again. */
  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  /** Closes at once. */
  close(): void {
    this.#stream.destroy()
  }

  #receive(frame: Buffer): void {
    const next = this.#expected.shift()
    if (next === undefined) this.#frames.push(frame)
    else next.resolve(frame)
  }
}

/** Reads an answer to its last byte. */
export function decodeResponse<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  frame: Buffer,
): DecodedResponseOf<A> {
  const header = decodeResponseHeader(frame, api, version)
  if (header.correlationId !== correlationId)
    throw new Error(
      `${api.name} v${version}: answered ${header.correlationId} instead of request ${correlationId}`,
    )
  const value: DecodedResponseOf<A> = api.response.decode(frame, version, header.bodyAt)
  const { end } = api.response.explain(frame, version, header.bodyAt)
  if (end !== frame.length)
    throw new Error(`${api.name} v${version}: ${frame.length - end} bytes follow the answer`)
  return value
}
