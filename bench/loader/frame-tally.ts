const LENGTH_BYTES = 4

/**
 * Follows a stream of frames without keeping it: of each frame only the first bytes are looked at, the rest is counted.
 */
export class FrameTally {
  readonly #head: Buffer
  readonly #onFrame: (head: Buffer) => void
  #headBytes = 0
  /** Bytes of the current frame that are still to come, its length field included; 0 while the length isn't known. */
  #leftBytes = 0

  /** `headBytes` of each frame, length field not counted, are handed to `onFrame` when the frame is complete. */
  constructor(headBytes: number, onFrame: (head: Buffer) => void) {
    this.#head = Buffer.alloc(LENGTH_BYTES + headBytes)
    this.#onFrame = onFrame
  }

  push(chunk: Uint8Array, sizeBytes: number): void {
    let at = 0
    while (at < sizeBytes) {
      if (this.#leftBytes === 0) at = this.#begin(chunk, at, sizeBytes)
      else at = this.#go(chunk, at, sizeBytes)
      if (this.#leftBytes === 0 && this.#headBytes >= LENGTH_BYTES) this.#end()
    }
  }

  #begin(chunk: Uint8Array, at: number, end: number): number {
    const next = this.#keep(chunk, at, Math.min(end, at + LENGTH_BYTES - this.#headBytes))
    if (this.#headBytes === LENGTH_BYTES) this.#leftBytes = this.#head.readInt32BE(0)
    return next
  }

  #go(chunk: Uint8Array, at: number, end: number): number {
    const stop = Math.min(end, at + this.#leftBytes)
    if (this.#headBytes < this.#head.length)
      this.#keep(chunk, at, Math.min(stop, at + this.#head.length - this.#headBytes))
    this.#leftBytes -= stop - at
    return stop
  }

  #keep(chunk: Uint8Array, at: number, end: number): number {
    for (let index = at; index < end; index++) this.#head[this.#headBytes++] = chunk[index] ?? 0
    return end
  }

  #end(): void {
    const head = this.#head.subarray(LENGTH_BYTES, this.#headBytes)
    this.#headBytes = 0
    this.#onFrame(head)
  }
}
