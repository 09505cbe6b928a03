import type { ProducedBatch } from './producer-entry.ts'
import type { AppendOrigin } from './producer-state.ts'

export interface AppendOptions {
  /** The epoch of the leader that appends; it is stamped on the batches. */
  readonly leaderEpoch: number
  /** `client` by default. */
  readonly origin?: Exclude<AppendOrigin, 'replication'>
  /** For markers: 2 where the coordinator raises the producer's epoch for each transaction (KIP-890). */
  readonly transactionVersion?: number
}

export interface AppendInfo {
  readonly baseOffset: number
  readonly lastOffset: number
  /** -1 where the topic keeps the time of the producer. */
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
  /** Whether the same batch was appended before; the offsets are then those it got. */
  readonly duplicate: boolean
}

/** The answer to a batch that was appended before. */
export function duplicateInfo(batch: ProducedBatch, logStartOffset: number): AppendInfo {
  return {
    baseOffset: batch.lastOffset - batch.offsetDelta,
    lastOffset: batch.lastOffset,
    logAppendTimeMs: Number(batch.timestamp),
    logStartOffset,
    duplicate: true,
  }
}
