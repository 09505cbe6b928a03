import { SeededRandom } from '../../src/runtime/seeded-random.ts'

/** Repeatable choices. The n-th thing of a run has its own, so that it can be made again without the n-1 before it. */
export class Chance {
  readonly #random: SeededRandom

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
  }

  /** Of the n-th thing of a run. */
  static of(seed: number, n: number): Chance {
    return new Chance(Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(n + 1, 0xc2b2_ae35))
  }

  /** 0 to `limit` - 1. */
  below(limit: number): number {
    return this.#random.below(limit)
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  bytes(count: number): Buffer {
    return this.#random.bytes(count)
  }
}
