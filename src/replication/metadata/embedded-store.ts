import { assert } from '../../runtime/assert.ts'
import type { Disk } from '../../runtime/disk.ts'
import { Journal, type JournalEntry, type JournalPut } from './journal.ts'
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
const SNAPSHOT_FROM_BYTES = 1024 * 1024

interface Watcher {
  readonly prefix: string
  /** What was changed up to this revision it knows already. */
  readonly fromRevision: number
  readonly onChange: (change: MetadataChange) => void
}

/**
 * The metadata store of one process: items in memory, transactions in a journal on the disk it is given. It serves
 * a single broker, or several brokers in the same process; it is not highly available.
 *
 * Whoever holds a lease lives in this process, so a lease ends only by `revoke` or with the process. That is why
 * leased items never reach the journal; their revisions do, so that none is given twice.
 *
 * A change is told to the watchers, and acknowledged, when it is synced: no client sees what a power cut may take back.
 * What can't be written changes nothing; after a failed sync nothing more is told, and changes are refused with
 * KAFKA_STORAGE_ERROR.
 */
export class EmbeddedMetadataStore implements MetadataStore {
  readonly #items = new Map<string, MetadataItem>()
  readonly #watchers = new Set<Watcher>()
  readonly #leases = new Map<number, Set<string>>()
  readonly #journal: Journal
  /** The newest changes that were told, without a gap up to the last of them. */
  readonly #recent: MetadataChange[] = []
  /** Changes that are written and not synced yet, and so not told. */
  readonly #untold: MetadataChange[] = []
  #revision = 0
  #nextLeaseId = 1

  private constructor(disk: Disk, snapshotFromBytes: number) {
    const everything = () => this.#everything()
    this.#journal = Journal.open(disk, (entry) => this.#replay(entry), { snapshotFromBytes, everything })
  }

  /**
   * Opens the store in the root of `disk`, or makes an empty one there. Fails with `JournalDamaged`. From a journal of
   * `snapshotFromBytes` on, it is folded into a snapshot.
   */
  static open(disk: Disk, snapshotFromBytes: number = SNAPSHOT_FROM_BYTES): EmbeddedMetadataStore {
    return new EmbeddedMetadataStore(disk, snapshotFromBytes)
  }

  async range(prefix: string): Promise<{ items: readonly MetadataItem[]; revision: number }> {
    const items = [...this.#items.values()].filter((item) => item.key.startsWith(prefix))
    return { items, revision: this.#revision }
  }

  async txn(transaction: MetadataTransaction): Promise<{ applied: boolean; revision: number }> {
    const { compares = [], puts = [], deletes = [] } = transaction
    if (!compares.every((compare) => this.#holds(compare))) {
      const revision = this.#revision
      // Whoever tries again must see what it was refused for.
      await this.#synced(revision)
      return { applied: false, revision }
    }
    const revision = this.#commit(puts, deletes)
    await this.#synced(revision)
    return { applied: true, revision }
  }

  watch(prefix: string, fromRevision: number, onChange: (change: MetadataChange) => void): MetadataWatch {
    const watcher = { prefix, fromRevision, onChange }
    const toldRevision = this.#revision - this.#untold.length
    if (fromRevision < toldRevision - this.#recent.length) throw new MetadataCompacted(fromRevision)
    for (const change of this.#recent) tell(watcher, change)
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
    if (keys === undefined) return
    const revision = keys.size > 0 ? this.#commit([], [...keys]) : this.#revision
    this.#leases.delete(leaseId)
    await this.#synced(revision)
  }

  #holds(compare: MetadataCompare): boolean {
    const item = this.#items.get(compare.key)
    return 'createRevision' in compare
      ? (item?.createRevision ?? 0) === compare.createRevision
      : (item?.modRevision ?? 0) === compare.modRevision
  }

  /** Writes first: what can't be written must not be seen by anybody. */
  #commit(puts: readonly MetadataPut[], deletes: readonly string[]): number {
    if (puts.length === 0 && deletes.length === 0) return this.#revision
    const revision = this.#revision + 1
    this.#journal.append(this.#entryOf(revision, puts, deletes))
    this.#revision = revision
    for (const key of deletes) this.#forget(key)
    const values = new SharedValues()
    const change = { revision, puts: puts.map((put) => this.#put(put, revision, values)), deletes }
    this.#untold.push(change)
    return revision
  }

  /** Resolves when everything up to a revision is synced, and the watchers have been told of it, in order. */
  async #synced(revision: number): Promise<void> {
    await this.#journal.synced()
    for (
      let next = this.#untold[0];
      next !== undefined && next.revision <= revision;
      next = this.#untold[0]
    ) {
      this.#untold.shift()
      this.#recent.push(next)
      if (this.#recent.length > RECENT_CHANGES) this.#recent.shift()
      for (const watcher of this.#watchers) tell(watcher, next)
    }
  }

  /** What of a transaction outlives the process: of a leased item, that there is no other under its key. */
  #entryOf(revision: number, puts: readonly MetadataPut[], deletes: readonly string[]): JournalEntry {
    const durable: JournalPut[] = []
    const gone = [...deletes]
    for (const { key, value, lease } of puts) {
      assert(lease === undefined || this.#leases.has(lease.id), `lease ${lease?.id} has ended`)
      assert(!deletes.includes(key), `${key} is put and deleted by one transaction`)
      if (lease === undefined) durable.push([key, value, this.#createRevision(key) ?? revision, revision])
      else gone.push(key)
    }
    return { revision, puts: durable, deletes: gone }
  }

  #put({ key, value, lease }: MetadataPut, revision: number, values: SharedValues): MetadataItem {
    const createRevision = this.#createRevision(key) ?? revision
    const item = { key, value: values.of(value), createRevision, modRevision: revision }
    this.#forget(key)
    this.#items.set(key, item)
    if (lease !== undefined) this.#leases.get(lease.id)?.add(key)
    return item
  }

  #createRevision(key: string): number | undefined {
    return this.#items.get(key)?.createRevision
  }

  #forget(key: string): void {
    this.#items.delete(key)
    for (const keys of this.#leases.values()) keys.delete(key)
  }

  #everything(): JournalEntry {
    const leased = new Set([...this.#leases.values()].flatMap((keys) => [...keys]))
    const durable = [...this.#items.values()].filter((item) => !leased.has(item.key))
    return { revision: this.#revision, puts: durable.map(putOf), deletes: [] }
  }

  #replay({ revision, puts, deletes }: JournalEntry): void {
    for (const key of deletes) this.#items.delete(key)
    const values = new SharedValues()
    for (const [key, value, createRevision, modRevision] of puts)
      this.#items.set(key, { key, value: values.of(value), createRevision, modRevision })
    this.#revision = revision
  }
}

/** The values of one transaction: most partitions of a broker have the same, and then it is one string. */
class SharedValues {
  readonly #values = new Map<string, string>()

  of(value: string): string {
    const known = this.#values.get(value)
    if (known === undefined) this.#values.set(value, value)
    return known ?? value
  }
}

function putOf({ key, value, createRevision, modRevision }: MetadataItem): JournalPut {
  return [key, value, createRevision, modRevision]
}

function tell({ prefix, fromRevision, onChange }: Watcher, change: MetadataChange): void {
  if (change.revision <= fromRevision) return
  const puts = change.puts.filter((item) => item.key.startsWith(prefix))
  const deletes = change.deletes.filter((key) => key.startsWith(prefix))
  if (puts.length > 0 || deletes.length > 0) onChange({ revision: change.revision, puts, deletes })
}
