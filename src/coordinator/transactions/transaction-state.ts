import { TRANSACTION_STATE } from '../../replication/topic-name.ts'
import type { Logger } from '../../runtime/log.ts'
import type { CoordinatorRecord } from '../coordinator-log.ts'
import { LogState } from '../log-state.ts'
import type { Transaction } from './transaction.ts'
import { parseTransactionRecord } from './transaction-records.ts'

/** The durable state of one shard: every transactional id as its last record says. */
export class TransactionState extends LogState {
  readonly #transactions = new Map<string, Transaction>()
  readonly #open = new Set<string>()

  constructor(logger: Logger) {
    super(TRANSACTION_STATE, logger)
  }

  get transactions(): ReadonlyMap<string, Transaction> {
    return this.#transactions
  }

  /** Ids with an ongoing transaction. */
  get open(): ReadonlySet<string> {
    return this.#open
  }

  protected apply(record: CoordinatorRecord): void {
    const { transactionalId, transaction } = parseTransactionRecord(record)
    if (transaction === undefined) this.#transactions.delete(transactionalId)
    else this.#transactions.set(transactionalId, transaction)
    if (transaction?.phase === 'Ongoing') this.#open.add(transactionalId)
    else this.#open.delete(transactionalId)
  }

  /** What the log doesn't say of the step that was applied last. */
  remember({ transactionalId, lastProducerEpoch }: Transaction): void {
    const applied = this.#transactions.get(transactionalId)
    if (applied !== undefined) this.#transactions.set(transactionalId, { ...applied, lastProducerEpoch })
  }
}
