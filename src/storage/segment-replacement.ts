import type { LogStore } from './log-store.ts'
import type { Segment } from './segment.ts'

/** A segment that takes the place of others, whose records it has. */
export interface Replacement {
  readonly old: readonly Segment[]
  readonly cleaned: Segment
  /** Makes it so for the next opening. */
  decide(): void
  /** Renames the files. */
  carryOut(): void
}

/**
 * `onReplaced` is called at the moment from which on the new segment is read. Resolves with whether it was done: not if the log was cut (`cuts` has risen) or some of the segments have gone
 * meanwhile. Rejects when `decide` throws; what `carryOut` throws is a failure of the log.
 */
export function replaceSegments(
  store: LogStore,
  replacement: Replacement,
  cuts: number,
  onReplaced: () => void,
): Promise<boolean> {
  const { old, cleaned } = replacement
  return new Promise((resolve, reject) => {
    store.writer.afterWrites(() => {
      if (cuts !== store.cuts || !store.segments.holds(old)) {
        resolve(false)
        return
      }
      try {
        // With only closed segments left in the folder, the last would be taken for the one that has no gaps.
        store.makeActiveFile()
        replacement.decide()
      } catch (error) {
        reject(error)
        return
      }
      store.replaced(old, cleaned)
      onReplaced()
      // Whatever happens now, the old files are not looked into any more.
      resolve(true)
      replacement.carryOut()
    })
  })
}
