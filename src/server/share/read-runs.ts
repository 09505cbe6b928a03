import type { AbortedTransaction } from '../../storage/producer-state.ts'
import {
  isControl,
  isTransactional,
  readAttributes,
  readBaseOffset,
  readBatchSizeBytes,
  readLastOffset,
  readProducerId,
} from '../../wire/records/batch-header.ts'
import { readMarker } from '../../wire/records/control-record.ts'
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

/** Follows the log from batch to batch: an aborted transaction lasts from its first offset to its producer's marker. */
class OpenAborts {
  readonly #waiting: readonly AbortedTransaction[]
  readonly #producers = new Set<number>()
  #next = 0

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#waiting = [...aborted].sort((one, other) => one.firstOffset - other.firstOffset)
  }

  includes(bytes: Buffer, at: number): boolean {
    const attributes = readAttributes(bytes, at)
    if (!isTransactional(attributes)) return false
    const lastOffset = readLastOffset(bytes, at)
    for (
      let each = this.#waiting[this.#next];
      each !== undefined && each.firstOffset <= lastOffset;
      each = this.#waiting[++this.#next]
    )
      this.#producers.add(each.producerId)
    const producerId = readProducerId(bytes, at)
    if (!isControl(attributes)) return this.#producers.has(producerId)
    if (readMarker(bytes, at)?.type === 'ABORT') this.#producers.delete(producerId)
    return false
  }
}
