import type { Logger } from '../runtime/log.ts'
import { WireError } from '../wire/wire-error.ts'
import type { CoordinatorRecord, RecordOrigin, ReplayTarget } from './coordinator-log.ts'

/** What the records of one partition of an internal topic come to. */
export abstract class LogState implements ReplayTarget {
  readonly #topic: string
  protected readonly logger: Logger

  constructor(topic: string, logger: Logger) {
    this.#topic = topic
    this.logger = logger
  }

  /** A record that can't be read is left out, loudly: who doesn't depend on it is served all the same. */
  onRecord(record: CoordinatorRecord, origin: RecordOrigin): void {
    try {
      this.apply(record, origin)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      const { offset } = origin
      this.logger.error({ topic: this.#topic, offset, error }, 'a record can not be read and is left out')
    }
  }

  /** Where nothing is written within transactions, none ends. */
  onMarker(_producerId: number, _committed: boolean): void {}

  /** Throws a `WireError` for what is no record of this topic. */
  protected abstract apply(record: CoordinatorRecord, origin: RecordOrigin): void
}
