/** Whole batches read from a log, to be handed to a socket as they are. */
export interface LogSlice {
  /** The base offset of the first batch, which may lie before the offset asked for; that offset if the slice is empty. */
  readonly startOffset: number
  /** The offset after the last batch. */
  readonly endOffset: number
  readonly chunks: readonly Buffer[]
  readonly sizeBytes: number
  /** Call once, when the chunks are not needed any more: their memory may be used for other reads. */
  release(): void
}

const nothing = (): void => undefined
const noChunks: readonly Buffer[] = []

export function emptySlice(offset: number): LogSlice {
  return { startOffset: offset, endOffset: offset, chunks: noChunks, sizeBytes: 0, release: nothing }
}

/** A slice of memory that needn't be given back. */
export function sliceOf(
  chunks: readonly Buffer[],
  sizeBytes: number,
  startOffset: number,
  endOffset: number,
  release: () => void = nothing,
): LogSlice {
  return { startOffset, endOffset, chunks, sizeBytes, release }
}
