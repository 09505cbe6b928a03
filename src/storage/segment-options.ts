import type { LogConfig } from './log-config.ts'

/** The largest timestamp of a segment and the last offset of the batch that has it. */
export interface MaxTimestamp {
  readonly timestamp: bigint
  readonly offset: number
}

export interface SegmentOptions {
  readonly folder: string
  readonly baseOffset: number
  /** What `segment.jitter.ms` takes off this segment's time. */
  readonly jitterMs: number
  /** When the segment was made or, after a restart, opened. */
  readonly createdMs: number
  /** Who owns the segment: its config may change at any time. */
  readonly owner: { readonly config: LogConfig }
}

/** What a file is known to hold. */
export interface SegmentContent {
  readonly sizeBytes: number
  /** The offset after the last batch. */
  readonly endOffset: number
}
