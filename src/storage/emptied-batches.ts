/**
 * Reading past batches that compaction has emptied. It keeps the last batch of what it cleans, and the last one of every
 * producer, without records; a read ends with its segment, so it may give nothing else. Clients are to go on behind them,
 * which kafkajs does not (tulios/kafkajs#1072): it would ask for the same offset for ever. As far as there are records
 * to be had, these are given instead.
 */
import { readBatchSizeBytes, readRecordCount } from '../wire/records/batch-header.ts'
import type { ReadLimits } from './log-reader.ts'
import type { LogSlice } from './log-slice.ts'
import type { LogView } from './log-view.ts'

/** As `LogView.read`, for whoever is after records. */
export function readRecords(log: LogView, offset: number, limits: ReadLimits): LogSlice | Promise<LogSlice> {
  const slice = log.read(offset, limits)
  if (!log.config.compacts) return slice
  return slice instanceof Promise
    ? slice.then((read) => recordsFrom(log, read, limits))
    : recordsFrom(log, slice, limits)
}

function recordsFrom(log: LogView, slice: LogSlice, limits: ReadLimits): LogSlice | Promise<LogSlice> {
  return isEmptied(slice) ? recordsBehind(log, slice, limits) : slice
}

/** The emptied batches themselves where nothing can be read behind them: a client may still step over them. */
async function recordsBehind(log: LogView, emptied: LogSlice, limits: ReadLimits): Promise<LogSlice> {
  let next = emptied
  try {
    while (isEmptied(next)) {
      const { endOffset } = next
      if (next !== emptied) next.release()
      next = await log.read(endOffset, limits)
    }
  } catch (error) {
    emptied.release()
    throw error
  }
  if (next.sizeBytes === 0) return emptied
  emptied.release()
  return next
}

function isEmptied({ chunks, sizeBytes }: LogSlice): boolean {
  if (sizeBytes === 0) return false
  for (const bytes of chunks)
    for (let at = 0; at < bytes.length; at += readBatchSizeBytes(bytes, at))
      if (readRecordCount(bytes, at) > 0) return false
  return true
}
