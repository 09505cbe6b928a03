/** The longest that an answer can tell: a client of a tiny quota may owe more. */
export const LONGEST_THROTTLE_MS = 0x7fff_ffff

/** Over how long a rate is taken: `sampleCount` samples of `windowMs` each. */
export interface RateWindow {
  readonly sampleCount: number
  readonly windowMs: number
}

interface Sample {
  startMs: number
  lastMs: number
  sum: number
}

/**
 * A rate per second over the last samples, of which the newest grows still. As long as there are fewer, the rate is
 * taken as if the missing ones had been empty: a burst counts against the whole window from the start.
 *
 * Source: apache/kafka `SampledStat`, `Rate`.
 */
export class Rate {
  readonly #window: RateWindow
  readonly #samples: Sample[] = []
  #current = 0

  constructor(window: RateWindow) {
    this.#window = window
  }

  record(value: number, nowMs: number): void {
    const sample = this.#sampleAt(nowMs)
    sample.sum += value
    sample.lastMs = nowMs
  }

  perSecond(nowMs: number): number {
    const spanMs = this.spanMs(nowMs)
    return (this.#samples.reduce((sum, sample) => sum + sample.sum, 0) / spanMs) * 1000
  }

  /** The time that the rate is over. */
  spanMs(nowMs: number): number {
    const { sampleCount, windowMs } = this.#window
    this.#forgetOld(nowMs)
    const oldestMs = this.#samples.reduce((oldest, { startMs }) => Math.min(oldest, startMs), nowMs)
    const elapsedMs = nowMs - oldestMs
    const missing = sampleCount - 1 - Math.floor(elapsedMs / windowMs)
    return Math.max(elapsedMs + Math.max(missing, 0) * windowMs, 1)
  }

  #sampleAt(nowMs: number): Sample {
    const current = this.#samples[this.#current]
    if (current === undefined) return this.#startAt(0, nowMs)
    if (nowMs - current.startMs < this.#window.windowMs) return current
    // One more than the window holds, as the oldest overlaps its beginning.
    this.#current = (this.#current + 1) % (this.#window.sampleCount + 1)
    return this.#startAt(this.#current, nowMs)
  }

  #startAt(index: number, nowMs: number): Sample {
    const sample = { startMs: nowMs, lastMs: nowMs, sum: 0 }
    this.#samples[index] = sample
    return sample
  }

  #forgetOld(nowMs: number): void {
    const { sampleCount, windowMs } = this.#window
    for (const sample of this.#samples) {
      if (nowMs - sample.lastMs < sampleCount * windowMs) continue
      sample.startMs = nowMs
      sample.lastMs = nowMs
      sample.sum = 0
    }
  }
}

/** How long a client has to be silent for its rate to come down to the limit. */
export function throttleMs(rate: Rate, limitPerSecond: number, nowMs: number): number {
  const perSecond = rate.perSecond(nowMs)
  if (perSecond <= limitPerSecond) return 0
  const overdueMs = Math.round(((perSecond - limitPerSecond) / limitPerSecond) * rate.spanMs(nowMs))
  return Math.min(overdueMs, LONGEST_THROTTLE_MS)
}
