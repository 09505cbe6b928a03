import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { FrameTally } from './frame-tally.ts'
import type { AnswerPlaces, Cursor, LaneJob, LoaderAddress } from './job.ts'

/** One large buffer that is read into again and again: fresh memory costs more than the reading. */
const READ_BYTES = 512 * 1024
/** Frames up to this size are sent several at a time out of one buffer. */
const SMALL_FRAME_BYTES = 32 * 1024

/** Told of every answer, with the time at which its request was sent. */
export type OnAnswer = (payloadBytes: number, sentMs: number) => void

/** One connection with one request, sent over and over. */
export class Lane {
  readonly #socket: Socket
  readonly #frame: Buffer
  /** The frame `n` times in a row, by n. */
  readonly #bursts: Buffer[] = []
  readonly #payloadBytes: number
  readonly #cursor: Cursor | undefined
  readonly #answer: AnswerPlaces
  readonly #onAnswer: OnAnswer
  readonly #onTurn: () => void
  readonly #fail: (error: Error) => void
  /** When the requests under way were sent, oldest first, in a ring. */
  readonly #sentMs: Float64Array
  #sent = 0
  #answered = 0
  #closed = false

  /** `onTurn` is called when a read from the socket is worked off: the time to send what the answers made room for. */
  constructor(
    address: LoaderAddress,
    job: LaneJob,
    answer: AnswerPlaces,
    outstanding: number,
    callbacks: {
      onAnswer: OnAnswer
      onTurn: () => void
      onConnect: () => void
      onError: (error: Error) => void
    },
  ) {
    this.#frame = readFileSync(job.frameFile)
    this.#payloadBytes = job.payloadBytes
    this.#cursor = job.cursor
    this.#answer = answer
    this.#onAnswer = callbacks.onAnswer
    this.#onTurn = callbacks.onTurn
    this.#fail = callbacks.onError
    this.#sentMs = new Float64Array(outstanding)
    this.#prepareBursts(outstanding)
    const tally = new FrameTally(headBytes(answer), (head) => this.#receive(head))
    this.#socket = connect({
      host: address.host,
      port: address.port,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (sizeBytes, buffer) => {
          tally.push(buffer, sizeBytes)
          this.#onTurn()
          return true
        },
      },
    })
    this.#socket.once('connect', callbacks.onConnect)
    this.#socket.once('error', (error) => this.#fail(error))
    this.#socket.once('close', () => {
      if (!this.#closed) this.#fail(new Error('the broker closed the connection'))
    })
  }

  get underWay(): number {
    return this.#sent - this.#answered
  }

  /** Sends the request `count` times. */
  send(count: number): void {
    const nowMs = performance.now()
    for (let index = 0; index < count; index++)
      this.#sentMs[(this.#sent + index) % this.#sentMs.length] = nowMs
    const burst = this.#bursts[count]
    if (burst !== undefined) this.#socket.write(burst)
    else {
      this.#socket.cork()
      for (let index = 0; index < count; index++) this.#socket.write(this.#nextFrame(this.#sent + index))
      this.#socket.uncork()
    }
    this.#sent += count
  }

  close(): void {
    this.#closed = true
    this.#socket.destroy()
  }

  #prepareBursts(outstanding: number): void {
    if (this.#cursor !== undefined || this.#frame.length > SMALL_FRAME_BYTES) return
    const all = Buffer.concat(Array.from({ length: outstanding }, () => this.#frame))
    for (let count = 1; count <= outstanding; count++)
      this.#bursts[count] = all.subarray(0, count * this.#frame.length)
  }

  #nextFrame(turn: number): Buffer {
    if (this.#cursor === undefined) return this.#frame
    const { at, first, step, count } = this.#cursor
    const frame = Buffer.from(this.#frame)
    frame.writeBigInt64BE(BigInt(first + (turn % count) * step), at)
    return frame
  }

  #receive(head: Buffer): void {
    for (const at of this.#answer.errorsAt) {
      const code = head.readInt16BE(at)
      if (code !== 0) this.#fail(new Error(`the broker answered with error ${code}`))
    }
    const { payloadAt } = this.#answer
    const payloadBytes =
      payloadAt === undefined ? this.#payloadBytes : this.#received(head.readInt32BE(payloadAt))
    const sentMs = this.#sentMs[this.#answered % this.#sentMs.length] ?? 0
    this.#answered++
    this.#onAnswer(payloadBytes, sentMs)
  }

  #received(recordsBytes: number): number {
    if (this.#payloadBytes === 0) return recordsBytes
    if (recordsBytes < this.#payloadBytes)
      this.#fail(new Error(`the broker gave ${recordsBytes} bytes of records`))
    // Kafka fills an answer up with the beginning of a batch, which its reader has to fetch once more.
    return this.#payloadBytes
  }
}

function headBytes({ errorsAt, payloadAt }: AnswerPlaces): number {
  return Math.max(...errorsAt.map((at) => at + 2), payloadAt === undefined ? 0 : payloadAt + 4)
}
