import type { Clock } from '../../runtime/clock.ts'
import { produce } from '../../wire/apis/produce.ts'
import type { Api } from '../../wire/schema/api.ts'
import type { Connection } from '../connection.ts'
import type { Exchange } from '../exchange.ts'
import type { ClientQuotas } from './client-quotas.ts'

/** Puts quotas between handlers and connections: tells clients to be silent, and reads nothing of them meanwhile. */
export class Throttling {
  constructor(
    private readonly quotas: ClientQuotas,
    private readonly clock: Clock,
  ) {}

  get isActive(): boolean {
    return this.quotas.isActive
  }

  /** Now, for `answered` to know how long a request took. */
  start(): number {
    return this.quotas.countsTime ? this.clock.monotonicMs() : 0
  }

  /** Counts the time that a request has taken since `start`, apart from what it waited. */
  worked(exchange: Exchange, startMs: number): void {
    if (this.quotas.countsTime) exchange.workedMs += this.clock.monotonicMs() - startMs
  }

  /** The answer as the client gets it: with the time that it has to be silent for. */
  answered(api: Api, exchange: Exchange, connection: Connection, answer: unknown): unknown {
    const delayMs = Math.max(
      throttleTimeOf(answer),
      api.key === produce.key ? this.quotas.produced(exchange, exchange.sizeBytes) : 0,
      this.quotas.countsTime ? this.quotas.worked(exchange, exchange.workedMs) : 0,
    )
    if (delayMs === 0) return answer
    this.#silence(connection, delayMs)
    return typeof answer === 'object' && answer !== null ? { ...answer, throttleTimeMs: delayMs } : answer
  }

  #silence(connection: Connection, delayMs: number): void {
    connection.mute()
    const timer = this.clock.setTimer(delayMs, () => {
      forgetClose()
      connection.unmute()
    })
    const forgetClose = connection.onClose(() => timer.cancel())
  }
}

/** What the handler found by itself. */
function throttleTimeOf(answer: unknown): number {
  if (typeof answer !== 'object' || answer === null || !('throttleTimeMs' in answer)) return 0
  return typeof answer.throttleTimeMs === 'number' ? answer.throttleTimeMs : 0
}
