import type { Disk } from '../runtime/disk.ts'

const GIB = 1024 ** 3
/** On large disks a twentieth is far more than what is in flight between two looks. */
const LARGEST_FLOOR_BYTES = 4 * GIB

/**
 * Whether there is room for appends. They are refused before the disk is quite full, so that what is under way, the
 * checkpoints and retention, which makes room again, still fit. They are taken again at twice that.
 */
export class DiskRoom {
  readonly #disk: Disk
  readonly #floorBytes: number | undefined
  #isFull = false

  /** `floorBytes` free bytes are kept; left out, what suits the size of the disk. */
  constructor(disk: Disk, floorBytes?: number) {
    this.#disk = disk
    this.#floorBytes = floorBytes
  }

  get isFull(): boolean {
    return this.#isFull
  }

  /** A write has found no room. */
  noteFull(): void {
    this.#isFull = true
  }

  /** Looks at the disk again; returns whether the answer has changed. */
  refresh(): boolean {
    const space = this.#disk.space()
    const was = this.#isFull
    if (space === undefined) {
      // Where the platform can't tell, the next write will.
      this.#isFull = false
    } else {
      const floorBytes = this.#floorBytes ?? floorOf(space.totalBytes)
      this.#isFull = space.freeBytes < (was ? 2 * floorBytes : floorBytes)
    }
    return was !== this.#isFull
  }
}

/** The larger of 1 GiB and 5 %, less on small disks (a tenth) and on large ones. */
function floorOf(totalBytes: number): number {
  return Math.min(Math.max(GIB, totalBytes / 20), totalBytes / 10, LARGEST_FLOOR_BYTES)
}
