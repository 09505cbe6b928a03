import { type ProcessUsage, usageOf } from '../process-usage.ts'
import { percentile } from '../statistics.ts'
import type { Extent, LoaderAddress, LoaderResult } from './job.ts'

/** Times kept for the percentiles: those of the last so many requests. */
const KEPT_TIMES = 1 << 20

/** Counts what is done, first unmeasured, then measured, and knows when it is enough. */
export class Meter {
  isDone = false
  readonly #address: LoaderAddress
  readonly #measured: Extent
  #extent: Extent
  #measuring = false
  #startedMs = performance.now()
  #startUsage: ProcessUsage | undefined
  #startOwnCpu = process.cpuUsage()
  #requests = 0
  #bytes = 0
  readonly #times = new Float64Array(KEPT_TIMES)

  constructor(address: LoaderAddress, warmup: Extent, measured: Extent) {
    this.#address = address
    this.#extent = warmup
    this.#measured = measured
  }

  /** One request was answered; `nowMs` and `sentMs` are of `performance.now`. */
  count(bytes: number, sentMs: number, nowMs: number): void {
    this.#times[this.#requests & (KEPT_TIMES - 1)] = nowMs - sentMs
    this.#requests++
    this.#bytes += bytes
    if (this.#bytes < this.#extent.bytes && nowMs - this.#startedMs < this.#extent.ms) return
    if (this.#measuring) this.isDone = true
    else this.#beginMeasuring()
  }

  result(): LoaderResult {
    const elapsedMs = performance.now() - this.#startedMs
    const usage = usageOf(this.#address.brokerPid)
    const own = process.cpuUsage(this.#startOwnCpu)
    const times = this.#times.subarray(0, Math.min(this.#requests, KEPT_TIMES)).sort()
    return {
      requests: this.#requests,
      bytes: this.#bytes,
      elapsedMs,
      brokerCpuSeconds: usage.cpuSeconds - (this.#startUsage?.cpuSeconds ?? 0),
      brokerResidentBytes: usage.residentBytes,
      loaderCpuSeconds: (own.user + own.system) / 1e6,
      p50Ms: percentile(times, 0.5),
      p99Ms: percentile(times, 0.99),
      maxMs: percentile(times, 1),
    }
  }

  #beginMeasuring(): void {
    this.#measuring = true
    this.#extent = this.#measured
    this.#requests = 0
    this.#bytes = 0
    this.#startUsage = usageOf(this.#address.brokerPid)
    this.#startOwnCpu = process.cpuUsage()
    this.#startedMs = performance.now()
  }
}
