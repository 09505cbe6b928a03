import type { KafkaError } from '../wire/errors.ts'

/** A record of an internal topic, key and value in Kafka's own format. A `null` value is a tombstone. */
export interface CoordinatorRecord {
  readonly key: Buffer
  readonly value: Buffer | null
}

/** The producer whose transaction records belong to, until a marker ends it. */
export interface TransactionSource {
  readonly producerId: number
  readonly producerEpoch: number
}

/** The end of a transaction, as it is written to every partition that took part. */
export interface TransactionEnd extends TransactionSource {
  readonly committed: boolean
  /** Epoch of the transaction coordinator that decided, which fences older ones. */
  readonly coordinatorEpoch: number
  /** 2 where the producer's epoch is raised with every transaction (KIP-890); 0 when left out. */
  readonly transactionVersion?: number
}

/** What a replay hands over, in the order of the log. */
export interface ReplayTarget {
  /** A record; `producerId` is -1 outside of transactions. */
  onRecord(record: CoordinatorRecord, origin: RecordOrigin): void
  /** The end of a transaction of this producer. */
  onMarker(producerId: number, committed: boolean): void
}

export interface RecordOrigin {
  readonly offset: number
  readonly timestampMs: number
  readonly producerId: number
}

/** One partition of an internal topic, as the state machine that lives on it sees it. */
export interface CoordinatorLog {
  /** Whether there is nothing to replay, so that a shard can be active at once. */
  readonly isEmpty: boolean
  /**
   * Appends all records as one batch, now, and returns the log end offset after them. Throws a `KafkaError` when
   * nothing was appended (not the leader, too few replicas, too large, disk full).
   */
  append(records: readonly CoordinatorRecord[], nowMs: number, transaction?: TransactionSource): number
  /** Appends a transaction marker, now, and returns the log end offset after it. Throws as `append` does. */
  appendMarker(end: TransactionEnd, nowMs: number): number
  /** Calls back once everything below `offset` is committed, or once it is clear that it can't be said. */
  whenCommitted(offset: number, done: (error?: KafkaError) => void): void
  /** Reads everything from the start to the end as of now. Rejects with a `KafkaError` when it can't. */
  replay(target: ReplayTarget): Promise<void>
}
