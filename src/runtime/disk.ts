/**
 * Files, as the broker sees them. Paths use `/` on every platform and are relative to the disk's own root.
 *
 * What blocks for microseconds at most is synchronous (opening, renaming, reading a directory, writing a little to
 * the page cache): a trip through the thread pool costs more than the work. What may wait for hardware is a promise.
 * A failure is a `DiskError`.
 */
export interface Disk {
  /** Opens an existing file, or fails with `NOT_FOUND`. */
  open(path: string): DiskFile
  /** Opens a file, making it (empty) if it is not there. The folder must exist. */
  openOrCreate(path: string): DiskFile
  /** Length of a file in bytes; `undefined` if there is none. */
  sizeOf(path: string): number | undefined
  /** The whole content of a small file; `undefined` if there is none. */
  readWhole(path: string): Buffer | undefined
  /** Makes a small file, or overwrites it in place, in the page cache only: a power cut may leave anything of it. */
  writeWhole(path: string, content: Buffer | string): void
  /**
   * Replaces a small file so that a crash leaves the old or the new content, never a mixture: written beside,
   * synced, renamed over, folder synced.
   */
  replaceWhole(path: string, content: Buffer | string): void
  /** As `replaceWhole`, off the main thread. One at a time for each path. */
  replaceWholeAsync(path: string, content: Buffer | string): Promise<void>
  /** Names in a folder, sorted; empty if the folder is not there. */
  list(folder: string): DiskEntry[]
  makeFolder(folder: string): void
  /** Renames a file or folder. On Windows a file must not be open; close it first. */
  rename(from: string, to: string): void
  /** Removes a file if it is there. */
  remove(path: string): void
  /** As `remove`, off the main thread: freeing a large file's blocks takes long. */
  removeAsync(path: string): Promise<void>
  /** Removes a folder and all that is in it, if it is there. May take long for large files. */
  removeFolder(folder: string): Promise<void>
  /** Makes renames, creations and removals in a folder survive a power cut, where the platform can. */
  syncFolder(folder: string): Promise<void>
  /** Bytes that can still be written and the size of the volume; `undefined` where the platform can't tell. */
  space(): { freeBytes: number; totalBytes: number } | undefined
  /**
   * Claims the disk's root for this process until `release`; fails with `LOCKED` while another live process
   * holds it, naming that process. A lock left by a dead process is taken over.
   */
  lock(path: string): DiskLock
}

export interface DiskEntry {
  readonly name: string
  readonly isFolder: boolean
}

export interface DiskLock {
  /**
   * Whether the machine has been restarted since the previous holder took the lock: what that holder had written but
   * not synced may then be lost, while after a mere death of the process the page cache still has it. `undefined`
   * when nobody held it before, when the holder released it, or when the platform can't tell.
   */
  readonly machineRestarted: boolean | undefined
  release(): void
}

/** An open file. Positions are absolute; there is no cursor. */
export interface DiskFile {
  /** Current length of the file in bytes. */
  sizeBytes(): number
  /** Reads up to `target.length` bytes at `position`, now. Returns how many there were before the end of the file. */
  readSync(target: Buffer, position: number): number
  /** As `readSync`, off the main thread. */
  read(target: Buffer, position: number): Promise<number>
  /** Writes all of `chunks`, one after the other, at `position`, now: into the page cache, not necessarily onto the medium. */
  writeSync(chunks: readonly Buffer[], position: number): void
  /** As `writeSync`, off the main thread. */
  write(chunks: readonly Buffer[], position: number): Promise<void>
  /** Makes what was written survive a power cut (fdatasync). After a failure the file's content is unknown: give it up. */
  sync(): Promise<void>
  /** Cuts the file to `sizeBytes`. */
  truncate(sizeBytes: number): void
  close(): void
}

export type DiskErrorCode = 'NOT_FOUND' | 'LOCKED' | 'NO_SPACE' | 'NO_PERMISSION' | 'TOO_MANY_FILES' | 'IO'

/** A file operation that failed: what, on which path, and why. */
export class DiskError extends Error {
  override readonly name = 'DiskError'

  constructor(
    readonly code: DiskErrorCode,
    readonly path: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
