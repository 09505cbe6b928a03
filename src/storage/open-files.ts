import { type Disk, DiskError, type DiskFile } from '../runtime/disk.ts'

/**
 * Handles of segment files, opened when they are needed and closed when there are too many: a broker with ten thousand
 * partitions needn't hold ten thousand of them. Those with an operation under way stay open.
 */
export class OpenFiles {
  readonly disk: Disk
  readonly #limit: number
  readonly #open = new Set<SegmentFile>()

  constructor(disk: Disk, limit: number) {
    this.disk = disk
    this.#limit = limit
  }

  get count(): number {
    return this.#open.size
  }

  /** For `SegmentFile`: opens a file and makes room for it. */
  admit(file: SegmentFile): DiskFile {
    if (this.#open.size >= this.#limit) this.#closeOne()
    const handle = this.#openOne(file.path)
    this.#open.add(file)
    return handle
  }

  forget(file: SegmentFile): void {
    this.#open.delete(file)
  }

  // The platform may allow fewer than the limit says, and others open files too.
  #openOne(path: string): DiskFile {
    try {
      return this.disk.openOrCreate(path)
    } catch (error) {
      const isTooMany = error instanceof DiskError && error.code === 'TOO_MANY_FILES'
      if (!isTooMany || this.#open.size === 0) throw error
      this.#closeOne()
      return this.disk.openOrCreate(path)
    }
  }

  // A second chance for whoever was used since the last round. What it has written and not synced survives the closing:
  // fdatasync on a new handle covers the whole file, and the kernel keeps a write-back error for it.
  #closeOne(): void {
    for (let tries = 2 * this.#open.size; tries > 0; tries--) {
      const [oldest] = this.#open
      if (oldest === undefined) return
      this.#open.delete(oldest)
      if (!oldest.isBusy && !oldest.wasUsed) {
        oldest.close()
        return
      }
      oldest.wasUsed = false
      this.#open.add(oldest)
    }
  }
}

/** A segment's file, open or not. */
export class SegmentFile {
  /** Changes when its folder or the file is renamed. */
  path: string
  wasUsed = false
  readonly #files: OpenFiles
  #handle: DiskFile | undefined
  #operations = 0
  #closeWhenIdle = false
  #isGone = false

  constructor(files: OpenFiles, path: string) {
    this.#files = files
    this.path = path
  }

  get isBusy(): boolean {
    return this.#operations > 0
  }

  /** The open file, for an operation that ends before anything else can happen. */
  get handle(): DiskFile {
    this.wasUsed = true
    // Opening would make an empty file of its name, or find another file there.
    if (this.#isGone && this.#handle === undefined)
      throw new DiskError('NOT_FOUND', this.path, `${this.path} is gone`)
    this.#handle ??= this.#files.admit(this)
    return this.#handle
  }

  /** Runs an operation off the main thread; the file stays open until it is over. */
  async use<T>(operation: (handle: DiskFile) => Promise<T>): Promise<T> {
    this.#operations++
    try {
      return await operation(this.handle)
    } finally {
      this.#operations--
      if (this.#operations === 0 && this.#closeWhenIdle) this.close()
    }
  }

  /** Closes the handle, once nothing uses it, for good: the file is about to be renamed or replaced. */
  retire(): void {
    this.#isGone = true
    this.close()
  }

  get isGone(): boolean {
    return this.#isGone
  }

  /** Closes the handle once nothing uses it. The file can be opened again. */
  close(): void {
    this.#closeWhenIdle = this.#operations > 0
    if (this.#handle === undefined || this.#closeWhenIdle) return
    this.#files.forget(this)
    const handle = this.#handle
    this.#handle = undefined
    handle.close()
  }
}
