/** What an operator may set, in Kafka's terms. */
export interface TransactionConfig {
  /** transaction.max.timeout.ms */
  readonly maxTimeoutMs: number
  /** transaction.abort.timed.out.transaction.cleanup.interval.ms */
  readonly timeoutCheckIntervalMs: number
  /** transactional.id.expiration.ms */
  readonly idExpirationMs: number
  /** transaction.remove.expired.transaction.cleanup.interval.ms */
  readonly idExpirationCheckIntervalMs: number
  /** add.partitions.to.txn.retry.backoff.max.ms: how long a request waits for the transaction before to end. */
  readonly endingPatienceMs: number
  /** transaction.two.phase.commit.enable */
  readonly twoPhaseCommitEnable: boolean
}

/** Kafka's defaults. */
export const defaultTransactionConfig: TransactionConfig = {
  maxTimeoutMs: 900_000,
  timeoutCheckIntervalMs: 10_000,
  idExpirationMs: 604_800_000,
  idExpirationCheckIntervalMs: 3_600_000,
  endingPatienceMs: 100,
  twoPhaseCommitEnable: false,
}
