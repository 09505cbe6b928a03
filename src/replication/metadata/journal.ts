import { assert } from '../../runtime/assert.ts'
import { type Disk, DiskError, type DiskFile } from '../../runtime/disk.ts'
import { crc32c } from '../../wire/crc32c.ts'
import { KafkaError } from '../../wire/errors.ts'

/** One committed transaction, or everything there was at some revision. */
export interface JournalEntry {
  readonly revision: number
  readonly puts: readonly JournalPut[]
  readonly deletes: readonly string[]
}

export type JournalPut = readonly [key: string, value: string, createRevision: number, modRevision: number]

/** The journal or snapshot is damaged in a place where a crash can't have done it. */
export class JournalDamaged extends Error {
  override readonly name = 'JournalDamaged'
}

export interface JournalOptions {
  /** Below this size a journal is not worth folding into a snapshot. */
  readonly snapshotFromBytes: number
  /** Everything that the entries so far amount to. */
  readonly everything: () => JournalEntry
}

const JOURNAL = 'metadata.journal'
const SNAPSHOT = 'metadata.snapshot'
const FRAME_PREFIX_BYTES = 8
/** The least that a frame holds: the zeros which a power cut may leave behind a file's end must not pass for one. */
const MIN_JSON_BYTES = 2

/**
 * The embedded metadata store's memory on disk: a snapshot of all items at some revision, and a journal of the
 * transactions since. Both are frames of `length uint32 · crc32c uint32 · JSON`.
 *
 * Each frame tells how much of the journal was synced when it was written. So what a power cut may have done to the
 * unsynced end, in whatever order the medium wrote it, is told from damage: the first is cut, as no transaction in it
 * was acknowledged; the second is reported and never repaired silently.
 *
 * A failed sync is final: what the file then holds is unknown, so nothing more is taken until it is read anew.
 */
export class Journal {
  readonly #disk: Disk
  readonly #options: JournalOptions
  #file: DiskFile
  #sizeBytes: number
  #syncedBytes: number
  #snapshotBytes: number
  #syncing: Promise<void> | undefined
  #unsynced = false
  #failure: KafkaError | undefined

  private constructor(disk: Disk, options: JournalOptions, sizeBytes: number, snapshotBytes: number) {
    this.#disk = disk
    this.#options = options
    this.#file = disk.openOrCreate(JOURNAL)
    this.#sizeBytes = sizeBytes
    this.#syncedBytes = 0
    this.#snapshotBytes = snapshotBytes
    // Of a journal that a dead process left behind, nobody knows how much of it is on the medium.
    this.#unsynced = sizeBytes > 0
  }

  /** Opens or makes the journal and hands every entry since the snapshot, the snapshot first, to `apply`. */
  static open(disk: Disk, apply: (entry: JournalEntry) => void, options: JournalOptions): Journal {
    const snapshot = disk.readWhole(SNAPSHOT) ?? Buffer.alloc(0)
    const fromSnapshot = readFrames(snapshot)
    if (fromSnapshot.endsAt !== snapshot.length) throw new JournalDamaged(`${SNAPSHOT} is damaged`)
    const found = disk.readWhole(JOURNAL)
    const journal = found ?? Buffer.alloc(0)
    const fromJournal = readFrames(journal)
    refuseDamage(journal, fromJournal.endsAt)
    let revision = 0
    for (const { entry } of [...fromSnapshot.frames, ...fromJournal.frames]) {
      // A crash between writing the snapshot and emptying the journal leaves entries that are in both.
      if (entry.revision <= revision) continue
      revision = entry.revision
      apply(entry)
    }
    // Not cut in place: after a power cut, what was cut off could stand behind what is written next. And not made by
    // opening it: what is synced into a file is lost with the file's name, which only the folder's sync makes lasting.
    if (found === undefined || fromJournal.endsAt !== journal.length)
      disk.replaceWhole(JOURNAL, journal.subarray(0, fromJournal.endsAt))
    return new Journal(disk, options, fromJournal.endsAt, snapshot.length)
  }

