/**
 * The folder of a log. A new log has none until there is something to write, so that ten thousand partitions are made
 * without touching the disk; and nothing is synced until it has data, for before that nothing is lost with it.
 */
import { PARTITION_METADATA_FILE } from './file-names.ts'
import type { LogContext } from './log-context.ts'
import { encodePartitionMetadata } from './log-folder.ts'
import { syncFile } from './sync-file.ts'

export interface HomeOptions {
  readonly folder: string
  /** Whether there is a folder already; a log without one is empty. */
  readonly hasFolder: boolean
  /** Whether a power cut may take the folder, or the file in it that says whose it is. */
  readonly isNew: boolean
}

export class LogHome {
  path: string
  readonly #context: LogContext
  /** The topic that the folder is to say that it is of. */
  readonly #topicId: () => string
  #exists: boolean
  #isNew: boolean

  constructor(context: LogContext, { folder, hasFolder, isNew }: HomeOptions, topicId: () => string) {
    this.path = folder
    this.#context = context
    this.#topicId = topicId
    this.#exists = hasFolder
    this.#isNew = isNew
  }

  /** Whether anything of the log is on the disk. */
  get exists(): boolean {
    return this.#exists
  }

  /** Makes the folder if there is none. Throws `DiskError`. */
  make(): void {
    if (this.#exists) return
    this.#context.disk.makeFolder(this.path)
    this.#context.noteNewFolder()
    this.#context.disk.writeWhole(this.#metadataPath, encodePartitionMetadata(this.#topicId()))
    this.#exists = true
  }

  /** What names the folder was written just now, so it is synced again with the next data. */
  noteNew(): void {
    this.#isNew = true
  }

  /** Makes the folder survive a power cut, if that isn't done. Says whether there was anything to do. */
  async sync(): Promise<boolean> {
    if (!this.#isNew) return false
    this.#isNew = false
    await syncFile(this.#context.disk, this.#metadataPath)
    this.#context.noteNewFolder()
    await this.#context.syncFolderNames()
    return true
  }

  get #metadataPath(): string {
    return `${this.path}/${PARTITION_METADATA_FILE}`
  }
}
