const PAGE_BYTES = 64 * 1024
const SMALLEST_PAGE_BYTES = 256

/** Bytes in memory that are read and written at any position, growing by pages. What was never written reads as zero. */
export class PagedBytes {
  #pages: Buffer[] = []
  #sizeBytes = 0

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  write(bytes: Buffer, position: number): void {
    let done = 0
    while (done < bytes.length) {
      const at = position + done
      const within = at % PAGE_BYTES
      const count = Math.min(bytes.length - done, PAGE_BYTES - within)
      bytes.copy(this.#page(Math.floor(at / PAGE_BYTES), within + count), within, done, done + count)
      done += count
    }
    this.#sizeBytes = Math.max(this.#sizeBytes, position + bytes.length)
  }

  /** Fills `target` as far as there are bytes; returns how many there were. */
  read(target: Buffer, position: number): number {
    const total = Math.max(0, Math.min(target.length, this.#sizeBytes - position))
    let done = 0
    while (done < total) {
      const at = position + done
      const within = at % PAGE_BYTES
      const count = Math.min(total - done, PAGE_BYTES - within)
      const page = this.#pages[Math.floor(at / PAGE_BYTES)]
      const copied = page === undefined ? 0 : page.copy(target, done, within, within + count)
      target.fill(0, done + copied, done + count)
      done += count
    }
    return total
  }

  resize(sizeBytes: number): void {
    if (sizeBytes < this.#sizeBytes) {
      this.#pages.length = Math.min(this.#pages.length, Math.ceil(sizeBytes / PAGE_BYTES))
      // What is cut off must read as zero should the file grow again.
      this.#pages[Math.floor(sizeBytes / PAGE_BYTES)]?.fill(0, sizeBytes % PAGE_BYTES)
    }
    this.#sizeBytes = sizeBytes
  }

  clone(): PagedBytes {
    const copy = new PagedBytes()
    copy.#pages = this.#pages.map((page) => Buffer.from(page))
    copy.#sizeBytes = this.#sizeBytes
    return copy
  }

  toBuffer(): Buffer {
    const whole = Buffer.allocUnsafeSlow(this.#sizeBytes)
    this.read(whole, 0)
    return whole
  }

  /** A page of at least `needed` bytes; small files pay for small pages. */
  #page(index: number, needed: number): Buffer {
    const page = this.#pages[index]
    if (page !== undefined && page.length >= needed) return page
    let sizeBytes = index > 0 ? PAGE_BYTES : SMALLEST_PAGE_BYTES
    while (sizeBytes < needed) sizeBytes *= 2
    const larger = Buffer.alloc(sizeBytes)
    page?.copy(larger)
    // No holes in the array: it would turn into a slow dictionary.
    while (this.#pages.length < index) this.#pages.push(Buffer.alloc(0))
    this.#pages[index] = larger
    return larger
  }
}
