import type { Disk } from '../runtime/disk.ts'
import type { LogStore } from './log-store.ts'
import { loadLatestSnapshot, removeSnapshotsBeyond } from './producer-snapshots.ts'
import type { ProducerState } from './producer-state.ts'

/** Puts the producers' state back to what it was at `endOffset`, the log's new end. */
export function rebuildProducers(
  disk: Disk,
  store: LogStore,
  producers: ProducerState,
  endOffset: number,
): void {
  if (producers.size === 0) return
  removeSnapshotsBeyond(disk, store.home.path, endOffset)
  const snapshot = loadLatestSnapshot(disk, store.home.path, endOffset)
  producers.reset(snapshot?.entries)
  store.walkFrom(snapshot?.offset ?? store.segments.first.baseOffset, (bytes, at) => {
    producers.replay(bytes, at)
    return true
  })
}
