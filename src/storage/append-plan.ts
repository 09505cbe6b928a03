/** What an append does to the producers' state, worked out for all its batches before any of it is done. */
import {
  readBaseOffset,
  readBatchSizeBytes,
  readLastOffsetDelta,
  readProducerId,
} from '../wire/records/batch-header.ts'
import type { ProducerEntry } from './producer-entry.ts'
import type { AppendOrigin, ProducerState, StagedBatch } from './producer-state.ts'

export interface PlanOptions {
  readonly origin: AppendOrigin
  readonly transactionVersion: number
}

const nothingStaged: readonly undefined[] = []

/**
 * The next state of each batch's producer, by the batch's place in `records`; nothing for batches without one. The
 * first batch gets `baseOffset`, unless the offsets are given (replication). Throws what `ProducerState.stage` does.
 */
export function planProducers(
  producers: ProducerState,
  records: Buffer,
  baseOffset: number,
  options: PlanOptions,
): readonly (StagedBatch | undefined)[] {
  if (!hasProducer(records)) return nothingStaged
  const staged: (StagedBatch | undefined)[] = []
  const changed = new Map<number, ProducerEntry>()
  let offset = baseOffset
  for (let at = 0; at < records.length; at += readBatchSizeBytes(records, at)) {
    if (options.origin === 'replication') offset = readBaseOffset(records, at)
    const producerId = readProducerId(records, at)
    if (producerId < 0) {
      staged.push(undefined)
    } else {
      const current = changed.get(producerId)
      const next = producers.stage(records, at, offset, options.origin, current, options.transactionVersion)
      changed.set(producerId, next.entry)
      staged.push(next)
    }
    offset += readLastOffsetDelta(records, at) + 1
  }
  return staged
}

function hasProducer(records: Buffer): boolean {
  for (let at = 0; at < records.length; at += readBatchSizeBytes(records, at))
    if (readProducerId(records, at) >= 0) return true
  return false
}
