/**
 * Where a cluster keeps what it must agree on: who lives, who leads, topics, configs, producer-id blocks. Keys are
 * paths, values are text. All changes go through guarded transactions, so safety never rests on a lock or a clock.
 *
 * Every transaction that changes something raises the store's revision by one. A key's create revision is that of
 * the transaction that made it, its mod revision that of the last one that put it.
 */
export interface MetadataStore {
  /** All items whose key starts with `prefix`, and the revision at which this was so. */
  range(prefix: string): Promise<{ items: readonly MetadataItem[]; revision: number }>
  /**
   * Applies all puts and deletes if every compare holds, else none. Resolves when the outcome is durable and the
   * watchers in this process have seen it. A rejection means that the outcome is unknown: re-read.
   */
  txn(transaction: MetadataTransaction): Promise<{ applied: boolean; revision: number }>
  /**
   * Reports every transaction after `fromRevision` that touches `prefix`, in revision order, each as a whole.
   * Throws `MetadataCompacted` when the store no longer remembers that far back: list the range again.
   */
  watch(prefix: string, fromRevision: number, onChange: (change: MetadataChange) => void): MetadataWatch
  /** Keys put with a lease are deleted when it ends: by `revoke`, or because its holder was not heard of for `ttlMs`. */
  lease(ttlMs: number): Promise<MetadataLease>
  close(): Promise<void>
}

export interface MetadataItem {
  readonly key: string
  readonly value: string
  readonly createRevision: number
  readonly modRevision: number
}

export interface MetadataTransaction {
  readonly compares?: readonly MetadataCompare[]
  readonly puts?: readonly MetadataPut[]
  readonly deletes?: readonly string[]
}

/** A revision of 0 holds when the key does not exist. */
export type MetadataCompare =
  | { readonly key: string; readonly createRevision: number }
  | { readonly key: string; readonly modRevision: number }

export interface MetadataPut {
  readonly key: string
  readonly value: string
  readonly lease?: MetadataLease
}

export interface MetadataChange {
  readonly revision: number
  readonly puts: readonly MetadataItem[]
  readonly deletes: readonly string[]
}

export interface MetadataWatch {
  cancel(): void
}

export interface MetadataLease {
  readonly id: number
  revoke(): Promise<void>
}

/** A watch was to start from a revision that the store has forgotten. */
export class MetadataCompacted extends Error {
  override readonly name = 'MetadataCompacted'

  constructor(revision: number) {
    super(`changes since revision ${revision} are no longer known`)
  }
}
