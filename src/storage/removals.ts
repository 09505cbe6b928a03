import type { Clock } from '../runtime/clock.ts'
import { type Disk, DiskError } from '../runtime/disk.ts'
import type { Logger } from '../runtime/log.ts'

interface Removal {
  readonly path: string
  readonly isFolder: boolean
  readonly dueMs: number
}

/**
 * Unlinks what has been renamed out of the way, one after the other and off the main thread. What isn't done when the
 * broker dies is found by its name at the next start.
 */
export class Removals {
  readonly #clock: Clock
  readonly #disk: Disk
  readonly #logger: Logger
  #pending: Removal[] = []
  #running: Promise<void> | undefined
  #isStopped = false

  constructor(clock: Clock, disk: Disk, logger: Logger) {
    this.#clock = clock
    this.#disk = disk
    this.#logger = logger
  }

  addFiles(paths: readonly string[], delayMs: number): void {
    const dueMs = this.#clock.monotonicMs() + delayMs
    for (const path of paths) this.#pending.push({ path, isFolder: false, dueMs })
    if (delayMs === 0) this.run()
  }

  addFolder(path: string): void {
    this.#pending.push({ path, isFolder: true, dueMs: this.#clock.monotonicMs() })
    this.run()
  }

  /** Removes what is due. */
  run(): void {
    if (this.#running !== undefined || this.#isStopped || this.#pending.length === 0) return
    this.#running = this.#removeDue().finally(() => {
      this.#running = undefined
    })
  }

  /**
   * Resolves once what is under way is done, and the files are gone, due or not: after a stop in order the next start doesn't
   * look for them. Folders it finds.
   */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#running
    const files = this.#pending.filter(({ isFolder }) => !isFolder)
    this.#pending = []
    for (const file of files) await this.#remove(file)
  }

  async #removeDue(): Promise<void> {
    for (let next = this.#takeDue(); next !== undefined && !this.#isStopped; next = this.#takeDue()) {
      await this.#remove(next)
    }
  }

  async #remove({ path, isFolder }: Removal): Promise<void> {
    try {
      await (isFolder ? this.#disk.removeFolder(path) : this.#disk.removeAsync(path))
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#logger.warn({ error, path }, 'A deleted file could not be removed; the next start tries again.')
    }
  }

  #takeDue(): Removal | undefined {
    const nowMs = this.#clock.monotonicMs()
    const index = this.#pending.findIndex((removal) => removal.dueMs <= nowMs)
    return index === -1 ? undefined : this.#pending.splice(index, 1)[0]
  }
}
