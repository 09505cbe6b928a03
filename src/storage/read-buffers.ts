const SMALLEST_BYTES = 64 * 1024

/** Buffers for reading files, used again and again: fresh memory costs more than the reading. */
export class ReadBuffers {
  readonly #keptBytesMax: number
  #free = new Map<number, Buffer[]>()
  #keptBytes = 0

  constructor(keptBytesMax: number) {
    this.#keptBytesMax = keptBytesMax
  }

  /** A buffer of at least `sizeBytes`, with anything in it. */
  take(sizeBytes: number): Buffer {
    const classBytes = sizeClass(sizeBytes)
    const buffer = this.#free.get(classBytes)?.pop()
    if (buffer === undefined) return Buffer.allocUnsafeSlow(classBytes)
    this.#keptBytes -= classBytes
    return buffer
  }

  /** Gives a buffer back; nobody may look at it any more. */
  give(buffer: Buffer): void {
    if (this.#keptBytes + buffer.length > this.#keptBytesMax) return
    this.#keptBytes += buffer.length
    const free = this.#free.get(buffer.length)
    if (free === undefined) this.#free.set(buffer.length, [buffer])
    else free.push(buffer)
  }
}

function sizeClass(sizeBytes: number): number {
  let classBytes = SMALLEST_BYTES
  while (classBytes < sizeBytes) classBytes *= 2
  return classBytes
}
