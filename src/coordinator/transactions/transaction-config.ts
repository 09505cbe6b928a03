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
