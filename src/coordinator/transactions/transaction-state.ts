import type { Logger } from '../../runtime/log.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { CoordinatorRecord, RecordOrigin, ReplayTarget } from '../coordinator-log.ts'
import type { Transaction } from './transaction.ts'
import { parseTransactionRecord } from './transaction-records.ts'

/** The durable state of one shard: every transactional id as its last record says. */
export class TransactionState implements ReplayTarget {
  readonly #transactions = new Map<string, Transaction>()
  readonly #open = new Set<string>()

  constructor(private readonly logger: Logger) {}

  get transactions(): ReadonlyMap<string, Transaction> {
    return this.#transactions
  }

  /** Ids with an ongoing transaction. */
  get open(): ReadonlySet<string> {
    return this.#open
  }

  /** A record that can't be read is left out, loudly: the other ids are served all the same. */
  onRecord(record: CoordinatorRecord, { offset }: RecordOrigin): void {
    try {
      const { transactionalId, transaction } = parseTransactionRecord(record)
      if (transaction === undefined) this.#transactions.delete(transactionalId)
      else this.#transactions.set(transactionalId, transaction)
      if (transaction?.phase === 'Ongoing') this.#open.add(transactionalId)
      else this.#open.delete(transactionalId)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.logger.error({ offset, error }, 'a record of __transaction_state can not be read and is left out')
    }
  }

  /** Nothing in this topic is written within a transaction. */
  onMarker(): void {}

  /** What the log doesn't say of the step that was applied last. */
  remember({ transactionalId, lastProducerEpoch }: Transaction): void {
    const applied = this.#transactions.get(transactionalId)
    if (applied !== undefined) this.#transactions.set(transactionalId, { ...applied, lastProducerEpoch })
  }
}
