import type { BufferPool } from '../runtime/buffer-pool.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Disk } from '../runtime/disk.ts'
import type { Logger } from '../runtime/log.ts'
import type { Random } from '../runtime/random.ts'
import type { Log } from './log.ts'
import type { OpenFiles } from './open-files.ts'
import type { TailCache } from './tail-cache.ts'
import type { WriteScheduler } from './write-scheduler.ts'

/** What the logs of a directory share. */
export interface LogContext {
  readonly clock: Clock
  readonly disk: Disk
  readonly logger: Logger
  readonly random: Random
  readonly files: OpenFiles
  readonly tails: TailCache
  readonly buffers: BufferPool
  readonly writes: WriteScheduler
  /** How often the directory syncs everything that was written. */
  readonly flushIntervalMs: number
  /** Whether the disk is so full that nothing may be appended. */
  isFull(): boolean
  /** A write found no room: nothing may be appended until there is some again. */
  noteFull(): void
  /** A folder was made: its name must be synced before its content counts as safe. */
  noteNewFolder(): void
  /** Makes the names of all folders survive a power cut. */
  syncFolderNames(): Promise<void>
  /**
   * Called before a log is cut at `offset`. Should the cut outlive a crash and the checkpointed recovery point lie beyond
   * it, the next opening would take it for damage: so that checkpoint is lowered first.
   */
  beforeCut(name: string, offset: number): void
  /** A compacted log has changed such that there may be something to compact. */
  noteCleanable(log: Log): void
  /**
   * Makes all that is written of a log survive a power cut, and sees to it that after one its segments before `offset` are
   * not scanned. Rejects if that can't be made sure.
   */
  saveRecoveryPoint(name: string, offset: number): Promise<void>
  /** Writes the log start offsets of all logs down, should one have changed. */
  saveLogStartOffsets(): Promise<void>
  /** Unlinks renamed files after a while. */
  removeLater(paths: readonly string[], delayMs: number): void
  /** Removes a renamed folder. */
  removeFolder(folder: string): void
}
