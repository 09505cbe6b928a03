import { assert } from '../../runtime/assert.ts'
import type { Disk, DiskFile } from '../../runtime/disk.ts'
import { crc32c } from '../../wire/crc32c.ts'

/** One committed transaction, as the journal keeps it. */
export interface JournalEntry {
  readonly revision: number
  /** Key, value and create revision of each put. */
  readonly puts: readonly (readonly [key: string, value: string, createRevision: number])[]
  readonly deletes: readonly string[]
}

/** The journal or snapshot is damaged in a place where a crash can't have done it. */
export class JournalDamaged extends Error {
  override readonly name = 'JournalDamaged'
}

const JOURNAL = 'metadata.journal'
const SNAPSHOT = 'metadata.snapshot'
const FRAME_PREFIX_BYTES = 8
/** Below this size a journal is not worth folding into a snapshot. */
const COMPACT_FROM_BYTES = 1024 * 1024

/**
 * The embedded metadata store's memory on disk: a snapshot of all items at some revision, and a journal of the
 * transactions since. Both are frames of `length uint32 · crc32c uint32 · JSON`. A torn last frame is cut, as the
 * transaction in it was never acknowledged; damage anywhere else is reported, never repaired silently.
 */
export class Journal {
  readonly #disk: Disk
  readonly #file: DiskFile
  #sizeBytes: number
  #snapshotBytes: number
  #syncing: Promise<void> | undefined
  #unsynced = false

  private constructor(disk: Disk, file: DiskFile, sizeBytes: number, snapshotBytes: number) {
    this.#disk = disk
    this.#file = file
    this.#sizeBytes = sizeBytes
    this.#snapshotBytes = snapshotBytes
  }

  /** Opens or makes the journal and hands every entry since the snapshot, the snapshot first, to `apply`. */
  static open(disk: Disk, apply: (entry: JournalEntry) => void): Journal {
    const snapshot = disk.readWhole(SNAPSHOT) ?? Buffer.alloc(0)
    const fromSnapshot = readFrames(snapshot, SNAPSHOT)
    if (fromSnapshot.endsAt !== snapshot.length) throw new JournalDamaged(`${SNAPSHOT} is cut short`)
    const journal = disk.readWhole(JOURNAL) ?? Buffer.alloc(0)
    const fromJournal = readFrames(journal, JOURNAL)
    let revision = 0
    for (const entry of [...fromSnapshot.entries, ...fromJournal.entries]) {
      // A crash between writing the snapshot and emptying the journal leaves entries that are in both.
      if (entry.revision <= revision) continue
      revision = entry.revision
      apply(entry)
    }
    const file = disk.openOrCreate(JOURNAL)
    if (fromJournal.endsAt !== journal.length) file.truncate(fromJournal.endsAt)
    return new Journal(disk, file, fromJournal.endsAt, snapshot.length)
  }

  /** Writes an entry; it survives a crash of the process now, and of the machine once `synced` resolves. */
  append(entry: JournalEntry): void {
    const frame = encodeFrame(entry)
    this.#file.writeSync([frame], this.#sizeBytes)
    this.#sizeBytes += frame.length
    this.#unsynced = true
  }

  /** Resolves when everything appended so far survives a power cut. Callers at the same time share one sync. */
  async synced(): Promise<void> {
    // A sync under way may have begun before the newest entry was written, so it is waited out first.
    while (this.#syncing !== undefined) await this.#syncing
    if (!this.#unsynced) return
    this.#unsynced = false
    this.#syncing = this.#file.sync()
    try {
      await this.#syncing
    } finally {
      this.#syncing = undefined
    }
  }

  /** Whether the journal has grown past what it describes, so that a snapshot is due. */
  get wantsSnapshot(): boolean {
    return this.#sizeBytes > COMPACT_FROM_BYTES && this.#sizeBytes > 2 * this.#snapshotBytes
  }

  /** Replaces snapshot and journal by one snapshot holding `everything`. */
  writeSnapshot(everything: JournalEntry): void {
    const frame = encodeFrame(everything)
    this.#disk.replaceWhole(SNAPSHOT, frame)
    this.#file.truncate(0)
    this.#sizeBytes = 0
    this.#snapshotBytes = frame.length
  }

  async close(): Promise<void> {
    await this.synced()
    this.#file.close()
  }
}

function encodeFrame(entry: JournalEntry): Buffer {
  const json = Buffer.from(JSON.stringify([entry.revision, entry.puts, entry.deletes]))
  const frame = Buffer.allocUnsafeSlow(FRAME_PREFIX_BYTES + json.length)
  frame.writeUInt32BE(json.length, 0)
  frame.writeUInt32BE(crc32c(json, 0, json.length), 4)
  json.copy(frame, FRAME_PREFIX_BYTES)
  return frame
}

function readFrames(bytes: Buffer, path: string): { entries: JournalEntry[]; endsAt: number } {
  const entries: JournalEntry[] = []
  let at = 0
  while (at + FRAME_PREFIX_BYTES <= bytes.length) {
    const end = at + FRAME_PREFIX_BYTES + bytes.readUInt32BE(at)
    if (end > bytes.length) break
    if (crc32c(bytes, at + FRAME_PREFIX_BYTES, end) !== bytes.readUInt32BE(at + 4)) {
      if (end === bytes.length) break
      throw new JournalDamaged(`${path} is damaged at byte ${at}`)
    }
    entries.push(parseEntry(bytes.toString('utf8', at + FRAME_PREFIX_BYTES, end)))
    at = end
  }
  return { entries, endsAt: at }
}

function parseEntry(json: string): JournalEntry {
  const parsed: unknown = JSON.parse(json)
  assert(Array.isArray(parsed), 'a journal entry is an array')
  const [revision, puts, deletes]: unknown[] = parsed
  assert(typeof revision === 'number', 'a journal entry starts with its revision')
  assert(Array.isArray(puts) && Array.isArray(deletes), 'a journal entry lists puts and deletes')
  return { revision, puts: puts.map(parsePut), deletes: deletes.map(String) }
}

function parsePut(put: unknown): readonly [string, string, number] {
  assert(Array.isArray(put), 'a put is an array')
  const [key, value, createRevision]: unknown[] = put
  assert(
    typeof key === 'string' && typeof value === 'string' && typeof createRevision === 'number',
    'a put is key, value and create revision',
  )
  return [key, value, createRevision]
}
