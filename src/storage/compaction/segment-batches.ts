import type { BufferPool } from '../../runtime/buffer-pool.ts'
import { KafkaError } from '../../wire/errors.ts'
import { isUndamaged } from '../../wire/records/batch-crc.ts'
import { BATCH_HEADER_BYTES } from '../../wire/records/batch-header.ts'
import { plausibleSize } from '../batch-walk.ts'
import type { Segment } from '../segment.ts'
import type { Pace } from './pace.ts'

/** Read at a time, however much is allowed: so much is gone through in a few milliseconds. */
const CHUNK_MAX_BYTES = 256 * 1024

/** Sees a whole, undamaged batch at `at`, which stands at `position` in the file; tells whether to go on. */
type Visit = (bytes: Buffer, at: number, position: number) => boolean | Promise<boolean>

export interface ReadingOptions {
  readonly buffers: BufferPool
  readonly pace: Pace
  readonly chunkBytes: number
  /** Throws if the reading can't go on. */
  check(): void
}

/** Reads the batches of a segment that takes no more appends, giving way to others all the time. */
export class SegmentBatches {
  readonly #segment: Segment
  readonly #options: ReadingOptions

  constructor(segment: Segment, options: ReadingOptions) {
    this.#segment = segment
    this.#options = options
  }

  /** Bytes that were visited are good until `afterChunk` has resolved. */
  async forEach(from: number, visit: Visit, afterChunk?: () => Promise<void>): Promise<void> {
    const { buffers, chunkBytes } = this.#options
    const usualBytes = Math.max(BATCH_HEADER_BYTES, Math.min(chunkBytes, CHUNK_MAX_BYTES))
    let wantedBytes = usualBytes
    for (let position = from; position < this.#segment.sizeBytes; ) {
      this.#options.check()
      const sizeBytes = Math.min(wantedBytes, this.#segment.sizeBytes - position)
      const buffer = buffers.take(sizeBytes)
      try {
        const chunk = buffer.subarray(0, sizeBytes)
        await this.#fill(chunk, position)
        const { doneBytes, neededBytes, goesOn } = await this.#visitAll(chunk, position, visit)
        await afterChunk?.()
        if (!goesOn) return
        position += doneBytes
        wantedBytes = Math.max(usualBytes, neededBytes)
      } finally {
        buffers.give(buffer)
      }
    }
  }

  async #fill(chunk: Buffer, position: number): Promise<void> {
    const { file } = this.#segment
    const filled = await file.use((handle) => handle.read(chunk, position))
    if (filled < chunk.length) throw new KafkaError('CORRUPT_MESSAGE', `${file.path} is shorter than it was`)
    await this.#options.pace.spend(filled)
    this.#options.check()
  }

  async #visitAll(
    chunk: Buffer,
    position: number,
    visit: Visit,
  ): Promise<{ doneBytes: number; neededBytes: number; goesOn: boolean }> {
    const { pace, check } = this.#options
    pace.begin()
    let at = 0
    while (at + BATCH_HEADER_BYTES <= chunk.length) {
      const sizeBytes = this.#checkedSize(chunk, at, position)
      if (at + sizeBytes > chunk.length) return { doneBytes: at, neededBytes: sizeBytes, goesOn: true }
      if (!isUndamaged(chunk, at, sizeBytes)) throw this.#damaged(position + at)
      const visited = visit(chunk, at, position + at)
      if (!(visited instanceof Promise ? await visited : visited))
        return { doneBytes: at, neededBytes: 0, goesOn: false }
      at += sizeBytes
      if (visited instanceof Promise) check()
      if (!pace.isTired) continue
      await pace.rest()
      check()
    }
    return { doneBytes: at, neededBytes: BATCH_HEADER_BYTES, goesOn: true }
  }

  #checkedSize(chunk: Buffer, at: number, position: number): number {
    const sizeBytes = plausibleSize(chunk, at, this.#segment.sizeBytes - position - at)
    if (sizeBytes === undefined) throw this.#damaged(position + at)
    return sizeBytes
  }

  #damaged(position: number): KafkaError {
    return new KafkaError('CORRUPT_MESSAGE', `${this.#segment.file.path} is damaged at position ${position}`)
  }
}
