/**
 * Putting a cleaned segment in the place of those it was made from, such that a crash leaves the old or the new.
 *
 * Kafka's ways and suffixes (`LocalLog.java`, replaceSegments): the new files are written as `.cleaned`, synced, renamed
 * to `.swap`, the old ones to `.deleted`, and the new ones to their own names. From the moment that the `.log.swap` is
 * there and no `.cleaned` any more, the next opening finishes the work; before, it throws the new files away.
 */
import type { Disk } from '../../runtime/disk.ts'
import { CLEANED_SUFFIX, LOG_SUFFIX, offsetFileName, SWAP_SUFFIX } from '../file-names.ts'
import type { Segment } from '../segment.ts'
import type { Replacement } from '../segment-replacement.ts'
import { syncFile } from '../sync-file.ts'

export interface SwapContext {
  readonly disk: Disk
  removeLater(paths: readonly string[], delayMs: number): void
}

export class SegmentSwap implements Replacement {
  readonly old: readonly Segment[]
  readonly cleaned: Segment
  readonly #context: SwapContext
  readonly #folder: string
  readonly #deleteDelayMs: number
  /** Of the new segment's files; that of the log comes last. */
  #suffixes: string[] = [LOG_SUFFIX]

  constructor(
    context: SwapContext,
    folder: string,
    old: readonly Segment[],
    cleaned: Segment,
    deleteDelayMs: number,
  ) {
    this.#context = context
    this.#folder = folder
    this.old = old
    this.cleaned = cleaned
    this.#deleteDelayMs = deleteDelayMs
  }

  /** Where the new segment's batches are to be written, and synced, before anything else is done. */
  get cleanedLogPath(): string {
    return this.#path(LOG_SUFFIX, CLEANED_SUFFIX)
  }

  /** Writes the new segment's index files, and syncs what must be right. */
  async writeIndexFiles(): Promise<void> {
    const { disk } = this.#context
    const files = this.cleaned.indexFiles()
    this.#suffixes = [...files.map(({ suffix }) => suffix), LOG_SUFFIX]
    for (const { suffix, bytes, matters } of files) {
      const path = this.#path(suffix, CLEANED_SUFFIX)
      disk.writeWhole(path, bytes)
      if (matters) await syncFile(disk, path)
    }
  }

  decide(): void {
    for (const suffix of this.#suffixes)
      this.#context.disk.rename(this.#path(suffix, CLEANED_SUFFIX), this.#path(suffix, SWAP_SUFFIX))
  }

  carryOut(): void {
    const retired: string[] = []
    for (const segment of this.old)
      retired.push(...segment.retire(segment.baseOffset === this.cleaned.baseOffset))
    for (const suffix of this.#suffixes.toReversed())
      this.#context.disk.rename(this.#path(suffix, SWAP_SUFFIX), this.#path(suffix, ''))
    this.cleaned.isInPlace()
    this.#context.removeLater(retired, this.#deleteDelayMs)
  }

  /** Throws the new files away. */
  abandon(): void {
    const { disk } = this.#context
    // Those that say what is decided go first.
    for (const suffix of this.#suffixes.toReversed()) disk.remove(this.#path(suffix, SWAP_SUFFIX))
    for (const suffix of this.#suffixes.toReversed()) disk.remove(this.#path(suffix, CLEANED_SUFFIX))
  }

  #path(suffix: string, state: string): string {
    return `${this.#folder}/${offsetFileName(this.cleaned.baseOffset, suffix)}${state}`
  }
}