  /**
   * Writes an entry; it survives a crash of the process now, and of the machine once `synced` resolves. Throws
   * KAFKA_STORAGE_ERROR, and then the entry is not in the journal.
   */
  append(entry: JournalEntry): void {
    if (this.#failure !== undefined) throw this.#failure
    const frame = encodeFrame(entry, this.#syncedBytes)
    try {
      this.#file.writeSync([frame], this.#sizeBytes)
    } catch (error) {
      this.#cutTornFrame()
      throw storageError(error)
    }
    this.#sizeBytes += frame.length
    this.#unsynced = true
  }

  /**
   * Resolves when everything appended so far survives a power cut; callers at the same time share one sync. Rejects
   * with KAFKA_STORAGE_ERROR when that can't be said.
   */
  async synced(): Promise<void> {
    // A sync under way may have begun before the newest entry was written, so it is waited out first.
    while (this.#syncing !== undefined) await this.#syncing
    if (this.#failure !== undefined) throw this.#failure
    if (!this.#unsynced) return
    this.#unsynced = false
    this.#syncing = this.#sync()
    await this.#syncing
  }

  async close(): Promise<void> {
    try {
      while (this.#unsynced || this.#syncing !== undefined) await this.synced()
    } finally {
      this.#failure ??= new KafkaError('KAFKA_STORAGE_ERROR', 'The metadata store is closed')
      this.#file.close()
    }
  }

  async #sync(): Promise<void> {
    try {
      if (this.#wantsSnapshot && this.#wroteSnapshot(this.#options.everything())) this.#empty()
      const sizeBytes = this.#sizeBytes
      await this.#file.sync()
      this.#syncedBytes = sizeBytes
    } catch (error) {
      throw this.#fail(error)
    } finally {
      this.#syncing = undefined
    }
  }

  /** Whether the journal has grown past what it describes. */
  get #wantsSnapshot(): boolean {
    return this.#sizeBytes > this.#options.snapshotFromBytes && this.#sizeBytes > 2 * this.#snapshotBytes
  }

  /** A snapshot only spares the next opening some reading: where there is no room for it, the journal grows on. */
  #wroteSnapshot(everything: JournalEntry): boolean {
    const frame = encodeFrame(everything, 0)
    this.#snapshotBytes = Math.max(frame.length, this.#sizeBytes)
    try {
      this.#disk.replaceWhole(SNAPSHOT, frame)
    } catch (error) {
      if (error instanceof DiskError) return false
      throw error
    }
    this.#snapshotBytes = frame.length
    return true
  }

  /** Begins a new file: one cut in place could, after a power cut, have the old entries behind the new. */
  #empty(): void {
    this.#file.close()
    this.#disk.replaceWhole(JOURNAL, Buffer.alloc(0))
    this.#file = this.#disk.openOrCreate(JOURNAL)
    this.#sizeBytes = 0
    this.#syncedBytes = 0
  }

  /** A frame that was written in part, to a full disk say, is taken back, so that none comes to lie behind it. */
  #cutTornFrame(): void {
    try {
      this.#file.truncate(this.#sizeBytes)
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): KafkaError {
    this.#failure ??= storageError(error)
    return this.#failure
  }
}

function storageError(error: unknown): KafkaError {
  if (!(error instanceof DiskError)) throw error
  return new KafkaError('KAFKA_STORAGE_ERROR', `The metadata can't be written: ${error.message}`)
}

interface Frame {
  readonly entry: JournalEntry
  /** How much of the file was synced when this was written. */
  readonly syncedBytes: number
  readonly endsAt: number
}

function encodeFrame({ revision, puts, deletes }: JournalEntry, syncedBytes: number): Buffer {
  const json = Buffer.from(JSON.stringify([revision, puts, deletes, syncedBytes]))
  const frame = Buffer.allocUnsafeSlow(FRAME_PREFIX_BYTES + json.length)
  frame.writeUInt32BE(json.length, 0)
  frame.writeUInt32BE(crc32c(json, 0, json.length), 4)
  json.copy(frame, FRAME_PREFIX_BYTES)
  return frame
}

/** The frames from the start on, up to the first place where there is none. */
function readFrames(bytes: Buffer): { frames: Frame[]; endsAt: number } {
  const frames: Frame[] = []
  let at = 0
  for (let frame = frameAt(bytes, at); frame !== undefined; frame = frameAt(bytes, at)) {
    frames.push(frame)
    at = frame.endsAt
  }
  return { frames, endsAt: at }
}

/** The sound frame at a position, if there is one. */
function frameAt(bytes: Buffer, at: number): Frame | undefined {
  const start = at + FRAME_PREFIX_BYTES
  if (start > bytes.length) return undefined
  const sizeBytes = bytes.readUInt32BE(at)
  const endsAt = start + sizeBytes
  if (sizeBytes < MIN_JSON_BYTES || endsAt > bytes.length) return undefined
  if (crc32c(bytes, start, endsAt) !== bytes.readUInt32BE(at + 4)) return undefined
  return { ...parseEntry(bytes.toString('utf8', start, endsAt)), endsAt }
}

/** Refuses a journal in which a frame behind the end of the sound ones says that more than those had been synced. */
function refuseDamage(bytes: Buffer, endsAt: number): void {
  for (let at = endsAt + 1; at + FRAME_PREFIX_BYTES < bytes.length; at++) {
    const frame = frameAt(bytes, at)
    if (frame !== undefined && frame.syncedBytes > endsAt)
      throw new JournalDamaged(`${JOURNAL} is damaged at byte ${endsAt}`)
  }
}

function parseEntry(json: string): { entry: JournalEntry; syncedBytes: number } {
  const parsed: unknown = JSON.parse(json)
  assert(Array.isArray(parsed), 'a journal entry is an array')
  const [revision, puts, deletes, syncedBytes]: unknown[] = parsed
  assert(typeof revision === 'number', 'a journal entry starts with its revision')
  assert(Array.isArray(puts) && Array.isArray(deletes), 'a journal entry lists puts and deletes')
  assert(typeof syncedBytes === 'number', 'a journal entry ends with what was synced before it')
  return { entry: { revision, puts: puts.map(parsePut), deletes: deletes.map(String) }, syncedBytes }
}

function parsePut(put: unknown): JournalPut {
  assert(Array.isArray(put), 'a put is an array')
  const [key, value, createRevision, modRevision]: unknown[] = put
  assert(typeof key === 'string' && typeof value === 'string', 'a put starts with key and value')
  assert(typeof createRevision === 'number' && typeof modRevision === 'number', 'a put ends with revisions')
  return [key, value, createRevision, modRevision]
}
