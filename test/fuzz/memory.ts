import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage: unknown = runInNewContext('gc')

const MIB = 1024 * 1024
/** What a broker's caches may hold that fill up during a run: the tails of logs, sessions, producers. */
const ALLOWED_GROWTH_BYTES = 160 * MIB
/** Samples before it is said what is normal. */
const WARM_UP = 3

interface Sample {
  readonly heapBytes: number
  /** Heap and buffers, without what the broker's files have when they are in memory. */
  readonly ownBytes: number
  readonly rssBytes: number
}

/** Memory of this process over time, garbage collected. */
export class Memory {
  readonly #samples: Sample[] = []

  sample(diskBytes: number): void {
    if (typeof collectGarbage === 'function') collectGarbage()
    const { heapUsed, external, rss } = process.memoryUsage()
    this.#samples.push({ heapBytes: heapUsed, ownBytes: heapUsed + external - diskBytes, rssBytes: rss })
  }

  /** Whether the last samples are not above the first ones by more than caches explain. */
  get isBounded(): boolean {
    const usual = this.#samples[WARM_UP]
    const last = this.#samples.at(-1)
    return usual === undefined || last === undefined || last.ownBytes < usual.ownBytes + ALLOWED_GROWTH_BYTES
  }

  get history(): string {
    return this.#samples.map(({ ownBytes }) => megabytes(ownBytes)).join(' ')
  }

  toString(): string {
    const last = this.#samples.at(-1)
    if (last === undefined) return 'memory not watched'
    const { heapBytes, ownBytes, rssBytes } = last
    return `heap ${megabytes(heapBytes)}, with buffers ${megabytes(ownBytes)}, rss ${megabytes(rssBytes)} MiB`
  }
}

function megabytes(sizeBytes: number): string {
  return (sizeBytes / MIB).toFixed(0)
}
