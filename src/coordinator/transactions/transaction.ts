/**
 * What the coordinator knows of one transactional id (KIP-98, KIP-890). A value never changes: every step of a
 * transaction is a new one, written to `__transaction_state` and taken over from there.
 *
 *     Empty ── add ──► Ongoing ── end ──► PrepareCommit | PrepareAbort ── markers ──► CompleteCommit | CompleteAbort
 *       ▲                 ▲                                                                   │
 *       └── init ─────────┴────────────────────────── add, init ──────────────────────────────┘
 *
 * Source: apache/kafka `TransactionMetadata.java`, `TransactionState.java`.
 */

export const NO_PRODUCER_ID = -1
export const NO_PRODUCER_EPOCH = -1
export const NO_TIMESTAMP = -1

const MAX_EPOCH = 0x7fff

/** By their number in the log. Those that Kafka never writes, `Dead` and `PrepareEpochFence`, are missing. */
export const transactionPhases = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
] as const
export type TransactionPhase = (typeof transactionPhases)[number]

/** Partition indexes by topic. */
export type PartitionsByTopic = ReadonlyMap<string, ReadonlySet<number>>

export const noPartitions: PartitionsByTopic = new Map()

export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface Transaction extends ProducerIdentity {
  readonly transactionalId: string
  /** The producer id before the last step; another one than now only where the ids were changed. */
  readonly previousProducerId: number
  /** The id that the producer gets once the transaction is complete, where its epochs are used up. */
  readonly nextProducerId: number
  /**
   * The epoch of which the current one is the successor, as long as its owner may ask for the same step again (KIP-360).
   * It is not in the log: after a replay such a retry is fenced, as with Kafka.
   */
  readonly lastProducerEpoch: number
  readonly timeoutMs: number
  readonly phase: TransactionPhase
  readonly partitions: PartitionsByTopic
  /** -1 while there is no transaction. */
  readonly startMs: number
  readonly lastUpdateMs: number
  /** 2 where the client raises its epoch with every transaction (KIP-890), else 0. */
  readonly clientTransactionVersion: number
}

/** How a request is decided: refused, or the transaction that is to be written (undefined: all is well as it is). */
export type Step = { readonly next: Transaction | undefined } | NeedsProducerId

/** Nothing can be decided until a fresh producer id is at hand. */
export type NeedsProducerId = 'needs producer id'

/** Its markers are still to be written: whoever comes now comes too early. */
export function isEnding({ phase }: Transaction): boolean {
  return phase === 'PrepareCommit' || phase === 'PrepareAbort'
}

/**
 * The last epoch is kept back, so that the coordinator can always fence the producer that has the one before
 * (apache/kafka `TransactionMetadata.isEpochExhausted`).
 */
export function isEpochExhausted(producerEpoch: number): boolean {
  return producerEpoch >= MAX_EPOCH - 1
}

/** Whether the epoch is the last that a client ever has under its producer id. */
export function isLastClientEpoch(producerEpoch: number): boolean {
  return producerEpoch === MAX_EPOCH - 1
}

export function includes(partitions: PartitionsByTopic, topic: string, partition: number): boolean {
  return partitions.get(topic)?.has(partition) === true
}

export function includesAll(partitions: PartitionsByTopic, others: PartitionsByTopic): boolean {
  for (const [topic, indexes] of others)
    for (const index of indexes) if (!includes(partitions, topic, index)) return false
  return true
}

export function union(partitions: PartitionsByTopic, added: PartitionsByTopic): PartitionsByTopic {
  const all = new Map(partitions)
  for (const [topic, indexes] of added) all.set(topic, new Set([...(all.get(topic) ?? []), ...indexes]))
  return all
}

/** The next step of a transaction: what isn't named stays, and the producer id so far becomes the previous one. */
export function stepOf(transaction: Transaction, changes: Partial<Transaction>): Transaction {
  return { ...transaction, ...changes, previousProducerId: transaction.producerId }
}
