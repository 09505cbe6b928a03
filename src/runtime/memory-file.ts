import { PagedBytes } from './paged-bytes.ts'
import type { Random } from './random.ts'

type Change = { readonly position: number; readonly bytes: Buffer } | { readonly resizedTo: number }

/**
 * A file of the memory disk. `cached` is what readers see. Where crashes are wanted, what would survive one is kept as
 * well: the bytes as of the last sync and, in order, what was done since.
 */
export class MemoryFile {
  readonly cached: PagedBytes
  #durable: PagedBytes | undefined
  #unsynced: Change[] = []

  constructor(keepsDurable: boolean, content = new PagedBytes()) {
    this.cached = content
    if (keepsDurable) this.#durable = content.clone()
  }

  write(bytes: Buffer, position: number): void {
    this.cached.write(bytes, position)
    if (this.#durable !== undefined) this.#unsynced.push({ position, bytes: Buffer.from(bytes) })
  }

  resize(sizeBytes: number): void {
    this.cached.resize(sizeBytes)
    if (this.#durable !== undefined) this.#unsynced.push({ resizedTo: sizeBytes })
  }

  /** A mark for `sync`: what was done up to now. */
  get unsyncedCount(): number {
    return this.#unsynced.length
  }

  sync(count = this.#unsynced.length): void {
    for (const change of this.#unsynced.splice(0, count)) if (this.#durable) apply(this.#durable, change)
  }

  flipBit(position: number, bit: number): void {
    for (const bytes of [this.cached, this.#durable]) {
      const cell = Buffer.alloc(1)
      if (bytes === undefined || bytes.read(cell, position) === 0) continue
      bytes.write(Buffer.of(cell.readUInt8(0) ^ (1 << bit)), position)
    }
  }

  /**
   * What a power cut leaves: everything synced, then some of what was done since, in order and ending in the midst of a
   * write; with `scattered` any of it, for storage writes pages back in an order of its own.
   */
  afterPowerCut(random: Random, scattered: boolean): MemoryFile {
    const left = this.#durable?.clone() ?? this.cached.clone()
    const kept = random.below(this.#unsynced.length + 1)
    for (const [index, change] of this.#unsynced.entries()) {
      const survives = scattered ? random.below(2) === 1 : index < kept
      if (survives) apply(left, change)
      else if (index === kept && 'bytes' in change)
        left.write(change.bytes.subarray(0, random.below(change.bytes.length + 1)), change.position)
    }
    return new MemoryFile(true, left)
  }
}

function apply(bytes: PagedBytes, change: Change): void {
  if ('bytes' in change) bytes.write(change.bytes, change.position)
  else bytes.resize(change.resizedTo)
}
