/** A map that can be forked: the fork reads the map that it comes from until it is first written to. */
export class ForkedMap<K, V> {
  #map: Map<K, V>
  #isOwn: boolean

  constructor(map = new Map<K, V>(), isOwn = true) {
    this.#map = map
    this.#isOwn = isOwn
  }

  /** Reads this map as long as neither of the two is written to; only the fork may be from then on. */
  fork(): ForkedMap<K, V> {
    return new ForkedMap(this.#map, false)
  }

  get size(): number {
    return this.#map.size
  }

  get(key: K): V | undefined {
    return this.#map.get(key)
  }

  has(key: K): boolean {
    return this.#map.has(key)
  }

  keys(): IterableIterator<K> {
    return this.#map.keys()
  }

  values(): IterableIterator<V> {
    return this.#map.values()
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#map.entries()
  }

  set(key: K, value: V): void {
    this.#writable().set(key, value)
  }

  delete(key: K): void {
    if (this.#map.has(key)) this.#writable().delete(key)
  }

  #writable(): Map<K, V> {
    if (!this.#isOwn) this.#map = new Map(this.#map)
    this.#isOwn = true
    return this.#map
  }
}
