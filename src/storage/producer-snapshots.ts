/** The snapshot files of a log: which there are, and the state of the producers as of some offset. */
import type { Disk } from '../runtime/disk.ts'
import { offsetFileName, parseOffsetFileName, SNAPSHOT_SUFFIX } from './file-names.ts'
import type { ProducerEntry } from './producer-entry.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'

export interface LoadedSnapshot {
  /** The entries are as of before this offset. */
  readonly offset: number
  readonly entries: ProducerEntry[]
}

/** The latest whole snapshot as of `atMost` or before; those that are not whole are removed. */
export function loadLatestSnapshot(disk: Disk, folder: string, atMost: number): LoadedSnapshot | undefined {
  for (const offset of snapshotOffsets(disk, folder).reverse()) {
    if (offset > atMost) continue
    const path = snapshotPath(folder, offset)
    const bytes = disk.readWhole(path)
    const entries = bytes === undefined ? undefined : decodeProducerSnapshot(bytes)
    if (entries !== undefined) return { offset, entries }
    disk.remove(path)
  }
  return undefined
}

/** The state as of exactly `offset`; `undefined` if there is no whole snapshot. */
export function readSnapshot(disk: Disk, folder: string, offset: number): ProducerEntry[] | undefined {
  const bytes = disk.readWhole(snapshotPath(folder, offset))
  return bytes === undefined ? undefined : decodeProducerSnapshot(bytes)
}

/** Writes a log's snapshots, and keeps no more of them than are of use. */
export class ProducerSnapshots {
  readonly #disk: Disk
  readonly #log: { readonly folder: string }
  /** The latest snapshot that isn't at the beginning of a segment: the one of the last clean stop. */
  #stray: number | undefined

  constructor(disk: Disk, log: { readonly folder: string }) {
    this.#disk = disk
    this.#log = log
  }

  /** Writes the state as of `offset`, which is the beginning of a segment or the end of the log. */
  write(offset: number, entries: Iterable<ProducerEntry>, segments: readonly { baseOffset: number }[]): void {
    const { folder } = this.#log
    const isStray = !segments.some((segment) => segment.baseOffset === offset)
    if (isStray && this.#stray !== undefined && this.#stray !== offset)
      this.#disk.remove(snapshotPath(folder, this.#stray))
    if (isStray) this.#stray = offset
    this.#disk.writeWhole(snapshotPath(folder, offset), encodeProducerSnapshot(entries))
  }
}

/** Removes the snapshots as of beyond `offset`: the batches they speak of are gone. */
export function removeSnapshotsBeyond(disk: Disk, folder: string, offset: number): void {
  for (const found of snapshotOffsets(disk, folder))
    if (found > offset) disk.remove(snapshotPath(folder, found))
}

/** In rising order. */
export function snapshotOffsets(disk: Disk, folder: string): number[] {
  const offsets: number[] = []
  for (const { name } of disk.list(folder)) {
    const parsed = parseOffsetFileName(name)
    if (parsed?.suffix === SNAPSHOT_SUFFIX) offsets.push(parsed.offset)
  }
  return offsets
}

function snapshotPath(folder: string, offset: number): string {
  return `${folder}/${offsetFileName(offset, SNAPSHOT_SUFFIX)}`
}
