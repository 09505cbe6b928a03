import type { ByteStream } from '../../src/runtime/network.ts'
import { FrameSplitter } from '../../src/wire/frame.ts'
import { decodeResponse } from '../raw-client.ts'
import type { FuzzFrame } from './frames.ts'

const MAX_ANSWER_BYTES = 256 * 1024 * 1024
/** Where the correlation id stands in a request's frame, length prefix included. */
const CORRELATION_AT = 8

/** One connection that sends a frame at a time, so that what follows is known to be what that frame caused. */
export class Lane {
  /** The frame that is being worked on. */
  frame: FuzzFrame | undefined
  sentMs = 0
  isClosed = false
  /** Answers that came in whole. */
  answers = 0
  #awaited = 0
  readonly #stream: ByteStream
  readonly #splitter: FrameSplitter

  constructor(
    stream: ByteStream,
    private readonly onWrong: (frame: FuzzFrame | undefined, error: unknown) => void,
    /** Is given the answers to sound requests. */
    private readonly onAnswer: (frame: FuzzFrame, answer: unknown) => void,
  ) {
    this.#stream = stream
    this.#splitter = new FrameSplitter({ maxFrameBytes: MAX_ANSWER_BYTES }, (answer) =>
      this.#answered(answer),
    )
    stream.onData = (chunk) => this.#guarded(() => this.#splitter.push(chunk))
    stream.onClose = () => {
      this.isClosed = true
      this.frame = undefined
    }
  }

  get isIdle(): boolean {
    return this.frame === undefined
  }

  send(frame: FuzzFrame, nowMs: number): void {
    this.frame = frame
    this.sentMs = nowMs
    this.#awaited = frame.copies
    if (!frame.isRead) this.#stream.pause()
    for (let copy = 0; copy < frame.copies; copy++)
      for (const chunk of frame.chunks) this.#stream.write([chunk])
  }

  close(): void {
    this.#stream.destroy()
  }

  #answered(answer: Buffer): void {
    const { frame } = this
    this.answers++
    this.#awaited--
    if (this.#awaited === 0) this.frame = undefined
    if (frame === undefined) throw new Error(`an answer to nothing: ${answer.toString('hex', 0, 100)}`)
    const bytes = frame.chunks.length === 1 ? frame.chunks[0] : Buffer.concat(frame.chunks)
    const correlationId = bytes?.readInt32BE(CORRELATION_AT) ?? 0
    if (answer.readInt32BE(0) !== correlationId)
      this.onWrong(frame, new Error(`answered ${answer.readInt32BE(0)} instead of ${correlationId}`))
    else if (frame.request !== undefined) this.#check(frame, correlationId, answer)
  }

  /** What was a sound request must be answered in its own version, to the last byte. */
  #check(frame: FuzzFrame, correlationId: number, answer: Buffer): void {
    const { request } = frame
    if (request === undefined || request.version > request.api.maxStableVersion) return
    try {
      const copy = Buffer.from(answer)
      this.onAnswer(frame, decodeResponse(request.api, request.version, correlationId, copy))
    } catch (error) {
      this.onWrong(frame, error)
    }
  }

  #guarded(read: () => void): void {
    try {
      read()
    } catch (error) {
      this.onWrong(this.frame, error)
    }
  }
}
