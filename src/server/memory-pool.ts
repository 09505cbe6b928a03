/**
 * Memory for requests, shared by all connections. A connection reserves a frame's size before it reads the body;
 * when nothing is left it stops reading from its socket until others have given back enough. So the memory that
 * requests can hold is bounded, whatever clients send and however many there are.
 *
 * A frame larger than the whole pool is let in when the pool is otherwise empty: it must be possible to serve.
 */
export class MemoryPool {
  readonly #capacityBytes: number
  #usedBytes = 0
  #isServing = false
  #waiting: { sizeBytes: number; resume: () => void }[] = []

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Whether somebody waits. */
  get isScarce(): boolean {
    return this.#waiting.length > 0
  }

  /** Takes `sizeBytes` if they are there and nobody waits; says whether it did. */
  reserve(sizeBytes: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(sizeBytes)) return false
    this.#usedBytes += sizeBytes
    return true
  }

  /**
   * Calls back when `sizeBytes` were taken for the caller, in the order of asking. Returns a function that gives up
   * the wait.
   */
  wait(sizeBytes: number, resume: () => void): () => void {
    const waiter = { sizeBytes, resume }
    this.#waiting.push(waiter)
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiter)
      this.#serve()
    }
  }

  /**
   * Takes memory that is in use already, whether or not it is there, or with a minus gives it back: what was accepted of
   * requests and waits to be written. Whoever waits is served a little later, not within the caller's own work.
   */
  charge(sizeBytes: number): void {
    this.#usedBytes += sizeBytes
    if (sizeBytes < 0 && this.#waiting.length > 0) queueMicrotask(() => this.#serve())
  }

  release(sizeBytes: number): void {
    this.#usedBytes -= sizeBytes
    if (this.#waiting.length > 0) this.#serve()
  }

  /** Who is served may give memory back at once; the loop here then goes on, rather than one within it. */
  #serve(): void {
    if (this.#isServing) return
    this.#isServing = true
    try {
      for (;;) {
        const [next] = this.#waiting
        if (next === undefined || !this.#fits(next.sizeBytes)) return
        this.#waiting.shift()
        this.#usedBytes += next.sizeBytes
        next.resume()
      }
    } finally {
      this.#isServing = false
    }
  }

  #fits(sizeBytes: number): boolean {
    return this.#usedBytes === 0 || this.#usedBytes + sizeBytes <= this.#capacityBytes
  }
}
