import type { Disk } from '../runtime/disk.ts'

/** The names of the logs' folders in their directory: one sync makes all of them safe, however many are new. */
export class FolderNames {
  readonly #disk: Disk
  #isChanged = false
  #syncing: Promise<void> | undefined

  constructor(disk: Disk) {
    this.#disk = disk
  }

  noteNew(): void {
    this.#isChanged = true
  }

  async sync(): Promise<void> {
    // A folder made while a sync is under way needs the next one.
    while (this.#isChanged || this.#syncing !== undefined) {
      if (this.#syncing === undefined) {
        this.#isChanged = false
        this.#syncing = this.#disk.syncFolder('').finally(() => {
          this.#syncing = undefined
        })
      }
      await this.#syncing
    }
  }
}
