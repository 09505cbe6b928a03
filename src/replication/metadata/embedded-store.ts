import type { Disk } from '../../runtime/disk.ts'
import { Journal, type JournalEntry } from './journal.ts'
import {
  type MetadataChange,
  MetadataCompacted,
  type MetadataCompare,
  type MetadataItem,
  type MetadataLease,
  type MetadataPut,
  type MetadataStore,
  type MetadataTransaction,
  type MetadataWatch,
} from './store.ts'

/** How far back a watch may start, in transactions. */
const RECENT_CHANGES = 256

interface Watcher {
  readonly prefix: string
  readonly onChange: (change: MetadataChange) => void
}

/**
 * The metadata store of one process: items in memory, transactions in a journal on the disk it is given. It serves
 * a single broker, or several brokers in the same process; it is not highly available.
 *
 * Whoever holds a lease lives in this process, so a lease ends only by `revoke` or with the process. That is why
 * leased items never reach the journal.
 */
export class EmbeddedMetadataStore implements MetadataStore {
  readonly #items = new Map<string, MetadataItem>()
  readonly #watchers = new Set<Watcher>()
  readonly #leases = new Map<number, Set<string>>()
  readonly #journal: Journal
  /** The newest changes, without a gap up to the present revision. */
  readonly #recent: MetadataChange[] = []
  #revision = 0
  #nextLeaseId = 1

  private constructor(disk: Disk) {
    this.#journal = Journal.open(disk, (entry) => this.#replay(entry))
  }

  /** Opens the store in the root of `disk`, or makes an empty one there. Fails with `JournalDamaged`. */
  static open(disk: Disk): EmbeddedMetadataStore {
    return new EmbeddedMetadataStore(disk)
  }

  async range(prefix: string): Promise<{ items: readonly MetadataItem[]; revision: number }> {
    const items = [...this.#items.values()].filter((item) => item.key.startsWith(prefix))
    return { items, revision: this.#revision }
  }

  async txn(transaction: MetadataTransaction): Promise<{ applied: boolean; revision: number }> {
    const { compares = [], puts = [], deletes = [] } = transaction
    if (!compares.every((compare) => this.#holds(compare)))
      return { applied: false, revision: this.#revision }
    const revision = this.#commit(puts, deletes)
    await this.#journal.synced()
    return { applied: true, revision }
  }

  watch(prefix: string, fromRevision: number, onChange: (change: MetadataChange) => void): MetadataWatch {
    const watcher = { prefix, onChange }
    if (fromRevision < this.#revision - this.#recent.length) throw new MetadataCompacted(fromRevision)
    for (const change of this.#recent) if (change.revision > fromRevision) tell(watcher, change)
    this.#watchers.add(watcher)
    return { cancel: () => this.#watchers.delete(watcher) }
  }

  async lease(_ttlMs: number): Promise<MetadataLease> {
    const id = this.#nextLeaseId++
    this.#leases.set(id, new Set())
    return { id, revoke: () => this.#revoke(id) }
  }

  close(): Promise<void> {
    this.#watchers.clear()
    return this.#journal.close()
  }

  async #revoke(leaseId: number): Promise<void> {
    const keys = this.#leases.get(leaseId)
    this.#leases.delete(leaseId)
    if (keys !== undefined && keys.size > 0) this.#commit([], [...keys])
  }

  #holds(compare: MetadataCompare): boolean {
    const item = this.#items.get(compare.key)
    return 'createRevision' in compare
      ? (item?.createRevision ?? 0) === compare.createRevision
      : (item?.modRevision ?? 0) === compare.modRevision
  }

  #commit(puts: readonly MetadataPut[], deletes: readonly string[]): number {
    if (puts.length === 0 && deletes.length === 0) return this.#revision
    const revision = ++this.#revision
    const items = puts.map((put) => this.#put(put, revision))
    const leased = new Set(puts.filter((put) => put.lease !== undefined).map((put) => put.key))
    const durableDeletes = deletes.filter((key) => !this.#forget(key))
    const durablePuts = items.filter((item) => !leased.has(item.key))
    if (durablePuts.length > 0 || durableDeletes.length > 0)
      this.#journal.append({ revision, puts: durablePuts.map(entryOf), deletes: durableDeletes })
    if (this.#journal.wantsSnapshot) this.#journal.writeSnapshot(this.#everything())
    const change = { revision, puts: items, deletes }
    this.#recent.push(change)
    if (this.#recent.length > RECENT_CHANGES) this.#recent.shift()
    for (const watcher of this.#watchers) tell(watcher, change)
    return revision
  }

  #put({ key, value, lease }: MetadataPut, revision: number): MetadataItem {
    const createRevision = this.#items.get(key)?.createRevision ?? revision
    const item = { key, value, createRevision, modRevision: revision }
    this.#items.set(key, item)
    if (lease !== undefined) this.#leases.get(lease.id)?.add(key)
    return item
  }

  /** Deletes an item; says whether it was a leased one. */
  #forget(key: string): boolean {
    this.#items.delete(key)
    for (const keys of this.#leases.values()) if (keys.delete(key)) return true
    return false
  }

  #everything(): JournalEntry {
    const leased = new Set([...this.#leases.values()].flatMap((keys) => [...keys]))
    const durable = [...this.#items.values()].filter((item) => !leased.has(item.key))
    return { revision: this.#revision, puts: durable.map(entryOf), deletes: [] }
  }

  #replay({ revision, puts, deletes }: JournalEntry): void {
    for (const [key, value, createRevision] of puts)
      this.#items.set(key, { key, value, createRevision, modRevision: revision })
    for (const key of deletes) this.#items.delete(key)
    this.#revision = revision
  }
}

function entryOf({ key, value, createRevision }: MetadataItem): readonly [string, string, number] {
  return [key, value, createRevision]
}

function tell({ prefix, onChange }: Watcher, change: MetadataChange): void {
  const puts = change.puts.filter((item) => item.key.startsWith(prefix))
  const deletes = change.deletes.filter((key) => key.startsWith(prefix))
  if (puts.length > 0 || deletes.length > 0) onChange({ revision: change.revision, puts, deletes })
}
