/**
 * Standard output of a command in a pipe. A reader that went away (`| head`) is no failure: what is written after
 * that is dropped, and whoever writes for long can ask, or be told, and stop.
 */
export class Output {
  readonly #stream: NodeJS.WritableStream
  readonly #closed = new AbortController()

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      this.#closed.abort()
    })
  }

  /** Aborted when nobody reads any more. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Returns whether more is welcome at once; if not, `drained` says when it is. */
  write(chunk: string | Buffer): boolean {
    return this.#closed.signal.aborted || this.#stream.write(chunk)
  }

  json(value: unknown): void {
    this.write(`${JSON.stringify(value)}\n`)
  }

  /** Resolves when what was written has been taken, or nobody will take it any more. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#stream.removeListener('drain', done)
        this.#closed.signal.removeEventListener('abort', done)
        resolve()
      }
      this.#stream.once('drain', done)
      this.#closed.signal.addEventListener('abort', done)
      if (this.#closed.signal.aborted) done()
    })
  }
}

let standardOutput: Output | undefined

export function stdout(): Output {
  standardOutput ??= new Output(process.stdout)
  return standardOutput
}
