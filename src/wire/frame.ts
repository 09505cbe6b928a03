/**
 * Frames: an int32 length, then a header (`header.ts`), then a request or response. Writing puts all three into the
 * same buffers; reading splits a stream of chunks, in whatever pieces they come, into whole frames.
 */
import { requestHeader, requestHeaderVersion, responseHeader, responseHeaderVersion } from './header.ts'
import type { Api } from './schema/api.ts'
import { Writer } from './schema/writer.ts'
import { WireError } from './wire-error.ts'

const LENGTH_BYTES = 4
const writer = new Writer()

/** A response as chunks to be written one after the other: length, header and body; one buffer unless it is large. */
export function encodeResponseFrame<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  value: A['response']['encodable'],
): Buffer[] {
  writer.reset()
  const headerVersion = responseHeaderVersion(api, version)
  const bodyAt = responseHeader.write(writer, { correlationId }, headerVersion, LENGTH_BYTES)
  return finishFrame(api.response.write(writer, value, version, bodyAt))
}

/** A request as chunks to be written one after the other. */
export function encodeRequestFrame<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  clientId: string | null,
  value: A['request']['encodable'],
): Buffer[] {
  writer.reset()
  const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId }
  const headerVersion = requestHeaderVersion(api, version)
  const bodyAt = requestHeader.write(writer, header, headerVersion, LENGTH_BYTES)
  return finishFrame(api.request.write(writer, value, version, bodyAt))
}

function finishFrame(end: number): Buffer[] {
  const chunks = writer.finish(end)
  let sizeBytes = -LENGTH_BYTES
  for (const chunk of chunks) sizeBytes += chunk.length
  chunks[0]?.writeInt32BE(sizeBytes, 0)
  return chunks
}

export interface FrameLimits {
  /** Longest frame that is accepted, its length field not counted. */
  readonly maxFrameBytes: number
  /**
   * Asks for the memory of a frame before its body is taken in. When it answers false the splitter holds, keeps what
   * it was given, and goes on when `resume` is called.
   */
  readonly reserve?: (sizeBytes: number) => boolean
  /** Memory of at least so many bytes for a frame that doesn't come in one piece. */
  readonly allocate?: (sizeBytes: number) => Buffer
}

/**
 * Splits one connection's stream into frames. A frame that lies in one chunk is a slice of it; one that is spread
 * over several is put together in a buffer of its exact size, so its bytes are copied once however long it is.
 */
export class FrameSplitter {
  readonly #limits: FrameLimits
  readonly #onFrame: (frame: Buffer) => void
  /** Chunks that came while holding, and the rest of the one that was being read. */
  #pending: Buffer[] = []
  #holding = false
  readonly #length = Buffer.alloc(LENGTH_BYTES)
  #lengthBytes = 0
  #frame: Buffer | undefined
  #frameBytes = 0

  /** `onFrame` is called once per frame, length field taken off, within `push` or `resume`. */
  constructor(limits: FrameLimits, onFrame: (frame: Buffer) => void) {
    this.#limits = limits
    this.#onFrame = onFrame
  }

  /** Whether it waits for memory: the connection should read no further until then. */
  get isHolding(): boolean {
    return this.#holding
  }

  /** Where the bytes that come next belong, when they are known to be the rest of a frame. */
  get place(): Buffer | undefined {
    return this.#frame?.subarray(this.#frameBytes)
  }

  /** Takes the next chunk of the stream. Throws WireError at a length that is negative or too large. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    if (this.#holding) this.#pending.push(Buffer.from(chunk))
    else this.#read(chunk)
  }

  /** Asks for memory again after `reserve` has refused. */
  resume(): void {
    this.#holding = false
    const chunks = this.#pending
    this.#pending = []
    for (const chunk of chunks) this.push(chunk)
  }

  #read(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#frame !== undefined) {
        at = this.#fill(chunk, at)
        continue
      }
      const next = this.#readLength(chunk, at)
      if (next === undefined) return
      at = this.#begin(chunk, next)
      if (this.#holding) return
    }
  }

  /** Takes the length field, which may come in pieces; undefined when more of it is to come. */
  #readLength(chunk: Buffer, start: number): number | undefined {
    if (this.#lengthBytes === LENGTH_BYTES) return start
    const count = Math.min(LENGTH_BYTES - this.#lengthBytes, chunk.length - start)
    chunk.copy(this.#length, this.#lengthBytes, start, start + count)
    this.#lengthBytes += count
    return this.#lengthBytes === LENGTH_BYTES ? start + count : undefined
  }

  /** Begins the frame whose length is known, gives it out if it is all there, and says where reading goes on. */
  #begin(chunk: Buffer, start: number): number {
    const sizeBytes = this.#length.readInt32BE(0)
    this.#refuseBadLength(sizeBytes)
    if (!this.#reserve(sizeBytes)) {
      this.#holding = true
      if (start < chunk.length) this.#pending.push(Buffer.from(chunk.subarray(start)))
      return chunk.length
    }
    this.#lengthBytes = 0
    const end = start + sizeBytes
    if (end <= chunk.length) {
      this.#onFrame(Buffer.from(chunk.subarray(start, end)))
      return end
    }
    this.#frame = this.#allocate(sizeBytes)
    this.#frameBytes = 0
    return this.#fill(chunk, start)
  }

  /** A frame of no bytes needs no memory; were it held, nothing might come any more that lets it go on. */
  #reserve(sizeBytes: number): boolean {
    return sizeBytes === 0 || (this.#limits.reserve?.(sizeBytes) ?? true)
  }

  #allocate(sizeBytes: number): Buffer {
    const { allocate } = this.#limits
    return allocate === undefined
      ? Buffer.allocUnsafeSlow(sizeBytes)
      : allocate(sizeBytes).subarray(0, sizeBytes)
  }

  /** Whether the bytes were read to where they belong (`place`). */
  #isInPlace(frame: Buffer, chunk: Buffer, start: number): boolean {
    return chunk.buffer === frame.buffer && chunk.byteOffset + start === frame.byteOffset + this.#frameBytes
  }

  #refuseBadLength(sizeBytes: number): void {
    if (sizeBytes < 0) throw new WireError(`a frame of ${sizeBytes} bytes`)
    if (sizeBytes > this.#limits.maxFrameBytes)
      throw new WireError(`a frame of ${sizeBytes} bytes, at most ${this.#limits.maxFrameBytes} are accepted`)
  }

  #fill(chunk: Buffer, start: number): number {
    const frame = this.#frame
    if (frame === undefined) return start
    const count = Math.min(frame.length - this.#frameBytes, chunk.length - start)
    if (!this.#isInPlace(frame, chunk, start)) chunk.copy(frame, this.#frameBytes, start, start + count)
    this.#frameBytes += count
    if (this.#frameBytes === frame.length) {
      this.#frame = undefined
      this.#onFrame(frame)
    }
    return start + count
  }
}
