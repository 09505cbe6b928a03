import { BufferPool } from '../runtime/buffer-pool.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { FolderNames } from './folder-names.ts'
import type { LogContext } from './log-context.ts'
import { OpenFiles } from './open-files.ts'
import { TailCache } from './tail-cache.ts'
import { WriteScheduler } from './write-scheduler.ts'

export interface ContextSettings {
  readonly tailCacheBytes: number
  readonly maxOpenFiles: number
  readonly flushIntervalMs: number
}

/** The part of the context that needs nothing of the directory itself. */
export type SharedContext = Omit<
  LogContext,
  | 'isFull'
  | 'noteFull'
  | 'beforeCut'
  | 'noteCleanable'
  | 'saveRecoveryPoint'
  | 'saveLogStartOffsets'
  | 'removeLater'
  | 'removeFolder'
>

export function sharedContext(runtime: Runtime, settings: ContextSettings): SharedContext {
  const { clock, disk, logger, random } = runtime
  const names = new FolderNames(disk)
  const buffers = new BufferPool(settings.tailCacheBytes / 4)
  return {
    clock,
    disk,
    logger,
    random,
    files: new OpenFiles(disk, settings.maxOpenFiles),
    tails: new TailCache(settings.tailCacheBytes, buffers),
    buffers,
    writes: new WriteScheduler(clock),
    flushIntervalMs: settings.flushIntervalMs,
    noteNewFolder: () => names.noteNew(),
    syncFolderNames: () => names.sync(),
  }
}
