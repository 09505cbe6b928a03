import type { Output } from '../output.ts'
import type { ShownRecord } from './record.ts'
import type { RecordFormat } from './record-format.ts'

/** Formats records onto an output and knows when enough is enough. */
export class RecordWriter {
  #pending: Buffer[] = []
  #remaining: number
  readonly #enough = new AbortController()
  /** Aborted when no more records are wanted: all that were asked for are there, or the reader has gone. */
  readonly enough: AbortSignal

  constructor(
    readonly output: Output,
    readonly format: RecordFormat,
    /** How many records are wanted; `Infinity` for all. */
    maxMessages: number,
  ) {
    this.#remaining = maxMessages
    this.enough = AbortSignal.any([this.#enough.signal, output.closed])
  }

  /** Takes a record; `false` if it came too late and was not taken. */
  write(record: ShownRecord): boolean {
    if (this.#remaining <= 0) return false
    this.format(record, this.#pending)
    this.#remaining--
    if (this.#remaining === 0) this.#enough.abort()
    return true
  }

  /** Hands what was taken to the output, in one piece. `false` if the output wants a pause: see `Output.drained`. */
  flush(): boolean {
    const pending = this.#pending
    this.#pending = []
    return pending.length === 0 || this.output.write(Buffer.concat(pending))
  }
}
