import type { RecordError } from '../../wire/records/record-error.ts'

/** What a Produce response says of one partition, while it is being found out. */
export interface PartitionAnswer {
  readonly index: number
  errorCode: number
  errorMessage: string | null
  /** Offset of the first record; -1 when nothing was appended. */
  baseOffset: number
  /** The broker's time when the topic stamps it on records, else -1. */
  logAppendTimeMs: number
  logStartOffset: number
  recordErrors: readonly { readonly batchIndex: number; readonly batchIndexErrorMessage: string }[]
  currentLeader?: { readonly leaderId: number; readonly leaderEpoch: number }
}

export function emptyAnswer(index: number): PartitionAnswer {
  return {
    index,
    errorCode: 0,
    errorMessage: null,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
  }
}

/** In the response's own words. */
export function recordErrorsOf(errors: readonly RecordError[]): PartitionAnswer['recordErrors'] {
  return errors.map(({ batchIndex, message }) => ({ batchIndex, batchIndexErrorMessage: message }))
}
