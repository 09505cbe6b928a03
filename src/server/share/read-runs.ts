import { readBaseOffset, readBatchSizeBytes, readLastOffset } from '../../wire/records/batch-header.ts'
import { type AbortedTransaction, OpenAborts } from '../../wire/records/open-aborts.ts'
import type { ReadRun } from './in-flight-records.ts'

/** A batch of what was read, and where its bytes are. */
interface LocatedRun extends ReadRun {
  readonly chunk: number
  readonly start: number
  readonly end: number
}

/** Whole batches that were read, batch by batch, so that it can be said which of them are delivered. */
export class ReadRuns {
  readonly runs: readonly LocatedRun[]
  readonly #chunks: readonly Buffer[]

  /** `aborted`: the transactions whose records must not be delivered, by their first offset. */
  constructor(chunks: readonly Buffer[], aborted: readonly AbortedTransaction[]) {
    this.#chunks = chunks
    this.runs = runsOf(chunks, aborted)
  }

  /** The bytes of the batches that hold any offset from `firstOffset` to `lastOffset`. */
  slice(firstOffset: number, lastOffset: number): Buffer[] {
    return this.#chunks.flatMap((bytes, chunk) => {
      const wanted = this.runs.filter(
        (run) => run.chunk === chunk && run.lastOffset >= firstOffset && run.firstOffset <= lastOffset,
      )
      const first = wanted[0]
      const last = wanted.at(-1)
      return first === undefined || last === undefined ? [] : [bytes.subarray(first.start, last.end)]
    })
  }
}

function runsOf(chunks: readonly Buffer[], aborted: readonly AbortedTransaction[]): LocatedRun[] {
  const runs: LocatedRun[] = []
  const open = new OpenAborts(aborted)
  for (const [chunk, bytes] of chunks.entries()) {
    for (let start = 0; start < bytes.length; ) {
      const end = start + readBatchSizeBytes(bytes, start)
      runs.push({
        firstOffset: readBaseOffset(bytes, start),
        lastOffset: readLastOffset(bytes, start),
        isAborted: open.includes(bytes, start),
        chunk,
        start,
        end,
      })
      start = end
    }
  }
  return runs
}
