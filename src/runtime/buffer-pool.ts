/**
 * Large buffers, used again and again. Fresh memory costs more than reading into it, and memory that is thrown away costs
 * once more: V8 looks through the whole heap each time that 64 MiB of buffers have gathered.
 *
 * Whoever takes a buffer may give it back when nobody looks at it any more, or leave it to the garbage collector.
 */
const SMALLEST_BYTES = 64 * 1024
/** Sizes between a power of two and the next: at most a fifth of a buffer is left unused. */
const STEPS_PER_OCTAVE = 4

export class BufferPool {
  readonly #keptBytesMax: number
  /** By size, the size that was wanted last at the end. */
  readonly #free = new Map<number, Buffer[]>()
  #wantedLast = 0
  /** Buffers that are out, by their memory, so that nothing is given back twice and nothing that isn't of here. */
  #lent = new WeakMap<ArrayBufferLike, Buffer>()
  #keptBytes = 0

  /** Keeps at most so many bytes for later. */
  constructor(keptBytesMax: number) {
    this.#keptBytesMax = keptBytesMax
  }

  get keptBytes(): number {
    return this.#keptBytes
  }

  /** A buffer of at least `sizeBytes`, with anything in it. */
  take(sizeBytes: number): Buffer {
    const classBytes = sizeClass(sizeBytes)
    const kept = this.#freeOf(classBytes).pop()
    if (kept !== undefined) this.#keptBytes -= classBytes
    const buffer = kept ?? Buffer.allocUnsafeSlow(classBytes)
    this.#lent.set(buffer.buffer, buffer)
    return buffer
  }

  /** Whether these bytes lie in a buffer that was taken and is not given back. */
  isLent(bytes: Buffer): boolean {
    return this.#lent.has(bytes.buffer)
  }

  /** Gives back the buffer in which these bytes lie; nobody may look at any of it from now on. */
  give(bytes: Buffer): void {
    const buffer = this.#lent.get(bytes.buffer)
    if (buffer === undefined) return
    this.#lent.delete(buffer.buffer)
    const free = this.#free.get(buffer.length)
    if (free === undefined || !this.#makesRoom(buffer.length)) return
    this.#keptBytes += buffer.length
    free.push(buffer)
  }

  #freeOf(classBytes: number): Buffer[] {
    const free = this.#free.get(classBytes) ?? []
    if (classBytes === this.#wantedLast) return free
    this.#wantedLast = classBytes
    this.#free.delete(classBytes)
    this.#free.set(classBytes, free)
    return free
  }

  /** Lets go of buffers of sizes that have been wanted less recently. Says whether there is room then. */
  #makesRoom(classBytes: number): boolean {
    for (const [otherBytes, free] of this.#free) {
      if (this.#keptBytes + classBytes <= this.#keptBytesMax) return true
      if (otherBytes === classBytes) return false
      const surplusBytes = this.#keptBytes + classBytes - this.#keptBytesMax
      const dropped = free.splice(0, Math.ceil(surplusBytes / otherBytes))
      this.#keptBytes -= dropped.length * otherBytes
    }
    return this.#keptBytes + classBytes <= this.#keptBytesMax
  }
}

function sizeClass(sizeBytes: number): number {
  if (sizeBytes <= SMALLEST_BYTES) return SMALLEST_BYTES
  const octaveBytes = 2 ** (31 - Math.clz32(sizeBytes - 1))
  const stepBytes = octaveBytes / STEPS_PER_OCTAVE
  return Math.ceil(sizeBytes / stepBytes) * stepBytes
}
