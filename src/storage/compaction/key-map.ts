/**
 * The last offset of every key in a stretch of a log: compaction's memory. Keys are kept as 128 bits of their SHA-256, so
 * an entry takes 24 bytes whatever the key's length. Open addressing with linear probing; deletes don't happen.
 *
 * Kafka's map takes all of `log.cleaner.dedupe.buffer.size` for good (`SkimpyOffsetMap.java`). This one grows with the
 * keys and never beyond it: it is made of parts that grow one by one, so growing neither takes long at a time nor needs
 * much more memory than what it grows to.
 */
import { hash } from 'node:crypto'
import { assert } from '../../runtime/assert.ts'

const ENTRY_BYTES = 24
const WORDS = 4
/** Maps with room for fewer entries are not divided. */
const DIVIDED_FROM = 65_536
const PARTS = 64
const FIRST_SLOTS = 256
/** A part that is fuller grows, as long as it may. */
const GROW_AT = 0.7

export class KeyMap {
  /** Up to this offset, that one included, keys are in the map. */
  latestOffset = -1
  readonly #entriesMax: number
  readonly #parts: Part[] = []
  /** The hash of the key that was looked for last. */
  readonly #hash = new Uint32Array(WORDS)
  #size = 0

  /** Room for `maxBytes` of entries, of which the share `loadFactor` is used. */
  constructor(maxBytes: number, loadFactor: number) {
    const slots = Math.floor(maxBytes / ENTRY_BYTES)
    const parts = slots < DIVIDED_FROM ? 1 : PARTS
    this.#entriesMax = Math.floor(slots * Math.min(loadFactor, 1))
    for (let index = 0; index < parts; index++) this.#parts.push(new Part(Math.floor(slots / parts)))
    assert(this.#entriesMax >= 1, 'the key map has room for a key')
  }

  get size(): number {
    return this.#size
  }

  /** What its entries take, free places included. */
  get heldBytes(): number {
    return this.#parts.reduce((total, part) => total + part.slots * ENTRY_BYTES, 0)
  }

  /** Notes the offset of a key; `false` if there is no room for one more. */
  put(bytes: Uint8Array, at: number, length: number, offset: number): boolean {
    const part = this.#locate(bytes, at, length)
    const added = part.put(this.#hash, offset, this.#size < this.#entriesMax)
    if (added === 'full') return false
    if (added === 'new') this.#size++
    return true
  }

  /** The last offset that was noted for a key, -1 if there is none. */
  get(bytes: Uint8Array, at: number, length: number): number {
    return this.#locate(bytes, at, length).get(this.#hash)
  }

  #locate(bytes: Uint8Array, at: number, length: number): Part {
    // As text of one character a byte: twice as fast as through a buffer.
    const digest = hash('sha256', bytes.subarray(at, at + length), 'binary')
    for (let word = 0; word < WORDS; word++) {
      const from = word * 4
      this.#hash[word] =
        digest.charCodeAt(from) |
        (digest.charCodeAt(from + 1) << 8) |
        (digest.charCodeAt(from + 2) << 16) |
        (digest.charCodeAt(from + 3) << 24)
    }
    const part = this.#parts[digest.charCodeAt(WORDS * 4) % this.#parts.length]
    assert(part !== undefined, 'a key map has parts')
    return part
  }
}

class Part {
  readonly #slotsMax: number
  #hashes = new Uint32Array(0)
  /** One more than the offset; 0 for a free place. */
  #offsets = new Float64Array(0)
  #size = 0

  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax
  }

  get slots(): number {
    return this.#offsets.length
  }

  put(key: Uint32Array, offset: number, mayAdd: boolean): 'new' | 'known' | 'full' {
    if (this.#size >= this.slots * GROW_AT && this.slots < this.#slotsMax) this.#grow()
    const slot = this.#find(key)
    if (slot === -1) return 'full'
    if (this.#offsets[slot] !== 0) {
      this.#offsets[slot] = offset + 1
      return 'known'
    }
    // One place stays free, so that looking for an unknown key comes to an end.
    if (!mayAdd || (this.#size + 1 >= this.slots && this.slots > 1)) return 'full'
    this.#hashes.set(key, slot * WORDS)
    this.#offsets[slot] = offset + 1
    this.#size++
    return 'new'
  }

  get(key: Uint32Array): number {
    const slot = this.#find(key)
    return slot === -1 ? -1 : (this.#offsets[slot] ?? 0) - 1
  }

  /** The place of the key, or the free one where it belongs; -1 if there is none. */
  #find(key: Uint32Array): number {
    const hashes = this.#hashes
    let slot = (key[0] ?? 0) % this.slots
    for (let tries = this.slots; tries > 0; tries--) {
      if (this.#offsets[slot] === 0) return slot
      const at = slot * WORDS
      const isSame =
        hashes[at] === key[0] &&
        hashes[at + 1] === key[1] &&
        hashes[at + 2] === key[2] &&
        hashes[at + 3] === key[3]
      if (isSame) return slot
      slot = slot + 1 === this.slots ? 0 : slot + 1
    }
    return -1
  }

  #grow(): void {
    const hashes = this.#hashes
    const offsets = this.#offsets
    const slots = Math.min(this.#slotsMax, Math.max(FIRST_SLOTS, offsets.length * 2))
    this.#hashes = new Uint32Array(slots * WORDS)
    this.#offsets = new Float64Array(slots)
    for (let slot = 0; slot < offsets.length; slot++) {
      const offset = offsets[slot]
      if (offset === undefined || offset === 0) continue
      const key = hashes.subarray(slot * WORDS, (slot + 1) * WORDS)
      const place = this.#find(key)
      this.#hashes.set(key, place * WORDS)
      this.#offsets[place] = offset
    }
  }
}
