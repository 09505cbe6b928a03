import { LONGEST_THROTTLE_MS, type RateWindow } from './rate.ts'

/**
 * Tokens that come in at a steady rate, up to what comes in within a whole window. It may be emptied beyond zero in one
 * go; until it is back at zero nothing more is to be taken (KIP-599).
 *
 * Source: apache/kafka `TokenBucket`.
 */
export class TokenBucket {
  readonly #window: RateWindow
  #tokens: number | undefined
  #lastMs = 0

  constructor(window: RateWindow) {
    this.#window = window
  }

  take(count: number, perSecond: number, nowMs: number): void {
    this.#tokens = Math.min(this.tokens(perSecond, nowMs) - count, this.#most(perSecond))
    this.#lastMs = nowMs
  }

  /** Negative when more was taken than there was. */
  tokens(perSecond: number, nowMs: number): number {
    if (this.#tokens === undefined) return this.#most(perSecond)
    const added = (perSecond * (nowMs - this.#lastMs)) / 1000
    return Math.min(this.#tokens + added, this.#most(perSecond))
  }

  /** How long until it is back at zero. */
  throttleMs(perSecond: number, nowMs: number): number {
    const missingMs = Math.round((-this.tokens(perSecond, nowMs) / perSecond) * 1000)
    return Math.min(Math.max(0, missingMs), LONGEST_THROTTLE_MS)
  }

  #most(perSecond: number): number {
    return (perSecond * this.#window.sampleCount * this.#window.windowMs) / 1000
  }
}
