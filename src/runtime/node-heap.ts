import { getHeapStatistics, setFlagsFromString } from 'node:v8'

/** What may gather, garbage and buffers together, before the collector looks through the whole heap. */
const HEADROOM_BYTES = 128 * 1024 * 1024
/** V8's own growth of a small heap; below it V8 knows better. */
const DEFAULT_GROWTH_PERCENT = 300
const LOOK_EVERY_MS = 5_000

/**
 * Lets a process whose work is moving bytes collect garbage less often. V8 plans its next full collection by the size
 * of the heap, here a few MB, but counts the buffers of sockets and files too: at a few hundred MB a second it looks
 * through the same few MB of living objects forty times a second, for more processor time than all else together.
 *
 * Only for a process that is the broker's own; it concerns all of V8. What V8 plans with is read at each collection,
 * so the growth is fitted to the heap from time to time, and is V8's own again when the heap is large.
 */
export function collectLessOften(): void {
  fitGrowth()
  setInterval(fitGrowth, LOOK_EVERY_MS).unref()
}

function fitGrowth(): void {
  const percent = Math.round((100 * HEADROOM_BYTES) / getHeapStatistics().used_heap_size)
  setFlagsFromString(`--heap-growing-percent=${percent > DEFAULT_GROWTH_PERCENT ? percent : 0}`)
}
